/** The check that sweeps, as one of the pipeline; beside other checks on evidence it is a hypothesis of the gap too. */

import { type ScoreRelease, withVersions } from '../../documents/release/release.js';
import { list, plural, quoted } from '../../lib/text.js';
import { wantedScores } from '../../models/scores/column-sweep.js';
import { tryTowers } from '../../models/towers/tower.js';
import type { Check, Plan } from '../check.js';
import { onEvidence } from '../on-evidence.js';
import { rulesInWords } from '../outlook.js';
import { spelled } from '../reason-words.js';
import { ALL_ROWS } from './cell-names.js';
import { gatherRows, gatherSkew, planSkew, type SkewPlan, type SkewSources, sweepSkew } from './gather.js';
import { hypothesis } from './hypothesis.js';
import { fixedPredictions, informativeNotices } from './informative.js';
import { measureVersionSkew, reportVersionSkew, sweptOf } from './measure.js';
import { planReplay, replayInWords, replayOf } from './replay.js';
import { readServedFeatures, withServedFeatures } from './served-features.js';
import { sharedWork } from './shared-work.js';
import { knownNotices } from './source-notices.js';

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
      withoutRelease: async (workspace) => [...rulesOf(plan), ...rowsOf(await gatherRows(plan, workspace))],
      async gather(sources) {
        const ofGap = await asked?.gather(sources);
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
            ...knownNotices(gathered),
            ...((await ofGap?.outlook()) ?? []),
            ...(replay ? [replayInWords(replay)] : []),
          ],
          sharedWork: () => sharedWork(gathered, plan),
          async run(progress) {
            const skew = await measureVersionSkew(await sweepSkew(gathered, plan, progress), progress);
            const ran = await ofGap?.run(progress);
            const { sweep, evalSet } = skew.evidence;
            const first = replay && replayOf(replay, sweep, evalSet);
            const made =
              first && atServing ? await withServedFeatures(first, atServing, gathered.served, progress) : first;
            return {
              swept: { ...sweptOf(skew), ...(made ? { replay: made } : {}) },
              evalSet: gathered.evalSet,
              examine(swept, evidence) {
                const found = ran?.examine(swept, evidence).found;
                return {
                  check: versionSkew,
                  claims: skew.claims,
                  judges: true,
                  ...(found ? { found } : {}),
                  report: (rejected, _, later) => reportVersionSkew(skew, rejected, later),
                };
              },
            };
          },
        };
      },
    };
  },
};

function rulesOf({ policy, metrics }: SkewPlan): string[] {
  const { rules } = policy.versionSkew;
  return [
    `${policy.path}: ${plural(rules.length, 'rule')} over ${plural(metrics.metrics.length, 'metric')}, eval ` +
      'set as pinned',
    ...rulesInWords(hypothesis.id, rules),
  ];
}

function rowsOf({ rows, positives, query, item }: SkewSources['evalSet']): string[] {
  return [
    `eval set: ${plural(rows, 'row')}, ${plural(positives, 'positive')}, ` +
      `${plural(query.names.length, 'query', 'queries')}, ${plural(item.names.length, 'item')}`,
  ];
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
