/** The merit of a rule: one that a model without skill would keep is no evidence. */

import { comparesFamilies, judgesValue, type Rule, traitsOf } from '../../documents/policy/policy.js';
import type { Metric } from '../../estimation/metrics/metric.js';
import { ALL_ROWS } from './cell-names.js';
import { isRelative } from './families.js';
import type { Measured } from './judge.js';
import { marginOf } from './margins.js';
import { metricOf, requiredRules } from './plan.js';
import { stateAt } from './states.js';

/** Tells whether a rule judges the value itself, not its change. */
export function judgesLevel(rule: Rule): boolean {
  return judgesValue(rule.operator);
}

/**
 * The required rules of skew, where a model that knows nothing would keep every one of them: none can fail. Else none;
 * a single such rule is said (`ruleNotices`), as another may judge. A floor at distance 0 is no such other, as it says
 * nothing of skew; it is asked itself where nothing else is required.
 */
export function rulesThatCannotFail(measured: Measured): Rule[] {
  const required = requiredRules(measured.policy, measured.plan);
  const ofSkew = required.filter(judgesSkew);
  const judging = ofSkew.length > 0 ? ofSkew : required;
  return judging.every((rule) => allowsNoSkill(rule, measured) !== undefined) ? judging : [];
}

/**
 * The value that a model without skill has of a rule's metric over all rows, where the rule's margin or level allows
 * it: such a model would pass. Undefined where it allows less, or nothing is known.
 */
export function allowsNoSkill(rule: Rule, measured: Measured): number | undefined {
  const { tabulation, families, skill } = measured;
  if (comparesFamilies(rule.operator)) return undefined;
  const better = directionOf(rule, measured);
  const chance = skill.chance(rule.metric, ALL_ROWS);
  const zero = tabulation.value(rule.metric, ALL_ROWS, stateAt(families.candidate.current, 0));
  if (chance === undefined || better === 'neither' || !skill.of(rule.metric, ALL_ROWS).shown) return undefined;
  if (isOneWay(rule) && !guards(rule, better)) return chance;
  // A level that is chance itself is a rule: a bound must clear it.
  if (judgesLevel(rule))
    return (better === 'lower' ? rule.threshold > chance : rule.threshold < chance) ? chance : undefined;
  const allowed = isRelative(rule) ? rule.threshold * Math.abs(zero) : marginOf(rule);
  return (better === 'lower' ? zero + allowed >= chance : zero - allowed <= chance) ? chance : undefined;
}

function directionOf({ metric }: Rule, { plan }: Measured): Metric['better'] {
  return metricOf(plan, metric).metric.better;
}

/** Tells whether a rule looks at other distances than 0. */
function judgesSkew({ at }: Rule): boolean {
  return typeof at === 'string' || at.some((k) => k !== 0);
}

function isOneWay({ operator }: Rule): boolean {
  const { against } = traitsOf(operator);
  return against === 'rise' || against === 'fall';
}

/** Tells whether a rule that looks one way looks the way in which the metric gets worse. */
function guards({ operator }: Rule, better: Metric['better']): boolean {
  return (traitsOf(operator).against === 'rise') === (better === 'lower');
}
