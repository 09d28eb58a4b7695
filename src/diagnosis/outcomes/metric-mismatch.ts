/** Do offline and online metrics measure the same thing? Deltas of past arms, both with errors. */
import { attenuatedCorrelation, deming, signConcordance } from '../../statistics/deming.js';
import {
  figure,
  finiteColumn,
  type OutcomeFinding,
  type OutcomeHypothesis,
  percent,
  positiveColumn,
} from './outcome.js';

/** With fewer arms nothing can be told (Pinterest had "several"). */
const ARMS = 6;
/** A correlation above it is one metric in two guises, below it two metrics. Judgement of this project, after methodology. */
const AGREES = 0.5;
/** Share of the spread between arms that must not be error. */
const RELIABLE = 0.5;

export const metricMismatch: OutcomeHypothesis = {
  id: 'metric-mismatch',
  layer: 3,
  table: 'arms',
  required: ['arm', 'offline_delta', 'offline_se', 'online_delta', 'online_se'],
  settle:
    'a table arms: arm, offline_delta, offline_se, online_delta, online_se; one row per past arm, both deltas with their sign turned so that more is better',
  judge(table, { confidence }): OutcomeFinding {
    const arms = table.texts('arm');
    const offline = finiteColumn(table, 'offline_delta');
    const offlineError = positiveColumn(table, 'offline_se');
    const online = finiteColumn(table, 'online_delta');
    const onlineError = positiveColumn(table, 'online_se');
    for (const [r, code] of arms.codes.entries())
      if (arms.codes.indexOf(code) !== r) table.refuse(r, 'arm', `"${arms.names[code]}" again`, 'every arm once');
    table.throwIfBad();
    const settle = `past arms with smaller errors, at least ${ARMS}`;
    if (table.rows < 3) return { verdict: 'inconclusive', why: `${table.rows} past arms, of at least ${ARMS}`, settle };
    if (Math.max(...offline) === Math.min(...offline) || Math.max(...online) === Math.min(...online))
      throw table.error('arms that all have one delta', 'arms that differ offline and online');
    const { measured, corrected, lower, upper, reliabilityX, reliabilityY } = attenuatedCorrelation(
      offline,
      offlineError,
      online,
      onlineError,
      confidence,
    );
    const same = signConcordance(offline, online, confidence);
    const line = deming(offline, offlineError, online, onlineError);
    const correlation = Number.isFinite(corrected)
      ? `a correlation of ${figure(corrected)} [${figure(lower)}, ${figure(upper)}] corrected for their errors`
      : `a correlation of ${figure(measured)} as measured, which their errors leave open`;
    const why = `over ${table.rows} past arms offline and online deltas have ${correlation}, agree in sign in ${percent(same.share)}, and online moves ${figure(line.slope)} ± ${figure(line.slopeError)} for one offline`;
    if (table.rows < ARMS) return { verdict: 'inconclusive', why: `${why}; fewer than ${ARMS} arms`, settle };
    // Where most of the spread is error, the correction rests on next to nothing.
    if (Math.min(reliabilityX, reliabilityY) < RELIABLE)
      return { verdict: 'inconclusive', why: `${why}; most of their spread is error`, settle };
    if (lower > AGREES) return { verdict: 'ruled_out', why, settle: '' };
    if (upper < AGREES) return { verdict: 'contributing', why, settle: '' };
    return { verdict: 'inconclusive', why, settle };
  },
};
