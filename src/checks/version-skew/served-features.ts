/**
 * The towers on the features that serving had: with them a replay has every state of serving, and each cause switched
 * on and off by itself. docs/making-a-replay.md.
 */

import { type EvalSet, selectRows } from '../../data/evalset/evalset.js';
import { allFeatures, otherFeatures } from '../../data/evalset/features.js';
import type { EvalSetPolicy } from '../../documents/policy/policy.js';
import type { EvidenceFile, TowerRelease } from '../../documents/release/release.js';
import type { Progress } from '../../lib/progress.js';
import { list } from '../../lib/text.js';
import { type Family, runSweep, type Sweep, type TowerFamily } from '../../models/scores/sweep.js';
import type { Replay } from '../evidence.js';
import { figure, percent } from '../measurement.js';
import { ALIGNED } from './gather.js';
import { difference, type ItemVersions, isSame, predictionsOf, type ReplayPlan, rowsIn } from './replay.js';
import { SERVED_ITEMS, SERVED_QUERIES } from './served-tables.js';

/** The ledger's rows alone, with their features ideal and as served. */
export interface ServedFeatures {
  readonly plan: ReplayPlan;
  readonly family: TowerFamily;
  readonly ideal: EvalSet;
  readonly served: EvalSet;
  /** Names of the tables. */
  readonly tables: readonly string[];
}

/**
 * Undefined where the release has no such table, or no towers to run on it, or the ledger states of its own. DataError
 * as of `otherFeatures`.
 */
export async function readServedFeatures(
  plan: ReplayPlan,
  evalSet: EvalSet,
  family: Family,
  { columns }: EvalSetPolicy,
): Promise<ServedFeatures | undefined> {
  if (!family.towers) return undefined;
  const { towers, release } = family;
  const files = [SERVED_QUERIES, SERVED_ITEMS].map(({ name }) => release.evidence.get(name));
  if (files.every((file) => file === undefined) || hasStates(plan.ledger.scores)) return undefined;
  const asked = new Set(plan.row);
  const absent = evalSet.features.item.absent ?? new Uint8Array(evalSet.features.item.ids.names.length);
  // A softmax runs over all rows of a query, those that the ledger lacks too.
  const together = release.score.link === 'softmax';
  const queriesAsked = new Set(Array.from(plan.row, (r) => evalSet.query.codes[r]!));
  const keep = (r: number) => asked.has(r) || (together && queriesAsked.has(evalSet.query.codes[r]!));
  const ideal = selectRows(evalSet, keep, absent);
  const features = allFeatures([towers]);
  const [queries, items] = files;
  const of = (side: 'query' | 'item', file: EvidenceFile | undefined) =>
    file ? otherFeatures(side, file, columns[side], features, ideal[side]) : ideal.features[side];
  return {
    plan: { ...plan, row: rowsIn(ideal, plan.ledger) },
    family,
    ideal,
    served: { ...ideal, features: { query: await of('query', queries), item: await of('item', items) } },
    tables: files.flatMap((file) => file?.name ?? []),
  };
}

/** States of serving that the ledger has are not mixed with others. */
function hasStates(scores: ReadonlyMap<string, Float64Array>): boolean {
  return ['s2', 's3', 's4'].some((name) => scores.has(name));
}

/** A way to score: the features, the versions of the items, and the files. */
type Setting = readonly [features: 'ideal' | 'served', versions: ItemVersions, precision: 'full' | 'served'];

/** The states on the way, each with one more cause, and each cause alone. */
const STATES: ReadonlyMap<string, Setting> = new Map([
  ['s2', ['served', 'live', 'full']],
  ['s3', ['served', 'index', 'full']],
  ['s4', ['served', 'index', 'served']],
  ['only_feature_parity', ['served', 'live', 'full']],
  ['only_version_skew', ['ideal', 'index', 'full']],
  ['only_precision_parity', ['ideal', 'live', 'served']],
]);
/** The last state with one cause mended. */
const MENDED: ReadonlyMap<string, Setting> = new Map([
  ['all_but_feature_parity', ['ideal', 'index', 'served']],
  ['all_but_version_skew', ['served', 'live', 'served']],
  ['all_but_precision_parity', ['served', 'index', 'full']],
]);

/**
 * The columns of a replay with the features of serving, and its words.
 *
 * @param made    the replay on ideal features; one that could not be made stays as it is
 * @param quantised the live version as it is served, where the release names files of its own
 */
export async function withServedFeatures(
  made: Replay,
  source: ServedFeatures,
  quantised: TowerFamily | undefined,
  onProgress: Progress,
): Promise<Replay> {
  if (!made.made) return made;
  const { family } = source;
  const low = quantised && atServedPrecision(quantised, family, source.plan);
  const score = scorer(source, { full: family, served: low ?? family }, onProgress);
  const skewed = made.columns.get('only_version_skew');
  // The sweep has scored ideal features with the items of the index already.
  const state = async (setting: Setting) =>
    skewed && isSkewAlone(setting, low !== undefined) ? skewed : score(setting);
  const columns = new Map<string, Float64Array>();
  for (const [name, setting] of STATES)
    if (isTold(name, source.plan, low !== undefined)) columns.set(name, await state(setting));
  const { ledger } = source.plan;
  const online = ledger.scores.get('s5');
  const last = [...columns.keys()].findLast((name) => /^s\d$/.test(name)) ?? 's2';
  const reached = await state(['served', 'index', 'served']);
  const whole = online && source.plan.versions && isSame(reached, online);
  if (whole)
    for (const [name, setting] of MENDED)
      if (isTold(name, source.plan, low !== undefined)) columns.set(name, await state(setting));
  const added = [...columns].filter(([name]) => !ledger.scores.has(name));
  return {
    made: true,
    columns: new Map([...made.columns, ...added]),
    words: [
      made.words,
      `with the features of serving (${list(source.tables)})`,
      ...(online ? [reachedInWords(last, reached, online, whole === true)] : []),
      ...(quantised && !low ? ['older items have no files at the precision of serving, so that there is no s4'] : []),
    ].join('; '),
  };
}

function isSkewAlone([features, versions, precision]: Setting, low: boolean): boolean {
  return features === 'ideal' && versions === 'index' && (precision === 'full' || !low);
}

/** Without versions of items nothing is told of skew and what follows it; nothing of precision without its files. */
function isTold(name: string, { versions }: ReplayPlan, low: boolean): boolean {
  if (!versions) return name === 's2';
  return low || !(name === 's4' || name.endsWith('precision_parity'));
}

function reachedInWords(last: string, reached: Float64Array, online: Float64Array, whole: boolean): string {
  const { share, most } = difference(reached, online);
  const toggled = whole ? ', so that each cause is switched on and off by itself' : '';
  return isSame(reached, online)
    ? `${last} is s5 (to ${figure(most)})${toggled}`
    : `${last} is not s5 in ${percent(share)} of the rows: the rest is another checkpoint’s, or not explained`;
}

/** Scores settings; each pair of features and files is swept once. */
function scorer(
  source: ServedFeatures,
  families: Readonly<Record<Setting[2], TowerFamily>>,
  onProgress: Progress,
): (setting: Setting) => Promise<Float64Array> {
  const { plan } = source;
  const sweeps = new Map<string, Sweep>();
  return async ([features, versions, precision]) => {
    const { release, towers } = families[precision];
    const key = `${features} ${release.path} ${precision === 'served' && families.served !== families.full}`;
    let sweep = sweeps.get(key);
    if (!sweep) {
      sweep = await runSweep(
        source[features],
        { release: liveQueries(release), towers },
        {
          ...ALIGNED,
          to: Math.max(...plan.behind),
          onProgress: (step) => onProgress({ ...step, detail: `replay on ${features} features, ${step.detail ?? ''}` }),
        },
      );
      sweeps.set(key, sweep);
    }
    return predictionsOf(sweep, source[features], plan, versions);
  };
}

/** A replay asks for the live query tower alone. */
function liveQueries(release: TowerRelease): TowerRelease {
  const { query, item } = release.checkpoints;
  const live = [...query].filter(([version]) => version === release.live);
  return { ...release, checkpoints: { query: new Map(live), item } };
}

/**
 * The files of serving with those of older items; undefined where items have files of their own for serving, which are
 * of the live version alone, and rows have older ones.
 */
function atServedPrecision(quantised: TowerFamily, family: TowerFamily, plan: ReplayPlan): TowerFamily | undefined {
  const { live } = family.release;
  const file = ({ release }: TowerFamily) => release.checkpoints.item.get(live)?.path;
  if (file(quantised) !== file(family)) return plan.behind.every((age) => age === 0) ? quantised : undefined;
  const { query } = quantised.release.checkpoints;
  const { chain, checkpoints } = family.release;
  return {
    release: { ...quantised.release, chain, checkpoints: { query, item: checkpoints.item } },
    towers: { ...quantised.towers, item: family.towers.item },
  };
}
