/** A step of the ledger as rules judge it: log loss at a state, against the state before it. */

import type { LedgerSums, RowWeight } from '../estimation/ledger/ledger-sums.js';
import { LOG_LOSS } from '../estimation/metrics/log-loss.js';
import { linear, type Statistic } from '../estimation/tabulation/clustered.js';
import type { StepEffect } from './evidence-check.js';
import type { Measurement } from './measurement.js';

/** Empty where a column is missing. */
export function stepMeasurement(
  sums: LedgerSums | undefined,
  from: string,
  to: string,
  rows: RowWeight = 'online',
): Measurement[] {
  if (!sums?.has(from) || !sums.has(to)) return [];
  const before = sums.loss(rows, from);
  const change = linear(1, sums.loss(rows, to), -1, before);
  return [
    {
      metric: LOG_LOSS,
      slice: {},
      value: sums.estimate(sums.loss(rows, to)),
      change: { absolute: sums.estimate(change), relative: sums.relative(change, before) },
      ...(sums.open === undefined ? {} : { open: sums.open }),
    },
  ];
}

/**
 * Log loss that rows of another version cost, in the mean of all rows, of a ledger with served_version, s4 and s5; none
 * of one that has no log loss.
 */
export function otherVersionsMeasurement(sums: LedgerSums | undefined): Measurement[] {
  if (!sums) return [];
  const step = sums.unexpected;
  const before = sums.loss('online', 's4');
  return [
    {
      metric: LOG_LOSS,
      slice: {},
      value: { ...sums.estimate(step), value: before.value + step.value },
      change: { absolute: sums.estimate(step), relative: sums.relative(step, before) },
      ...(sums.open === undefined ? {} : { open: sums.open }),
    },
  ];
}

/** Causes that columns can switch on and off one by one. */
const CAUSES = ['feature_parity', 'version_skew', 'precision_parity'] as const;
type Cause = (typeof CAUSES)[number];

const only = (cause: Cause) => `only_${cause}`;
const allBut = (cause: Cause) => `all_but_${cause}`;

/**
 * The state that serving starts from: predictions from point-in-time features, where the ledger has them, as what late
 * features know is no serving's to lose.
 */
export function startOf(sums: LedgerSums): 's0' | 's0_pit' {
  return sums.has('s0_pit') ? 's0_pit' : 's0';
}

/**
 * The step with its toggles where both are there: one of the two alone would acquit by half of the evidence. Toggles
 * are the candidate's: of production's model the step itself is taken off each of them, as if its causes did not
 * interact.
 */
export function stepEffect(sums: LedgerSums, from: string, to: string, cause: Cause): StepEffect {
  const contribution = sums.stepOfGap(from, to);
  const production = sums.productionStep(from, to);
  const step = { kind: 'step', contribution, ...(production ? { production } : {}) } as const;
  if (!isToggled(sums, cause)) return step;
  const less = (own: Statistic) => (production ? linear(1, own, -1, production) : own);
  const alone = sums.step(startOf(sums), only(cause));
  const fix = sums.step(allBut(cause), 's5');
  return { ...step, alone: less(alone), fix: less(fix), shared: less(shapley(sums, cause, alone, fix)) };
}

function isToggled(sums: LedgerSums, cause: Cause): boolean {
  return sums.has(only(cause)) && sums.has(allBut(cause)) && sums.has('s5');
}

/**
 * Shapley's value over the causes that are toggled. Of two it is the mean of first-in and last-in; of three, whose
 * pairs are the columns that leave one out,
 *
 *     φ_x = (v(x) - v(∅))/3 + (v(xy) - v(y))/6 + (v(xz) - v(z))/6 + (v(xyz) - v(yz))/3.
 */
function shapley(sums: LedgerSums, cause: Cause, alone: Statistic, fix: Statistic): Statistic {
  const others = CAUSES.filter((other) => other !== cause && isToggled(sums, other));
  const [y, z] = others;
  if (!y || !z) return linear(0.5, alone, 0.5, fix);
  const ends = linear(1 / 3, alone, 1 / 3, fix);
  const between = linear(1 / 6, sums.step(only(y), allBut(z)), 1 / 6, sums.step(only(z), allBut(y)));
  return linear(1, ends, 1, between);
}

/** The sums of a ledger that has the columns of a step, or in words what there is not. */
export function sumsWith(
  sums: LedgerSums | undefined,
  columns: readonly string[],
):
  | { readonly sums: LedgerSums; readonly missing?: undefined }
  | { readonly sums?: undefined; readonly missing: string } {
  if (!sums) return { missing: 'the release has no evidence ledger' };
  const missing = columns.filter((name) => !sums.has(name));
  return missing.length === 0 ? { sums } : { missing: `the ledger has no column ${missing.join(', ')}` };
}
