/** Does the treatment look worse because it serves little traffic? Its metric as its share of the traffic is ramped. */

import { interval } from '../../statistics/noninferiority.js';
import { weightedLine } from '../../statistics/weighted-line.js';
import {
  againstGap,
  figure,
  finiteColumn,
  type OutcomeFinding,
  type OutcomeHypothesis,
  percent,
  positiveColumn,
} from './outcome.js';

export const exposureBias: OutcomeHypothesis = {
  id: 'exposure-bias',
  layer: 1,
  table: 'ramp',
  required: ['treatment_share', 'metric', 'se'],
  settle:
    'a table ramp: treatment_share (0 to 1), metric (log loss of the candidate at that share), se; at least 3 shares, with no other launch inside the ramp, the last one in force today',
  judge(table, context): OutcomeFinding {
    const share = [...table.numbers('treatment_share', 'a share between 0 and 1', (x) => x >= 0 && x <= 1)];
    const metric = finiteColumn(table, 'metric');
    const se = positiveColumn(table, 'se');
    table.throwIfBad();
    const distinct = new Set(share).size;
    if (distinct < 3)
      return {
        verdict: 'inconclusive',
        why: `${distinct} shares of traffic, of at least 3`,
        settle: 'a ramp over at least 3 shares',
      };
    const { slope } = weightedLine(share, metric, se);
    const now = share[share.length - 1]!;
    // With all the traffic the metric would be lower by this: what little exposure costs.
    const explains = { value: -slope.value * (1 - now), standardError: slope.standardError * (1 - now), df: slope.df };
    const { lower, upper } = interval(explains, context.confidence);
    const why = `over ${distinct} shares from ${percent(Math.min(...share))} to ${percent(Math.max(...share))} the metric moves by ${figure(slope.value)} for all of the traffic; full exposure would win ${figure(explains.value)} [${figure(lower)}, ${figure(upper)}]`;
    const verdict = againstGap(explains, context);
    return {
      verdict,
      why,
      settle: verdict === 'inconclusive' ? 'a longer ramp: more rows at each share' : '',
      explains,
    };
  },
};
