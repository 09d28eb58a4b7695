/**
 * Did the treatment time out or fail more often, or later? Success rates and percentiles of latency by arm, tower and
 * stage, and what the failures could cost at most.
 */

import type { EvidenceTable, TableSpec } from '../../data/evidence/evidence-table.js';
import { LEDGER } from '../../data/evidence/ledger.js';
import { sql } from '../../data/evidence/sql.js';
import { rowsBy } from '../../data/tables/coded.js';
import { type Estimate, interval } from '../../estimation/statistics/noninferiority.js';
import type { Evidence } from '../evidence.js';
import { type CheckContext, type EvidenceCheck, type Examined, factsAlone, untested } from '../evidence-check.js';
import { against, type Compared, figure, percent, proportion } from '../measurement.js';
import { ofTable, settledBy, shownBy, THE_GAP } from '../ways.js';
import { LATENCY, latencies, PERCENTILES, placeOf, refusePercentiles } from './latency.js';
import { latencyFacts, punctual } from './lateness.js';

const SERVING_HEALTH: TableSpec = {
  name: 'serving_health',
  page: 'checks/serving-health.md',
  holds: 'counts by arm (control or treatment), tower and stage; any number of rows (hosts, hours), as counts add up',
  required: ['arm', 'tower', 'stage', 'requests', 'successes'],
  sql: sql`-- counts add up over hosts and hours, percentiles would not
SELECT arm, tower, stage, COUNT(*) AS requests, COUNT(CASE WHEN status = 'ok' THEN 1 END) AS successes
FROM rpc_log GROUP BY arm, tower, stage`,
  cost: 'query',
};

export const servingHealth: EvidenceCheck = {
  id: 'serving-health',
  layer: 2,
  question: 'Did the treatment time out or fail more often, or answer later?',
  owner: 'the owner of the serving system',
  title: 'timeouts and serving failures',
  decides: 'a bound, held against the gap',
  cure: 'mend the failures of the treatment',
  tables: [SERVING_HEALTH, LATENCY, LEDGER],
  ways: [settledBy(ofTable(SERVING_HEALTH), ofTable(LATENCY), THE_GAP), shownBy(ofTable(SERVING_HEALTH))],
  metrics: [
    {
      id: 'success_rate',
      needs: 'the table serving_health',
      title: 'share of the requests that succeed at every tower and stage, treatment against control',
      operators: ['max_decrease', 'min'],
      share: true,
    },
    ...PERCENTILES.map(([id, p]) => ({
      id,
      needs: 'the table latency',
      cure: 'make the treatment answer as soon as control does, or give it more replicas',
      title: `${100 * p}th percentile of latency in ms at every tower and stage, treatment against control`,
      operators: ['max_increase', 'max'] as const,
    })),
  ],
  examine(evidence: Evidence, { confidence }: CheckContext): Examined {
    const table = evidence.table(SERVING_HEALTH);
    const latency = evidence.table(LATENCY);
    if (!table && !latency)
      return untested(
        SERVING_HEALTH,
        'the release has no evidence serving_health or latency',
        'a table latency besides',
      );
    const rates = table ? successRates(table) : [];
    const late = latency ? latencies(latency, confidence) : [];
    const measurements = [...rates, ...late];
    const facts = [...worstFirst(rates).map((rate) => failureFact(rate, confidence)), ...latencyFacts(late)];
    return { measurements, ...withEffect(rates, late, facts, evidence.sums, confidence) };
  },
};

/**
 * Bounds what failures explain of the gap: a failed request loses the gain of a request at most, a bound that can
 * acquit but not convict alone. It acquits where the treatment answers as soon as control, as a late answer costs what
 * no count of failures holds.
 */
function withEffect(
  rates: readonly Compared[],
  late: readonly Compared[],
  facts: readonly string[],
  sums: Evidence['sums'],
  confidence: number,
): Pick<Examined, 'facts' | 'effect'> {
  if (rates.length === 0) return { facts, effect: factsAlone('a table serving_health') };
  if (!sums || sums.open !== undefined)
    return { facts, effect: factsAlone('a larger ledger, in whose unit a failed request has a value') };
  const value = sums.gainOffline.value;
  const { absolute } = worstFirst(rates)[0]!.change;
  const { acquittal, facts: lateness } = punctual(late, rates, confidence);
  const explains = {
    value: -absolute.value * value,
    standardError: absolute.standardError * Math.abs(value),
    df: absolute.df,
  };
  return {
    facts: [
      ...lateness,
      ...facts,
      `failures cost at most ${figure(interval(explains, confidence).upper)} in ${sums.metric.words}`,
    ],
    effect: { kind: 'apart', inGap: true, explains, bound: true, ...acquittal, settle: 'more requests of both arms' },
  };
}

/** Of every tower and stage, treatment against control. */
function successRates(table: EvidenceTable): Compared[] {
  refusePercentiles(table);
  const arms = table.texts('arm', ['control', 'treatment']);
  const [tower, stage] = [table.texts('tower'), table.texts('stage')];
  const [requests, successes] = [table.counts('requests'), table.counts('successes')];
  table.throwIfBad();
  for (let r = 0; r < table.rows; r++)
    if (successes[r]! > requests[r]!)
      table.refuse(r, 'successes', String(successes[r]), `at most the ${requests[r]} requests`);
  table.throwIfBad();
  return rowsBy([tower, stage]).map(({ values, rows }) => {
    const rate = (arm: string): Estimate => {
      const own = rows.filter((r) => arms.names[arms.codes[r]!] === arm);
      const n = own.reduce((sum, r) => sum + requests[r]!, 0);
      if (n === 0)
        throw table.error(
          `no requests of ${arm} at ${placeOf(values)}`,
          'requests of both arms at every tower and stage',
        );
      return proportion(
        own.reduce((sum, r) => sum + successes[r]!, 0),
        n,
      );
    };
    return against('success_rate', { tower: values[0]!, stage: values[1]! }, rate('treatment'), rate('control'));
  });
}

/** Towers and stages, first those at which the treatment succeeds least beside control. */
function worstFirst(rates: readonly Compared[]): Compared[] {
  return rates.toSorted((a, b) => a.change.absolute.value - b.change.absolute.value);
}

function failureFact({ slice, value, change: { absolute } }: Compared, confidence: number): string {
  const { lower, upper } = interval(absolute, confidence);
  return (
    `failures at ${placeOf(Object.values(slice))}: ${percent(1 - value.value + absolute.value)} in control and ` +
    `${percent(1 - value.value)} in treatment (${figure(-100 * upper)} to ${figure(-100 * lower)} points apart)`
  );
}
