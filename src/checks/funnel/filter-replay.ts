/** A replay of what comes after the model with its filters off: what they take of the treatment's gain. */

import type { EvidenceTable, TableSpec } from '../../data/evidence/evidence-table.js';
import { sql } from '../../data/evidence/sql.js';
import { type Estimate, interval } from '../../estimation/statistics/noninferiority.js';
import { figure, level, type Measurement, tooFew } from '../measurement.js';

export const REPLAY: TableSpec = {
  name: 'filter_replay',
  page: 'checks/auction-filtering.md',
  holds:
    'one row per request and arm: the online metric of what is chosen as it was, and of what would be chosen with ' +
    'the filters after the model off (bids, pacing and auction; quotas; business rules); more is better',
  required: ['request_id', 'arm', 'value_on', 'value_off'],
  sql: sql`SELECT request_id, arm, SUM(value) AS value_on, SUM(value_without_filters) AS value_off
FROM filter_replay GROUP BY request_id, arm`,
  cost: 'replay',
};

/** Below this share of what there would be to win the filters are no cause. Judgement of this project. */
const NONE = 0.1;

type Verdict = 'contributing' | 'ruled_out' | 'inconclusive';

interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

/** (T - C with the filters off) - (T - C with them), by means over requests. */
export function replayed(
  table: EvidenceTable,
  confidence: number,
): { readonly measurement: Measurement; readonly fact: string; readonly verdict: Verdict } {
  const request = table.texts('request_id');
  const arms = table.texts('arm', ['control', 'treatment']);
  const [on, off] = [table.finite('value_on'), table.finite('value_off')];
  table.refuseRepeated([request, arms], ['request_id', 'arm']);
  table.throwIfBad();
  const armOf = (r: number) => (arms.names[arms.codes[r]!] === 'treatment' ? 1 : 0);
  const rows = [...arms.codes.keys()];
  const [control, treatment] = [rows.filter((r) => armOf(r) === 0), rows.filter((r) => armOf(r) === 1)];
  if (control.length === 0 || treatment.length === 0)
    throw table.error('rows of one arm alone', 'rows of control and of treatment');
  const difference = (value: (r: number) => number): Estimate => pairedMeans(treatment, control, request.codes, value);
  const taken = difference((r) => off[r]! - on[r]!);
  const [won, would] = [difference((r) => on[r]!), difference((r) => off[r]!)];
  const open = tooFew(Math.min(control.length, treatment.length));
  const { lower, upper } = interval(taken, confidence);
  const fact =
    `with the filters the treatment wins ${figure(won.value)} a request, without them it would win ` +
    `${figure(would.value)}: they take ${figure(taken.value)} [${figure(lower)}, ${figure(upper)}]`;
  // Against what there would be to win, where that is clear.
  const clear = interval(would, confidence).lower > 0;
  const beyond = (rho: number) =>
    interval(
      difference((r) => off[r]! - on[r]! - rho * off[r]!),
      confidence,
    );
  const below = clear && beyond(NONE).upper < 0;
  const small = below && beyond(-NONE).lower > 0;
  return {
    measurement: level('filtered_gain', {}, taken, open),
    fact,
    verdict: open === undefined ? verdictOf({ lower, upper }, below, small) : 'inconclusive',
  };
}

/**
 * Decides by what the filters take of the gain.
 *
 * @param below true where they take clearly less than a tenth of what there would be to win
 * @param small true where they give clearly less than that, too
 */
function verdictOf({ lower, upper }: Bounds, below: boolean, small: boolean): Verdict {
  if (lower > 0) return below ? 'ruled_out' : 'contributing';
  return small || upper < 0 ? 'ruled_out' : 'inconclusive';
}

/** Difference of two means; a request of both arms is a pair. */
function pairedMeans(
  treatment: readonly number[],
  control: readonly number[],
  request: Int32Array,
  value: (r: number) => number,
): Estimate {
  const mean = (rows: readonly number[]) => rows.reduce((sum, r) => sum + value(r), 0) / rows.length;
  const [t, c] = [mean(treatment), mean(control)];
  const influence = new Map<number, number>();
  const add = (r: number, x: number) => influence.set(request[r]!, (influence.get(request[r]!) ?? 0) + x);
  for (const r of treatment) add(r, (value(r) - t) / treatment.length);
  for (const r of control) add(r, -(value(r) - c) / control.length);
  let squares = 0;
  for (const x of influence.values()) squares += x * x;
  const g = influence.size;
  return {
    value: t - c,
    standardError: Math.sqrt((squares * g) / Math.max(1, g - 1)),
    df: Math.max(1, Math.min(treatment.length, control.length) - 1),
  };
}
