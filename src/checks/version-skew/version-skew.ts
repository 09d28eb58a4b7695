/** The check that sweeps, as one of the pipeline; beside other checks on evidence it is a hypothesis of the gap too. */

import type { EvalSet } from '../../data/evalset/evalset.js';
import { type EvalSetSize, sizeOf } from '../../data/evalset/size.js';
import { type ScoreRelease, withVersions } from '../../documents/release/release.js';
import type { GivenState } from '../../estimation/state/given-state.js';
import { list, plural, quoted } from '../../lib/text.js';
import { wantedScores } from '../../models/scores/column-sweep.js';
import { tryTowers } from '../../models/towers/tower.js';
import type { Check, Gathered, Plan, Ran, Sources } from '../check.js';
import { onEvidence } from '../on-evidence.js';
import { rulesInWords } from '../outlook.js';
import { spelled } from '../reason-words.js';
import { ALL_ROWS } from './cell-names.js';
import { planEngine } from './engine-plan.js';
import { foreseenLines } from './foreseen.js';
import { gatherState, measureState, sizeOfState } from './from-state.js';
import { gatherRows, gatherSkew, planSkew, type SkewPlan, type SkewSources, sweepSkew } from './gather.js';
import { hypothesis } from './hypothesis.js';
import { fixedPredictions, informativeNotices } from './informative.js';
import { judgedCells } from './judged-cells.js';
import { type MeasuredSkew, measureVersionSkew, reportVersionSkew, sweptOf } from './measure.js';
import { planReplay, replayInWords, replayOf } from './replay.js';
import { readServedFeatures, withServedFeatures } from './served-features.js';
import { sharedWork } from './shared-work.js';
import { knownNotices } from './source-notices.js';
import { gatherStreamed, measureStreamed, type StreamedSources } from './streamed.js';

const alone = onEvidence(hypothesis);

export const versionSkew: Check = {
  ...hypothesis,
  plan(policy, wanted): Plan | undefined {
    const asked = alone.plan(policy, wanted);
    if (!policy.skew) return asked;
    const plan = planSkew(policy.skew, wanted, policy.waivers);
    return {
      check: versionSkew,
      tables: asked?.tables ?? [],
      withoutRelease: async (workspace) => {
        const evalSet = await gatherRows(plan, workspace);
        return [...rulesOf(plan), ...rowsOf(evalSet), ...foreseenLines(withoutSweep(plan, evalSet), false)];
      },
      engine: (release) => planEngine(plan, withVersions(release)),
      async gather(sources) {
        const ofGap = await asked?.gather(sources);
        if (sources.state) return fromState(plan, sources, sources.state, ofGap);
        const streamed = await gatherStreamed(plan, withVersions(sources.release), sources.workspace, sources.progress);
        if (streamed) return inParts(streamed, ofGap);
        const gathered = await gatherSkew(plan, withVersions(sources.release), sources.workspace, sources.vectors);
        const replay =
          ofGap && planReplay(sources.evidence.ledger, gathered.evalSet, gathered.release, gathered.grid.distances);
        const [candidate] = gathered.families;
        const atServing =
          replay && !('why' in replay)
            ? await readServedFeatures(replay, gathered.evalSet, candidate, plan.policy.evalSet)
            : undefined;
        return {
          outlook: async () => [
            ...rulesOf(plan),
            ...(await modelsOf(gathered)),
            ...(gathered.evalSet.notices ?? []),
            ...informativeNotices(gathered.evalSet, plan.metrics, plan.policy.evalSet.candidates === 'full'),
            ...fixedNotices(gathered),
            ...foreseenLines(gathered, true),
            ...knownNotices(gathered),
            ...((await ofGap?.outlook()) ?? []),
            ...(replay ? [replayInWords(replay)] : []),
          ],
          sharedWork: () => sharedWork(gathered, plan),
          async run(progress) {
            const evidence = await sweepSkew(gathered, plan, progress);
            const skew = await measureVersionSkew(evidence, progress);
            const ran = await ofGap?.run(progress);
            const first = replay && replayOf(replay, evidence.sweep, evidence.evalSet);
            const made =
              first && atServing ? await withServedFeatures(first, atServing, gathered.served, progress) : first;
            return {
              swept: { ...sweptOf(skew), ...(made ? { replay: made } : {}) },
              evalSet: sizeOf(gathered.evalSet),
              examine: examining(skew, ran),
            };
          },
        };
      },
    };
  },
};

/** Judges sums in place of rows: no tower runs, and no row is read. */
async function fromState(
  plan: SkewPlan,
  { release }: Sources,
  given: GivenState,
  ofGap: Gathered | undefined,
): Promise<Gathered> {
  const sources = await gatherState(plan, withVersions(release), given);
  return {
    outlook: async () => [...rulesOf(plan), ...knownNotices(sources), ...((await ofGap?.outlook()) ?? [])],
    async run(progress) {
      progress({ stage: 'measuring', detail: 'sums of a state' });
      const skew = measureState(sources);
      const ran = await ofGap?.run(progress);
      return { swept: sweptOf(skew), evalSet: sizeOfState(sources), examine: examining(skew, ran) };
    },
  };
}

/** Judges rows of which only a part is in memory at a time. */
function inParts(sources: StreamedSources, ofGap: Gathered | undefined): Gathered {
  const { plan, rows } = sources;
  return {
    outlook: async () => {
      rows.close();
      return [...rulesOf(plan), sizeInWords(rows.size), ...rows.notices, ...((await ofGap?.outlook()) ?? [])];
    },
    async run(progress) {
      const { skew } = await measureStreamed(sources, progress);
      const ran = await ofGap?.run(progress);
      return { swept: sweptOf(skew), evalSet: rows.size, examine: examining(skew, ran) };
    },
  };
}

/** The examination of a measured sweep, with what it says of the gap. */
function examining(skew: MeasuredSkew, ran: Ran | undefined): Ran['examine'] {
  return (results, evidence) => {
    const found = ran?.examine(results, evidence).found;
    return {
      check: versionSkew,
      claims: skew.claims,
      judges: true,
      ...(found ? { found } : {}),
      report: (rejected, _, later) => reportVersionSkew(skew, rejected, later),
    };
  };
}

function rulesOf({ policy, metrics }: SkewPlan): string[] {
  const { rules } = policy.versionSkew;
  return [
    `${policy.path}: ${plural(rules.length, 'rule')} over ${plural(metrics.metrics.length, 'metric')}, eval ` +
      'set as pinned',
    ...rulesInWords(hypothesis.id, rules),
  ];
}

function rowsOf(evalSet: SkewSources['evalSet']): string[] {
  return [sizeInWords(sizeOf(evalSet))];
}

function sizeInWords({ rows, positives, queries, items }: EvalSetSize): string {
  return (
    `eval set: ${plural(rows, 'row')}, ${plural(positives, 'positive')}, ` +
    `${plural(queries, 'query', 'queries')}, ${plural(items, 'item')}`
  );
}

/** The cells that a sweep of these rows would judge, by a policy alone: production's distances are a release's. */
function withoutSweep({ policy, metrics }: SkewPlan, evalSet: EvalSet) {
  const cells = judgedCells(policy, metrics, evalSet);
  return { policy, plan: metrics, evalSet, grid: { cells, mixes: undefined, distances: [0] } };
}

/** Metrics that a softmax fixes over all rows, whatever the model. */
function fixedNotices({ plan, evalSet, grid, release }: SkewSources): string[] {
  if (fixedPredictions(evalSet, grid.cells, release.score.link)[ALL_ROWS] === 0) return [];
  return plan.metrics
    .filter(({ metric }) => metric.fixedUnder === 'softmax')
    .map(({ id: metric }) => {
      const reason = spelled({ kind: 'cannot_move', by: 'softmax', metric });
      return `${metric} on all rows ${reason}: its rules there will stay inconclusive.`;
    });
}

/** Columns of scores have been read: every row has a number. */
function scoresOf(release: ScoreRelease, { evalSet, policy }: SkewSources): string[] {
  const wanted = wantedScores(release, policy.versionSkew);
  const there = wanted.filter(({ name }) => evalSet.scores?.has(name));
  return [
    `${release.path}: ${plural(there.length, 'column')} of scores (${list(
      there.map(({ name }) => quoted(name)),
      4,
    )}), a finite number in every row`,
  ];
}

/** Tries every checkpoint on a few rows: what would stop a sweep is found without one. */
async function modelsOf(gathered: SkewSources): Promise<string[]> {
  const { evalSet, families, served } = gathered;
  const lines = rowsOf(evalSet);
  for (const { release, towers } of families) {
    if (!towers) {
      lines.push(...scoresOf(release, gathered), ...release.notices);
      continue;
    }
    const notices = await tryTowers(towers, evalSet, release.score.similarity);
    const { query, item } = release.checkpoints;
    lines.push(
      `${release.path}: ${plural(query.size, 'query checkpoint')} and ${plural(item.size, 'item checkpoint')} ` +
        'load, take the eval set, and give embeddings of one dimension',
      ...release.notices,
      ...towers.notices,
      ...notices,
    );
  }
  if (!served) return lines;
  const notices = await tryTowers(served.towers, evalSet, served.release.score.similarity);
  lines.push(`${served.release.path}: the checkpoints as they are served load and take the eval set`, ...notices);
  return lines;
}
