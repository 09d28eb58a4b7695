/** Does the gain depend on how the eval set was built? The same gain on several builds of the same day. */
import { heterogeneity } from '../../statistics/heterogeneity.js';
import {
  againstGap,
  figure,
  finiteColumn,
  type OutcomeFinding,
  type OutcomeHypothesis,
  percent,
  positiveColumn,
} from './outcome.js';

export const evalSetConstruction: OutcomeHypothesis = {
  id: 'eval-set-construction',
  layer: 1,
  table: 'builds',
  required: ['build_id', 'gain', 'se'],
  optional: ['key_jaccard', 'label_mismatch'],
  settle:
    'a table builds: build_id, gain (log loss of production’s model less the candidate’s, both on this build), se; at least 2 builds of the same days; key_jaccard and label_mismatch against the first build besides',
  judge(table, context): OutcomeFinding {
    const ids = table.texts('build_id');
    const gain = finiteColumn(table, 'gain');
    const se = positiveColumn(table, 'se');
    const share = (name: string) =>
      table.has(name) ? table.numbers(name, 'a share between 0 and 1', (x) => x >= 0 && x <= 1) : undefined;
    const [jaccard, mismatch] = [share('key_jaccard'), share('label_mismatch')];
    for (const [r, code] of ids.codes.entries())
      if (ids.codes.indexOf(code) !== r) table.refuse(r, 'build_id', `"${ids.names[code]}" again`, 'every build once');
    table.throwIfBad();
    if (table.rows < 2)
      return {
        verdict: 'inconclusive',
        why: 'one build alone',
        settle: 'a second build of the same days, with the same code',
      };
    const { q, df, pValue, iSquared, tauSquared } = heterogeneity(gain, se);
    const [high, low] = [gain.indexOf(Math.max(...gain)), gain.indexOf(Math.min(...gain))];
    const explains = { value: gain[high]! - gain[low]!, standardError: Math.hypot(se[high]!, se[low]!), df: 1000 };
    const facts = [
      `${table.rows} builds have gains from ${figure(gain[low]!)} to ${figure(gain[high]!)}: Cochran’s Q ${figure(q)} with ${df} degrees of freedom (p ${figure(pValue)}), I² ${percent(iSquared)}, τ ${figure(Math.sqrt(tauSquared))}`,
      ...(jaccard ? [`keys in common at least ${percent(Math.min(...jaccard))}`] : []),
      ...(mismatch ? [`labels that differ at most ${percent(Math.max(...mismatch))}`] : []),
    ].join('; ');
    const alike = pValue > 1 - context.confidence;
    const verdict = againstGap(explains, context);
    // The largest difference of several is above 0 by chance: it counts only where the builds differ at all.
    if ((verdict === 'sufficient' || verdict === 'contributing') && alike)
      return { verdict: 'inconclusive', why: facts, settle: 'smaller errors of each build', explains };
    return { verdict, why: facts, settle: verdict === 'inconclusive' ? 'smaller errors of each build' : '', explains };
  },
};
