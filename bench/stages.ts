/** Single stages of the product, timed; and a policy and release as a question for the plain script. */

import { dirname, join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { gatherSkew, planSkew, sweepSkew } from '../src/checks/version-skew/gather.js';
import { measureVersionSkew, reportVersionSkew } from '../src/checks/version-skew/measure.js';
import { Workspace } from '../src/data/artefacts/files.js';
import type { Side } from '../src/data/checkpoints/checkpoint.js';
import { VectorCache } from '../src/data/vectors/vector-cache.js';
import { readPolicy } from '../src/documents/policy/read.js';
import { readRelease } from '../src/documents/release/read.js';
import type { TowerRelease } from '../src/documents/release/release.js';
import { violated } from '../src/estimation/statistics/claims.js';
import { lookUp, present } from '../src/lib/lookup.js';
import { type Entities, entities } from '../src/models/towers/entities.js';
import { buildFeeds } from '../src/models/towers/feeds.js';
import { openGraph } from '../src/models/towers/graph-run.js';
import { withStore } from '../src/models/towers/inspect.js';
import { BATCH, embed } from '../src/models/towers/tower.js';

async function load(policyPath: string, releasePath: string) {
  const workspace = new Workspace(dirname(policyPath));
  const { skew } = readPolicy(policyPath, workspace);
  if (!skew) throw new Error(`${policyPath} has no sweep`);
  const plan = planSkew(skew, new Map());
  const release = await readRelease(releasePath, skew, workspace);
  return { plan, release, sources: await gatherSkew(plan, release, workspace) };
}

/** Runs `work` and gives its milliseconds. */
async function timed(work: () => unknown): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** Milliseconds. */
export interface Spent {
  readonly wall: number;
  /** Of all threads. */
  readonly cpu: number;
}

/** Runs `work` and tells what it took. */
async function spent(work: () => unknown): Promise<Spent> {
  const before = process.cpuUsage();
  const wall = await timed(work);
  const { user, system } = process.cpuUsage(before);
  return { wall, cpu: (user + system) / 1000 };
}

/** How a bare session waits for its threads: the runtime's default, and what is better beside other work. */
const BARE = {
  spinning: {},
  sleeping: { extra: { session: { intra_op: { allow_spinning: '0' } } } },
} as const;

export interface EmbeddingTimes {
  readonly side: Side;
  readonly entities: number;
  /** One a repetition: the whole stage; and opening a bare session, running it on prepared tensors and closing it. */
  readonly stage: Spent[];
  readonly bare: Readonly<Record<keyof typeof BARE, Spent[]>>;
}

/**
 * The embedding stage of the live version, features to checked vectors, beside the bare session on the same batches.
 */
export async function embeddingStage(policy: string, release: string, repetitions: number): Promise<EmbeddingTimes[]> {
  const { sources } = await load(policy, release);
  const { evalSet, families } = sources;
  const towers = present(families[0].towers, 'towers of the release');
  const all: EmbeddingTimes[] = [];
  for (const side of ['query', 'item'] as const) {
    const inspected = lookUp(towers[side].checkpoints, sources.release.live, 'checkpoint');
    const { checkpoint, inputs, output } = inspected;
    const features = evalSet.features[side];
    const embedded = entities(features, towers[side].columns, false);
    const feeds = buildFeeds(inputs, features.table, embedded, checkpoint);
    const prepared: Record<string, ort.Tensor>[] = [];
    for (let from = 0; from < embedded.count; from += BATCH) {
      const to = Math.min(from + BATCH, embedded.count);
      prepared.push(
        Object.fromEntries(
          feeds.map((feed) => {
            const { type, data, shape } = feed.batch(from, to, 0);
            return [feed.name, new ort.Tensor(type as 'float32', data as Float32Array, shape)];
          }),
        ),
      );
    }
    const bare = async (options: ort.InferenceSession.SessionOptions) => {
      const session = await ort.InferenceSession.create(checkpoint.path, { graphOptimizationLevel: 'all', ...options });
      for (const batch of prepared) await session.run(batch, [output]);
      await session.release();
    };
    // The runtime is loaded once a process; that is no stage's cost.
    await (await openGraph(checkpoint)).close();
    const times: EmbeddingTimes = { side, entities: embedded.count, stage: [], bare: { spinning: [], sleeping: [] } };
    for (let i = 0; i < repetitions; i++) {
      times.stage.push(await spent(() => embed(inspected, features.table, embedded, 'dot')));
      for (const how of ['spinning', 'sleeping'] as const) times.bare[how].push(await spent(() => bare(BARE[how])));
    }
    all.push(times);
  }
  return all;
}

export interface StatisticsTimes {
  readonly rows: number;
  readonly columns: number;
  /** Points of the curve: metric × cell × distance. */
  readonly points: number;
  readonly milliseconds: number[];
}

/** From score columns to findings and the whole curve. */
export async function statisticsStage(policy: string, release: string, repetitions: number): Promise<StatisticsTimes> {
  const { plan, sources } = await load(policy, release);
  const evidence = await sweepSkew(sources, plan, () => {});
  const milliseconds: number[] = [];
  let points = 0;
  for (let i = 0; i < repetitions; i++)
    milliseconds.push(
      await timed(async () => {
        const skew = await measureVersionSkew(evidence);
        points = reportVersionSkew(skew, violated(skew.claims, evidence.policy.confidence)).curve.length;
      }),
    );
  return { rows: evidence.evalSet.rows, columns: evidence.sweep.columns.length, points, milliseconds };
}

/** The question that plain.py is asked: the same rows, checkpoints, slices, distances and metrics. */
export async function questionOf(policyPath: string, releasePath: string): Promise<object> {
  const { plan, release, sources } = await load(policyPath, releasePath);
  const { policy, metrics } = plan;
  const { files, columns, slices } = policy.evalSet;
  if (release.scores) throw new Error(`${releasePath} has no towers`);
  if (!sources.production) throw new Error(`${policyPath} has no production`);
  const { by, histograms } = sources.production.distances;
  const perVersion = (of: (version: string) => number) => Object.fromEntries(release.chain.map((v) => [v, of(v)]));
  return {
    rows: files.rows.path,
    columns,
    slices,
    crosses: metrics.crosses,
    metrics: metrics.metrics.map(({ id }) => id),
    chain: release.chain,
    from: policy.versionSkew.from,
    to: policy.versionSkew.to,
    by: by ?? null,
    histograms: Object.fromEntries(
      [...histograms].map(([value, { histogram }]) => [value, Object.fromEntries(histogram)]),
    ),
    scale: perVersion(release.score.scale),
    bias: perVersion(release.score.bias),
    towers: {
      query: tower(release, 'query', present(files.queries, 'table of queries').path),
      item: tower(release, 'item', present(files.items, 'table of items').path),
    },
  };
}

function tower(release: TowerRelease, side: Side, table: string): object {
  const { inputs, output } = release.towers[side];
  return {
    table,
    output: output ?? null,
    inputs: Object.fromEntries(inputs),
    checkpoints: Object.fromEntries([...release.checkpoints[side]].map(([version, { path }]) => [version, path])),
  };
}

export interface PromotionTimes {
  readonly checkpoints: number;
  /** What embedding takes, one a repetition: without a cache, and with one that lacks the live version. */
  readonly without: Spent[];
  readonly next: Spent[];
  /** With a cache that has all of it. */
  readonly again: Spent[];
}

/** The embedding of a promotion by all its checkpoints, where the versions before have been embedded for the last one. */
export async function nextPromotion(
  policy: string,
  release: string,
  cache: string,
  repetitions: number,
): Promise<PromotionTimes> {
  const { sources } = await load(policy, release);
  const { evalSet, families } = sources;
  const [{ towers }] = families;
  if (!towers) throw new Error(`${release} has no towers`);
  const { live } = sources.release;
  const sides = ['query', 'item'] as const;
  // Found anew each time, as what is converted and digested is kept as long as they are.
  const distinct = () => {
    const of = (side: Side) => entities(evalSet.features[side], towers[side].columns, false);
    return { query: of('query'), item: of('item') };
  };
  const embedAll = async (embedded: Record<Side, Entities>, store?: VectorCache, wanted = (_: string) => true) => {
    for (const side of sides)
      for (const [version, one] of withStore(towers, store)[side].checkpoints)
        if (wanted(version)) await embed(one, evalSet.features[side].table, embedded[side], 'dot');
  };
  const measured = (store?: VectorCache) => {
    const embedded = distinct();
    return spent(() => embedAll(embedded, store));
  };
  const checkpoints = towers.query.checkpoints.size + towers.item.checkpoints.size;
  const times: PromotionTimes = { checkpoints, without: [], next: [], again: [] };
  for (let i = 0; i < repetitions; i++) {
    times.without.push(await measured());
    const folder = join(cache, String(i));
    await embedAll(distinct(), new VectorCache(folder), (version) => version !== live);
    times.next.push(await measured(new VectorCache(folder)));
    times.again.push(await measured(new VectorCache(folder)));
  }
  return times;
}
