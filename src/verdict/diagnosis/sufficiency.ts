/** Could this alone explain the gap? Contrasts against shares of it, never a ratio: docs/diagnosis.md. */
import type { Acquittal } from '../../checks/evidence-check.js';
import { figure, percent, wholePercent } from '../../checks/measurement.js';
import type { OpenReason } from '../../checks/reason.js';
import { spelled } from '../../checks/reason-words.js';
import type { CheckId } from '../../documents/policy/policy.js';
import { holm } from '../../estimation/statistics/holm.js';
import { type Estimate, interval, violationPValue } from '../../estimation/statistics/noninferiority.js';
import { type Share, shareOf } from '../../estimation/statistics/share.js';
import { studentQuantile } from '../../estimation/statistics/student-t.js';
import type { Hypothesis, HypothesisVerdict } from './diagnosis.js';

/**
 * Explains at least this share of the gap: sufficient. At most that one: ruled out. Judgement of this project, after
 * methodology.
 */
export const SUFFICIENT = 0.8;
export const NEGLIGIBLE = 0.1;

/** The gap that a part is held against. */
export interface Whole {
  readonly ledger: 'prediction' | 'outcome';
  readonly estimate: Estimate;
  /** The reason for which nothing can be judged against it. */
  readonly open: OpenReason | undefined;
  /** The gap less a tenth of the gain that it is taken from: by its bound below 0, there is nothing to divide. */
  readonly beyond?: Estimate;
  /** Rows of the ledger, where more of them would settle what is open. */
  readonly rows?: number;
}

/**
 * The part of a gap that a hypothesis explains. Contrasts are estimates of part - ρ·gap, ρ = 0 being the part itself.
 */
export interface GapPart extends Acquittal {
  readonly id: CheckId;
  readonly whole: Whole;
  /** First-in, where columns tell it apart, else its contribution. */
  contrast(rho: number): Estimate;
  /** Last-in, where columns tell it apart. */
  readonly fix?: (rho: number) => Estimate;
  /** Shapley's value, where columns tell causes apart; along the path it is the contribution itself. */
  readonly shared?: (rho: number) => Estimate;
  readonly bound?: boolean;
  readonly approximate?: boolean;
  readonly excuse?: string;
  /** The evidence without which it is never shown to be enough alone. */
  readonly notAlone?: string;
  /** The evidence that would settle it, where that is not rows of the ledger. */
  readonly settle?: string;
}

/** The parts that Holm's procedure over all of them lets be called contributing, and sufficient. */
export interface Trial {
  readonly confidence: number;
  readonly contributing: ReadonlySet<CheckId>;
  readonly sufficient: ReadonlySet<CheckId>;
}

export function trialOf(parts: readonly GapPart[], confidence: number): Trial {
  const judgeable = parts.filter(({ whole }) => whole.open === undefined);
  const claimed = (rho: number) => {
    const rejected = holm(
      judgeable.map((part) => violationPValue(part.contrast(rho), { upper: 0 })),
      1 - confidence,
    );
    return new Set(judgeable.filter((_, i) => rejected[i]).map(({ id }) => id));
  };
  return { confidence, contributing: claimed(0), sufficient: claimed(SUFFICIENT) };
}

export type Judged = Pick<
  Hypothesis,
  'verdict' | 'ledger' | 'alone' | 'fix' | 'share' | 'lower' | 'upper' | 'why' | 'settle'
>;

/** @param facts what is said whatever its share is */
export function judged(part: GapPart, facts: readonly string[], trial: Trial): Judged {
  const { whole, fix } = part;
  const gap = whole.estimate;
  const shared = part.shared ?? part.contrast;
  const share = shareOf(shared(0), gap, shared, trial.confidence);
  const verdict = conclusionOn(part, trial);
  const known = verdict !== 'no_gap' && whole.open === undefined;
  const figures = { alone: part.contrast(0).value, fix: fix ? fix(0).value : null };
  const why = whole.open
    ? spelled(whole.open)
    : verdict === 'no_gap'
      ? noGapInWords(whole, trial.confidence)
      : shareInWords(verdict, share, part);
  return {
    verdict,
    ledger: whole.ledger,
    ...figures,
    share: known ? finite(share.share) : null,
    lower: known ? finite(share.lower) : null,
    upper: known ? finite(share.upper) : null,
    why: [why, ...facts, ...(known ? interaction(figures.alone, figures.fix, gap.value) : [])].join('; '),
    settle: verdict === 'inconclusive' ? settles(part, trial.confidence) : settlesMore(verdict, part),
  };
}

/** True where there is a clear gap, and more than one of a tenth of the gain. */
export function isGap(whole: Whole, confidence: number): boolean {
  return !isNegligible(whole, confidence) && interval(whole.estimate, confidence).lower > 0;
}

function isNegligible({ beyond }: Whole, confidence: number): boolean {
  return beyond !== undefined && interval(beyond, confidence).upper < 0;
}

function noGapInWords(whole: Whole, confidence: number): string {
  return isNegligible(whole, confidence)
    ? `the gap is less than ${percent(NEGLIGIBLE)} of the gain: there is nothing to explain`
    : 'there is no clear gap to explain';
}

function conclusionOn(part: GapPart, { confidence, contributing, sufficient }: Trial): HypothesisVerdict {
  const { whole, fix, innocent, approximate, bound, excuse, notAlone } = part;
  if (whole.open !== undefined) return 'inconclusive';
  if (!isGap(whole, confidence)) return 'no_gap';
  type Contrast = (rho: number) => Estimate;
  const both = (holds: (contrast: Contrast) => boolean) => holds(part.contrast) && (!fix || holds(fix));
  const small = (contrast: Contrast) =>
    interval(contrast(NEGLIGIBLE), confidence).upper < 0 && interval(contrast(-NEGLIGIBLE), confidence).lower > 0;
  // A cause that is real but negligible explains nothing, and one that hides a part of the gap explains none of it.
  const hides = (contrast: Contrast) => interval(contrast(0), confidence).upper < 0;
  if (both(small) || both(hides)) return innocent === false || approximate ? 'inconclusive' : 'ruled_out';
  if (!contributing.has(part.id) || excuse !== undefined) return 'inconclusive';
  return sufficient.has(part.id) && !bound && !approximate && notAlone === undefined ? 'sufficient' : 'contributing';
}

/** Of a cause that is found: the evidence that would show whether it is enough alone. */
function settlesMore(verdict: HypothesisVerdict, { notAlone = '', bound, settle = '' }: GapPart): string {
  if (verdict !== 'contributing') return '';
  // Two causes that share a step would be told apart.
  return bound ? settle : notAlone;
}

function shareInWords(
  verdict: HypothesisVerdict,
  { share, lower, upper }: Share,
  { innocent, bound, approximate, excuse, whole }: GapPart,
): string {
  const gap = whole.ledger === 'outcome' ? 'the outcome’s gap' : 'the gap';
  const shown =
    `${bound ? 'at most ' : approximate ? 'about ' : ''}${wholePercent(share)} of ${gap} ` +
    `[${wholePercent(lower)}, ${wholePercent(upper)}]`;
  switch (verdict) {
    case 'sufficient':
      return `alone it explains ${shown}, at least ${percent(SUFFICIENT)}`;
    case 'contributing':
      return (
        `it explains ${shown}: ${share < SUFFICIENT ? 'a part' : 'shown to explain some'}, not shown to be ` +
        'enough alone'
      );
    case 'ruled_out':
      return upper < 0 && lower < -NEGLIGIBLE
        ? `it explains none of ${gap}, and hides a part of it (${shown})`
        : `it explains ${shown}, less than ${percent(NEGLIGIBLE)} either way`;
    default:
      if (excuse !== undefined) return `${shown}, but ${excuse}`;
      return innocent === false && upper < NEGLIGIBLE
        ? `it explains ${shown}, but is not free of suspicion`
        : `${shown}: the data cannot tell`;
  }
}

/** First-in and last-in differ where causes need each other. */
function interaction(alone: number, fix: number | null, gap: number): string[] {
  if (fix === null || Math.abs(alone - fix) < NEGLIGIBLE * Math.abs(gap)) return [];
  return [
    `alone it explains ${wholePercent(alone / gap)}, and mending it alone wins back ` +
      `${wholePercent(fix / gap)}: it acts together with another cause`,
  ];
}

/** The standard error that would settle it, and about how many rows like these that takes. */
function settles(part: GapPart, confidence: number): string {
  const { whole, settle, innocent, acquits } = part;
  if (whole.open !== undefined) return 'a larger ledger';
  const gap = whole.estimate.value;
  const { value, standardError, df } = part.contrast(0);
  const room = value > NEGLIGIBLE * gap ? value : Math.min(NEGLIGIBLE * gap - value, value + NEGLIGIBLE * gap);
  const needed = Math.abs(room) / studentQuantile(confidence, df);
  const enough = !(needed > 0) || needed >= standardError;
  // Its size is settled, and something else speaks against it.
  if (innocent === false && acquits !== undefined) return acquits;
  const wanted = `a standard error of ${figure(needed)} in place of ${figure(standardError)}`;
  if (settle !== undefined) return enough ? settle : `${settle} (${wanted})`;
  if (enough) return `more rows: the evidence is borderline (standard error ${figure(standardError)})`;
  if (whole.rows === undefined) return wanted;
  const rows = whole.rows * (standardError / needed) ** 2;
  const magnitude = 10 ** Math.max(0, Math.floor(Math.log10(rows)) - 1);
  return `${wanted}: about ${(Math.ceil(rows / magnitude) * magnitude).toLocaleString('en-US')} rows like these`;
}

export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
