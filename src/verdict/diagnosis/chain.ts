/**
 * The chain of the ledger's states, and what of it cannot be told apart: where a state is missing between two that are
 * there, one step holds several causes.
 */

import type { ExaminedEvidence } from '../../checks/pipeline.js';
import { startOf } from '../../checks/step.js';
import type { CheckId } from '../../documents/policy/policy.js';
import type { LedgerSums } from '../../estimation/ledger/ledger-sums.js';
import type { Statistic } from '../../estimation/tabulation/clustered.js';

/** The states after the first, each with the check whose step leads to it. */
const CHAIN: readonly (readonly [string, CheckId])[] = [
  ['s2', 'feature-parity'],
  ['s3', 'version-skew'],
  ['s4', 'precision-parity'],
  ['s5', 'checkpoint-identity'],
];

/** A step between two states that are there, over some that are not. */
export interface Span {
  readonly from: string;
  readonly to: string;
  /** The checks whose steps it holds, at least two. */
  readonly ids: readonly CheckId[];
  /** The columns that would tell them apart. */
  readonly missing: readonly string[];
  readonly step: Statistic;
}

/** Empty where every state is there, or none between the first and the last: then the gap itself is that step. */
export function spansOf(sums: LedgerSums): Span[] {
  const spans: Span[] = [];
  let from: string = startOf(sums);
  let [ids, missing]: [CheckId[], string[]] = [[], []];
  for (const [state, id] of CHAIN) {
    ids.push(id);
    if (!sums.has(state)) {
      missing.push(state);
      continue;
    }
    if (missing.length > 0 && ids.length < CHAIN.length)
      spans.push({ from, to: state, ids, missing, step: sums.stepOfGap(from, state) });
    [from, ids, missing] = [state, [], []];
  }
  return spans;
}

/**
 * The checks, after it is settled who carries a step that two of them look at. Where both find the same features there
 * is one finding: whoever carries it has no excuse.
 */
export function withoutDoubles(checks: ExaminedEvidence['checks']): ExaminedEvidence['checks'] {
  const settled = new Map(checks);
  for (const { effect } of checks.values()) {
    const within = effect.kind === 'step' ? effect.within : undefined;
    const carrier = within && checks.get(within.check);
    if (!within?.same || carrier?.effect.kind !== 'step') continue;
    const { excuse: _, ...convicts } = carrier.effect;
    settled.set(within.check, { ...carrier, effect: convicts });
  }
  return settled;
}

/** True where another check that was asked for carries this one's step. */
export function isCarried(id: CheckId, checks: ExaminedEvidence['checks']): boolean {
  const effect = checks.get(id)?.effect;
  const within = effect?.kind === 'step' ? effect.within : undefined;
  return within !== undefined && checks.get(within.check)?.effect.kind === 'step';
}
