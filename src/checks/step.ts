/** A step of the ledger as rules judge it: log loss at a state, against the state before it. */
import type { LedgerSums, RowWeight } from '../evidence/ledger-sums.js';
import { linear } from '../statistics/clustered.js';
import type { Acquittal, Effect } from './evidence-check.js';
import type { Measurement } from './measurement.js';

/** Empty where a column is missing. */
export function stepMeasurement(sums: LedgerSums, from: string, to: string, rows: RowWeight = 'online'): Measurement[] {
  if (!sums.has(from) || !sums.has(to)) return [];
  const before = sums.loss(rows, from);
  const change = linear(1, sums.loss(rows, to), -1, before);
  return [
    {
      metric: 'log_loss',
      slice: {},
      value: sums.estimate(sums.loss(rows, to)),
      change: { absolute: sums.estimate(change), relative: sums.relative(change, before) },
      ...(sums.open === undefined ? {} : { open: sums.open }),
    },
  ];
}

/** The step with its toggles where both are there: one of the two alone would acquit by half of the evidence. */
export function stepEffect(
  sums: LedgerSums,
  from: string,
  to: string,
  toggle: string,
  acquittal: Acquittal = {},
): Effect {
  const [only, allBut] = [`only_${toggle}`, `all_but_${toggle}`];
  return {
    kind: 'step',
    contribution: sums.step(from, to),
    ...(sums.has(only) && sums.has(allBut) && sums.has('s5')
      ? { alone: sums.step('s0', only), fix: sums.step(allBut, 's5') }
      : {}),
    ...acquittal,
  };
}

/** Which of the columns a step lacks, in words; undefined where it has all. */
export function lacks(sums: LedgerSums | undefined, columns: readonly string[]): string | undefined {
  if (!sums) return 'the release has no evidence ledger';
  const missing = columns.filter((name) => !sums.has(name));
  return missing.length === 0 ? undefined : `the ledger has no column ${missing.join(', ')}`;
}
