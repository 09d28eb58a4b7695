/**
 * The margin of a rule in its metric's scale, and margins that no value can exceed or that a model without skill would
 * keep.
 */

import type { Rule } from '../../documents/policy/policy.js';
import type { Problem } from '../../errors.js';
import type { Limits } from '../../estimation/metrics/metric.js';
import { type MetricRef, scaleOf } from '../../estimation/metrics/registry.js';

/** The margin of a rule in the unit of what it judges. */
export function marginOf(rule: Rule): number {
  return scaleOf(rule.metric).margin(rule.threshold, rule.relative);
}

/** Refused by the metric's range alone, before anything is read. */
export function boundlessMargin(rule: Rule, { id, metric }: MetricRef): Problem | undefined {
  const { limits } = metric;
  const { operator, threshold, thresholdText, place } = rule;
  const say = (expected: string, mend: string): Problem => ({
    place,
    found: `${operator} ${thresholdText} of ${id}, which lets everything pass`,
    expected,
    mend,
  });
  switch (operator) {
    case 'min_retained_gain':
      return undefined;
    case 'min':
      if (threshold > limits.floor || (threshold === limits.floor && !limits.attained)) return undefined;
      return say(
        `a value that a model without skill does not reach: above ${limits.floor}`,
        `Write: min: ${limits.floor + 0.1}`,
      );
    case 'max':
      if (threshold < limits.ceiling) return undefined;
      return say(`a value below ${short(limits.ceiling)}, which a model without skill keeps`, meant(rule, limits));
    default: {
      const limit = rule.relative ? limits.relative : limits.change;
      if (threshold < limit) return undefined;
      const worst = rule.relative ? `${100 * limit}%` : short(limit);
      return say(`less than ${worst}: beyond it a model may lose all that it knows`, meant(rule, limits));
    }
  }
}

/** The likely slip: a forgotten percent sign (4 for 4 %), or a percentage a hundred times too large (500 % for 5 %). */
function meant({ operator, threshold }: Rule, limits: Limits): string {
  const key = operator === 'no_more_sensitive_than' ? 'margin' : operator;
  if (operator === 'max') {
    const value = threshold / 100 < limits.ceiling ? threshold / 100 : limits.ceiling / 2;
    return `Did you mean ${short(value)}? Write: max: ${short(value)}`;
  }
  const percent = threshold > 0 && threshold / 100 < limits.relative ? threshold : 1;
  return `Did you mean ${short(percent)}%? Write: ${key}: ${short(percent)}%`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
