/** Reasons beside shares: why one is more than the whole, and which column would tell parts apart. */

import { wholePercent } from '../../checks/measurement.js';
import { checkOf } from '../../checks/registry.js';
import type { CheckId } from '../../documents/policy/policy.js';
import type { LedgerSums } from '../../estimation/ledger/ledger-sums.js';
import { list } from '../../lib/text.js';
import { type Span, spansOf } from './chain.js';
import type { Unconcluded } from './conclusion.js';
import type { Bounded, OutcomeGap, PredictionGap } from './diagnosis.js';
import { NEGLIGIBLE } from './sufficiency.js';

/** A share that is written as 101 % or more. */
const BEYOND = 1.005;
/** A share that is written as 1 % or more. */
const SHOWN = 0.005;

/** Gaps that are known, with what of each nobody explains. */
export interface Wholes {
  readonly gap: PredictionGap | undefined;
  readonly residual: Bounded | undefined;
  readonly outcome: OutcomeGap | undefined;
}

/** Every hypothesis with the reasons that its share needs. */
export function withReasons(
  hypotheses: readonly Unconcluded[],
  wholes: Wholes,
  sums: LedgerSums | undefined,
): Unconcluded[] {
  const { gap } = wholes;
  const spans = sums && gap && gap.open === undefined && gap.lower > 0 ? spansOf(sums) : [];
  const together = overlapOf(hypotheses, wholes);
  return hypotheses.map((hypothesis) => {
    const span = hypothesis.share === null ? spans.find(({ ids }) => ids.includes(hypothesis.id)) : undefined;
    const told = span && gap ? withSpan(hypothesis, span, gap) : hypothesis;
    const reasons = [beyondWhole(hypothesis, hypotheses, wholes), together.get(hypothesis.id)];
    return { ...told, why: [told.why, ...reasons.filter((reason) => reason !== undefined)].join('; ') };
  });
}

/** The step that holds it with others is said, and what would tell them apart. */
function withSpan(hypothesis: Unconcluded, { from, to, ids, missing, step }: Span, gap: PredictionGap): Unconcluded {
  const others = list(ids.filter((id) => id !== hypothesis.id));
  const columns = `the ${missing.length === 1 ? 'column' : 'columns'} ${list(missing)} of the ledger`;
  return {
    ...hypothesis,
    why:
      `${hypothesis.why}; the step ${from} → ${to} holds it together with ${others}: ` +
      `${wholePercent(step.value / gap.value)} of the gap`,
    settle: `${columns}, which would tell ${list(ids)} apart`,
  };
}

/** The reason for which a share is more than all of its gap; undefined where it is not. */
function beyondWhole(
  { id, share, ledger, verdict }: Unconcluded,
  all: readonly Unconcluded[],
  { gap, residual, outcome }: Wholes,
): string | undefined {
  if (share === null || share < BEYOND || verdict === 'ruled_out' || verdict === 'no_gap') return undefined;
  const whole = ledger === 'outcome' ? outcome : gap;
  const rest = ledger === 'outcome' ? outcome?.residual : residual;
  if (!whole) return undefined;
  if (ledger === 'prediction' && checkOf(id).telescopes !== true)
    return 'more than the whole, as it is no step: steps of the gap hold the same loss';
  const hiding = all
    .filter((other) => other.id !== id && other.ledger === ledger && (other.share ?? 0) < -SHOWN)
    .filter((other) => ledger === 'outcome' || checkOf(other.id).telescopes === true)
    .map((other) => `${other.id} (${wholePercent(other.share ?? 0)})`);
  const untested = rest && rest.value / whole.value < -SHOWN ? rest.value / whole.value : undefined;
  const hides = [
    ...hiding,
    ...(untested === undefined ? [] : [`what no tested step explains (${wholePercent(untested)})`]),
  ];
  return hides.length > 0
    ? `more than the whole, as a part of the gap is hidden by ${list(hides)}`
    : 'more than the whole, as it overlaps with other causes';
}

/** Causes that were switched on one by one, and explain more alone than there is. */
function overlapOf(hypotheses: readonly Unconcluded[], { gap }: Wholes): ReadonlyMap<CheckId, string> {
  const toggled = hypotheses.filter(({ fix, alone, share }) => fix !== null && alone !== null && share !== null);
  if (!gap || toggled.length < 2) return new Map();
  const sum = toggled.reduce((total, { alone }) => total + (alone ?? 0), 0) / gap.value;
  if (!(sum > 1 + NEGLIGIBLE)) return new Map();
  const named = list(toggled.map(({ id, alone }) => `${id} ${wholePercent((alone ?? 0) / gap.value)}`));
  return new Map(
    toggled.map(({ id }) => [id, `causes act together: alone they explain ${named}, more than the whole`] as const),
  );
}
