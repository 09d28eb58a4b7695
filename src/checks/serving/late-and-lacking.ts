/** Features that are both late and lacking at serving: what of them may be blamed, and what brought to serving. */

import { list, printable } from '../../lib/text.js';
import type { FoundCure, StepEffect } from '../evidence-check.js';
import { type LateFeatures, LEAKS, pointInTimeFirst } from '../late-features.js';
import { type Measurement, sliceValue } from '../measurement.js';

/** A feature that serving lacks, or has other values of. */
export interface Feature {
  readonly name: string;
  readonly family: string;
}

export function isLate(late: LateFeatures | undefined, { name, family }: Feature): boolean {
  return late !== undefined && (late.families.has(family) || late.families.has(name));
}

/** Features whose values differ in more than a negligible share of the pairs. */
export function differing(measurements: readonly Measurement[]): Feature[] {
  return measurements
    .filter(({ metric, value }) => metric === 'value_mismatch' && value.value > LEAKS)
    .map((rate) => sliceValue(rate, 'feature'))
    .map((name) => ({ name, family: name }));
}

/**
 * The step holds what late features know as well as what serving lacks: nobody is convicted by it here.
 *
 * @param same everything that serving lacks is late, so that both are one finding
 */
export function withinLeak({ words }: LateFeatures, same: boolean): Partial<StepEffect> {
  return {
    bound: true,
    excuse: same
      ? `all that serving lacks is late (${words}): it is one finding with label-leakage`
      : `its step s0 → s2 holds what is late as well (${words}; label-leakage)`,
    settle: 'a column s0_pit of the ledger, the predictions from point-in-time features: it tells the two apart',
    within: { check: 'label-leakage', same },
  };
}

/** Names the features that may be brought to serving where some are late. */
export function cureBeside(late: LateFeatures, bring: readonly Feature[], measured: boolean): FoundCure {
  if (late.families.size === 0 || bring.length === 0) return pointInTimeFirst(late, measured);
  const named = (features: Iterable<string>) =>
    list(
      [...features].map((name) => printable(name, 40)),
      5,
    );
  return {
    action: 'serving_change',
    why:
      `give the artefact that the model reads ${named(bring.map(({ name }) => name))} as training has it, and none of ` +
      `the late features (${named(late.families)})`,
  };
}
