/** The hypothesis that must be ruled out before a check's own cure is given: that could make things worse. */

import type { CheckReport } from '../../checks/check-report.js';
import { checkOf } from '../../checks/registry.js';
import type { CheckId } from '../../documents/policy/policy.js';
import type { Hypothesis, HypothesisVerdict } from '../diagnosis/diagnosis.js';

export interface First {
  readonly first: Pick<Hypothesis, 'id' | 'settle'>;
  readonly caution: string;
}

/** A hypothesis that may hold: it is found, or tested and open. */
const MAY_HOLD: readonly HypothesisVerdict[] = ['sufficient', 'contributing', 'inconclusive'];

/**
 * Undefined where the hypothesis before it is not asked for, not tested, or speaks for itself.
 *
 * @param checks reports of rules, which may fail, or stay open, on the same hypothesis
 */
export function firstOf(
  id: CheckId,
  hypotheses: readonly Hypothesis[],
  checks: readonly CheckReport[] = [],
): First | undefined {
  const { after } = checkOf(id);
  if (!after) return undefined;
  const first = hypotheses.find((one) => one.id === after.check && MAY_HOLD.includes(one.verdict));
  if (first) return { first, caution: after.caution };
  const judged = checks.some(({ check, verdict }) => check === after.check && verdict !== 'pass');
  return judged ? { first: { id: after.check, settle: '' }, caution: after.caution } : undefined;
}
