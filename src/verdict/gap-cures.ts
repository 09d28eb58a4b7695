/** A diagnosis → what to do about it, the first first. */

import { checkOf } from '../checks/registry.js';
import type { CheckId } from '../documents/policy/policy.js';
import type { Cure } from './cures/cure.js';
import { firstOf } from './diagnosis/deferral.js';
import { type Diagnosis, type Hypothesis, isFound, type LayerVerdict } from './diagnosis/diagnosis.js';
import type { OverallVerdict } from './report-object.js';
import type { Unserved } from './unserved.js';

/** The answer of a ledger to whether the gain is kept, as decide-gap.ts reads it. */
export type ReadingKind = 'unjudgeable' | 'kept' | 'lost' | 'no_gain' | 'unclear';

/**
 * The causes that are found and those whose evidence asks for something, by their share; then what speaks against the
 * offline gain besides, and the first step to what is open. Where none of the gain is clearly lost, it comes before
 * all of these that few clusters carry it, or may, and that it is not on the rows that were served.
 */
export function gapCures(
  { hypotheses, layers, next }: Diagnosis,
  verdict: OverallVerdict,
  kind: ReadingKind,
  unserved: Unserved | undefined,
): Cure[] {
  const mirage = distrust(layers)?.checks ?? [];
  // Of a gain that is lost, causes have shares to go by.
  const few = ({ id }: Pick<Hypothesis, 'id'>) => id === FEW && kind !== 'lost' && mirage.includes(FEW);
  const found = hypotheses
    .filter((one) => isFound(one) || (one.cure !== undefined && one.verdict === 'inconclusive'))
    // Shares of two gaps are not compared.
    .toSorted((a, b) => Number(few(b)) - Number(few(a)) || rank(a) - rank(b) || (b.share ?? 0) - (a.share ?? 0));
  const causes = found.flatMap((hypothesis) => causeCure(hypothesis, hypotheses, found));
  const besides = mirage.filter((id) => !found.some((one) => one.id === id));
  const ofGain = verdict === 'ready' || kind === 'unjudgeable' ? [] : gainCures(layers, kind, unserved);
  return [
    ...(kind === 'lost' ? [] : ofGain),
    ...besides.filter((id) => few({ id })).map(trustCure),
    ...causes,
    ...(kind === 'lost' ? ofGain : []),
    ...besides.filter((id) => !few({ id })).map(trustCure),
    ...(verdict === 'ready' ? [] : firstStep(next)),
  ];
}

/** The check whose doubt is that few clusters carry the gain. */
const FEW = 'outlier-domination';

/** Cures of what speaks against the gain offline, and is neither a cause nor decided. */
function gainCures(layers: Diagnosis['layers'], kind: ReadingKind, unserved: Unserved | undefined): Cure[] {
  const doubted = layers.some(({ layer, verdict, checks }) => layer === 1 && verdict === 'open' && checks[0] === FEW);
  return [
    ...(unserved ? [{ kind: 'unserved' as const, unserved }] : []),
    ...(doubted && (kind === 'kept' || kind === 'unclear') ? [{ kind: 'few_may_carry' as const }] : []),
  ];
}

/** The first step to what would settle the hypotheses that are open. */
export function firstStep(next: Diagnosis['next']): Cure[] {
  const [step] = next;
  return step ? [{ kind: 'first_step', step, of: next.length }] : [];
}

/** The cure of a cause, or what comes before it. Evidence that asks for the same of several is said once. */
function causeCure(hypothesis: Hypothesis, all: readonly Hypothesis[], shown: readonly Hypothesis[]): Cure[] {
  const { cure } = hypothesis;
  if (cure) {
    const alike = shown.filter((one) => one.cure?.why === cure.why);
    return alike[0] === hypothesis ? [{ kind: 'found_cure', cure, hypotheses: alike }] : [];
  }
  const first = firstOf(hypothesis, all);
  return [first ? { kind: 'cause_after', hypothesis, ...first } : { kind: 'cause', hypothesis }];
}

/** The cure of a check that says no to the offline gain. */
export function trustCure(id: CheckId): Extract<Cure, { kind: 'of_check' }> {
  return { kind: 'of_check', check: id, cure: checkOf(id).cure, action: 'gather_evidence' };
}

/** Layer 1 where it says that the offline gain cannot be trusted. */
export function distrust(layers: Diagnosis['layers']): LayerVerdict | undefined {
  return layers.find(({ layer, verdict }) => layer === 1 && verdict === 'no');
}

/** Shares of the ledger's gap, then of the online metric's, then what has none. */
function rank({ ledger }: Hypothesis): number {
  return ledger === 'prediction' ? 0 : ledger === 'outcome' ? 1 : 2;
}
