/** Did the treatment time out or fail more often? Success rates by arm, and what the difference could cost at most. */

import { interval } from '../../statistics/noninferiority.js';
import { histogramPercentile } from '../../statistics/percentiles.js';
import type { EvidenceTable } from '../evidence-table.js';
import { againstGap, figure, type OutcomeFinding, type OutcomeHypothesis, percent } from './outcome.js';

export const servingHealth: OutcomeHypothesis = {
  id: 'serving-health',
  layer: 2,
  table: 'serving_health',
  required: ['arm', 'tower', 'stage', 'requests', 'successes'],
  settle:
    'a table serving_health: arm (control or treatment), tower, stage, requests, successes; any number of rows (hosts, hours), as counts add up',
  optional: ['p50', 'p90', 'p99'],
  also: { table: 'latency', required: ['arm', 'tower', 'stage', 'upper_ms', 'count'] },
  judge(table, context, latency): OutcomeFinding {
    const averaged = ['p50', 'p90', 'p99'].find((name) => table.has(name));
    if (averaged)
      throw table.error(
        `a column "${averaged}", a percentile of some rows of the log`,
        'counts, as percentiles of hosts or hours have no mean',
        'Give the histogram: evidence: {latency: …} with arm, tower, stage, upper_ms, count.',
      );
    const arms = table.texts('arm', ['control', 'treatment']);
    const places = [table.texts('tower'), table.texts('stage')];
    const count = (name: string) =>
      table.numbers(name, 'a whole number of 0 or above', (x) => Number.isSafeInteger(x) && x >= 0);
    const [requests, successes] = [count('requests'), count('successes')];
    for (let r = 0; r < table.rows; r++)
      if (successes[r]! > requests[r]!)
        table.refuse(r, 'successes', String(successes[r]), `at most the ${requests[r]} requests`);
    table.throwIfBad();
    const worst = [...groups(places.map(({ codes, names }) => [...codes].map((code) => names[code]!)))]
      .map(([place, rows]) => {
        const rate = (arm: string) => {
          const own = rows.filter((r) => arms.names[arms.codes[r]!] === arm);
          const n = own.reduce((sum, r) => sum + requests[r]!, 0);
          if (n === 0)
            throw table.error(`no requests of ${arm} at ${place}`, 'requests of both arms at every tower and stage');
          const failures = n - own.reduce((sum, r) => sum + successes[r]!, 0);
          // Wilson's centre keeps a variance where nothing failed.
          const p = (failures + 2) / (n + 4);
          return { value: failures / n, variance: (p * (1 - p)) / n, n };
        };
        const [control, treatment] = [rate('control'), rate('treatment')];
        return {
          place,
          control,
          treatment,
          difference: {
            value: treatment.value - control.value,
            standardError: Math.sqrt(control.variance + treatment.variance),
            df: Math.max(1, Math.min(control.n, treatment.n) - 1),
          },
        };
      })
      .sort((a, b) => b.difference.value - a.difference.value)[0]!;
    const { difference, control, treatment, place } = worst;
    const { lower, upper } = interval(difference, context.confidence);
    const failures = `failures at ${place}: ${percent(control.value)} in control and ${percent(treatment.value)} in treatment (${figure(100 * lower)} to ${figure(100 * upper)} points apart)`;
    const facts = latency ? `${failures}; ${latencies(latency)}` : failures;
    if (!context.gap || !context.gainOffline)
      return {
        verdict: 'inconclusive',
        why: facts,
        settle: 'a larger ledger, in whose unit a failed request has a value',
      };
    // A failed request loses the gain of a request at most: a bound, which can acquit but not convict alone.
    const value = context.gainOffline.value;
    const bound = {
      value: difference.value * value,
      standardError: difference.standardError * Math.abs(value),
      df: difference.df,
    };
    const verdict = againstGap(bound, context);
    const cost = `they cost at most ${percent(upper * (value / context.gap.value))} of the gap`;
    if (verdict === 'ruled_out' || verdict === 'no_gap')
      return { verdict, why: `${facts}; ${cost}`, settle: '', explains: bound };
    return lower > 0
      ? { verdict: 'contributing', why: `${facts}; ${cost}`, settle: '', explains: bound }
      : { verdict: 'inconclusive', why: `${facts}; ${cost}`, settle: 'more requests of both arms' };
  },
};

/** p50, p90 and p99 of both arms at the tower and stage whose p99 grew most, from histograms whose counts add up. */
function latencies(table: EvidenceTable): string {
  const arms = table.texts('arm', ['control', 'treatment']);
  const places = [table.texts('tower'), table.texts('stage')];
  const upper = table.numbers('upper_ms', 'an upper edge above 0', (x) => x > 0);
  const count = table.numbers('count', 'a whole number of 0 or above', (x) => Number.isSafeInteger(x) && x >= 0);
  table.throwIfBad();
  const grown = [...groups(places.map(({ codes, names }) => [...codes].map((code) => names[code]!)))].map(
    ([place, rows]) => {
      const edges = [...new Set(rows.map((r) => upper[r]!))].sort((a, b) => a - b);
      const of = (arm: string) => {
        const own = rows.filter((r) => arms.names[arms.codes[r]!] === arm);
        const counts = edges.map((edge) => own.reduce((sum, r) => sum + (upper[r] === edge ? count[r]! : 0), 0));
        if (!counts.some((n) => n > 0))
          throw table.error(`no latency of ${arm} at ${place}`, 'counts of both arms at every tower and stage');
        return [0.5, 0.9, 0.99].map((p) => histogramPercentile({ edges, counts }, p));
      };
      return { place, control: of('control'), treatment: of('treatment') };
    },
  );
  const worst = grown.sort((a, b) => b.treatment[2]! / b.control[2]! - a.treatment[2]! / a.control[2]!)[0]!;
  const shown = (values: readonly number[]) => values.map(figure).join(' / ');
  return `latency p50 / p90 / p99 at ${worst.place} ${shown(worst.control)} ms in control and ${shown(worst.treatment)} ms in treatment`;
}

/** Rows by the values of several columns. */
function groups(columns: readonly (readonly string[])[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (let r = 0; r < columns[0]!.length; r++) {
    const key = columns.map((column) => column[r]!).join(' / ');
    found.set(key, [...(found.get(key) ?? []), r]);
  }
  return found;
}
