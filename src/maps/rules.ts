/**
 * The policy's rules with a map and without it, at its distance: every rule that a pair of versions can keep or break,
 * on every slice that it names, as if the whole index were of the older version. Each by its own interval, without
 * Holm's correction over a run.
 */

import { cutBy } from '../checks/version-skew/cell-names.js';
import { isRelative } from '../checks/version-skew/families.js';
import { boundsOf } from '../checks/version-skew/judge.js';
import { judgesLevel } from '../checks/version-skew/merit.js';
import type { Slice } from '../data/evalset/cells.js';
import type { Operator, Rule } from '../documents/policy/policy.js';
import {
  interval,
  type Judgement,
  judge,
  unjudgeable,
  violationInterval,
} from '../estimation/statistics/noninferiority.js';
import { lookUp } from '../lib/lookup.js';
import type { Rung } from '../models/drift/maps.js';
import type { MeasuredMaps } from './measure.js';
import type { Difference } from './repairs.js';

/** A rule's statistic on one slice, and what it decides. `change` is the value itself of a rule on a level. */
export interface Held extends Difference {
  readonly verdict: Judgement['verdict'];
}

export interface HeldRule {
  readonly rule: Rule;
  readonly slice: Slice;
  readonly unmapped: Held;
  readonly mapped: Held;
}

/** Operators that hold a family against another, which a map between two versions leaves as they are. */
const OF_FAMILIES: readonly Operator[] = ['no_more_sensitive_than', 'min_retained_gain'];

/** Every rule on each of its slices, in the order of the policy; empty where no rule is of this distance. */
export function heldRules(measured: MeasuredMaps, kind: Rung): HeldRule[] {
  const { policy, behind, cells, states } = measured;
  const rules = policy.versionSkew.rules.filter(
    ({ claim, operator, at }) =>
      claim === 'checkpoint' && !OF_FAMILIES.includes(operator) && (typeof at === 'string' || at.includes(behind)),
  );
  const mapped = lookUp(states.mapped, kind, 'state');
  return rules.flatMap((rule) =>
    rule.slices.flatMap((columns) => {
      const { first, slices } = cutBy(cells, columns);
      return slices.map((slice, i) => ({
        rule,
        slice,
        unmapped: heldAt(measured, rule, first + i, states.skewed),
        mapped: heldAt(measured, rule, first + i, mapped),
      }));
    }),
  );
}

function heldAt({ policy, tabulation }: MeasuredMaps, rule: Rule, cell: number, state: number): Held {
  const { confidence } = policy.versionSkew;
  const estimate = judgesLevel(rule)
    ? tabulation.level(rule.metric, cell, state)
    : tabulation.change(rule.metric, cell, state, isRelative(rule));
  const open =
    unjudgeable(estimate, tabulation.evidence(rule.metric, cell), 0, 0) ??
    tabulation.meaningless(rule.metric, cell, state);
  const verdict = open === undefined ? judge(estimate, boundsOf(rule), confidence, true).verdict : 'inconclusive';
  // The bounds that decided, as a run's finding has them.
  const { lower, upper } = (verdict === 'fail' ? violationInterval : interval)(estimate, confidence);
  return { change: estimate.value, lower, upper, verdict };
}
