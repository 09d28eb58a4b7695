/** Could this alone explain the gap? Contrasts against shares of it, never a ratio: docs/diagnosis.md. */
import type { CheckId } from '../policy/policy.js';
import { linear, type Statistic } from '../statistics/clustered.js';
import { holm } from '../statistics/holm.js';
import { interval, violationPValue } from '../statistics/noninferiority.js';
import { type Share, shareOf } from '../statistics/share.js';
import { studentQuantile } from '../statistics/student-t.js';
import type { Hypothesis, HypothesisVerdict } from './diagnosis.js';
import type { HypothesisSpec } from './hypotheses.js';
import type { Ledger } from './ledger.js';
import type { LedgerSums, Measured } from './ledger-sums.js';

/** Explains at least this share of the gap: sufficient. At most that one: ruled out. Judgement of this project, after methodology. */
export const SUFFICIENT = 0.8;
export const NEGLIGIBLE = 0.1;

/** Everything that the hypotheses of one ledger share. */
export interface Trial {
  readonly ledger: Ledger;
  readonly sums: LedgerSums;
  readonly confidence: number;
  /** Why the ledger can judge nothing; undefined if it can. */
  readonly open: string | undefined;
  /** Hypotheses that Holm's procedure lets be called contributing, and sufficient. */
  readonly contributing: ReadonlySet<CheckId>;
  readonly sufficient: ReadonlySet<CheckId>;
}

export function trialOf(
  ledger: Ledger,
  sums: LedgerSums,
  tested: readonly (Measured & { id: CheckId })[],
  confidence: number,
  open: string | undefined,
): Trial {
  const claimed = (rho: number) => {
    const pValues = tested.map(({ alone, contribution }) =>
      violationPValue(sums.contrast(alone ?? contribution, rho), { upper: 0 }),
    );
    const rejected = holm(pValues, 1 - confidence);
    return new Set(tested.filter((_, i) => rejected[i]).map(({ id }) => id));
  };
  return { ledger, sums, confidence, open, contributing: claimed(0), sufficient: claimed(SUFFICIENT) };
}

export function judged(
  spec: HypothesisSpec,
  { contribution, alone, fix }: Measured,
  trial: Trial,
): Omit<Hypothesis, 'id' | 'layer' | 'evidence'> {
  const { sums, ledger, confidence } = trial;
  const first = alone ?? contribution;
  const gap = sums.estimate(sums.gap);
  // Of two causes Shapley's value is the mean of first-in and last-in; along the path it is the contribution itself.
  const shared = alone && fix ? linear(0.5, alone, 0.5, fix) : first;
  const share = shareOf(sums.estimate(shared), gap, (rho) => sums.contrast(shared, rho), confidence);
  const verdict = verdictOf(spec, first, fix, trial);
  const known = verdict !== 'no_gap' && trial.open === undefined;
  const figures = { alone: sums.estimate(first).value, fix: fix ? sums.estimate(fix).value : null };
  const fact = spec.fact?.(ledger);
  const why = trial.open ?? reason(verdict, share, guilty(spec, ledger));
  return {
    ...figures,
    contribution: sums.estimate(contribution).value,
    share: known ? finite(share.share) : null,
    lower: known ? finite(share.lower) : null,
    upper: known ? finite(share.upper) : null,
    verdict,
    why: [
      why,
      ...(fact === undefined ? [] : [fact]),
      ...(known ? interaction(figures.alone, figures.fix, gap.value) : []),
    ].join('; '),
    settle: verdict === 'inconclusive' ? settles(spec, first, trial) : '',
  };
}

/** What else is asked of an innocent, and not given. */
function guilty(spec: HypothesisSpec, ledger: Ledger): boolean {
  return spec.innocent?.(ledger) === false;
}

function verdictOf(
  spec: HypothesisSpec,
  first: Statistic,
  fix: Statistic | undefined,
  { sums, ledger, confidence, open, contributing, sufficient }: Trial,
): HypothesisVerdict {
  if (open !== undefined) return 'inconclusive';
  if (!(interval(sums.estimate(sums.gap), confidence).lower > 0)) return 'no_gap';
  const within = (part: Statistic) => interval(sums.contrast(part, NEGLIGIBLE), confidence).upper < 0;
  const small = (part: Statistic) => within(part) && interval(sums.contrast(part, -NEGLIGIBLE), confidence).lower > 0;
  const both = (holds: (part: Statistic) => boolean) => holds(first) && (fix === undefined || holds(fix));
  // What is real but negligible explains nothing, and what hides a part of the gap explains none of it.
  const hides = (part: Statistic) => interval(sums.estimate(part), confidence).upper < 0;
  if (both(small) || both(hides)) return guilty(spec, ledger) ? 'inconclusive' : 'ruled_out';
  if (!contributing.has(spec.id)) return 'inconclusive';
  return sufficient.has(spec.id) ? 'sufficient' : 'contributing';
}

function reason(verdict: HypothesisVerdict, { share, lower, upper }: Share, convicted: boolean): string {
  const shown = `${percent(share)} of the gap [${percent(lower)}, ${percent(upper)}]`;
  switch (verdict) {
    case 'no_gap':
      return 'there is no clear gap to explain';
    case 'sufficient':
      return `alone it explains ${shown}, at least ${percent(SUFFICIENT)}`;
    case 'contributing':
      return `it explains ${shown}: a part, not shown to be enough alone`;
    case 'ruled_out':
      return upper < 0 && lower < -NEGLIGIBLE
        ? `it explains none of the gap, and hides a part of it (${shown})`
        : `it explains ${shown}, less than ${percent(NEGLIGIBLE)} either way`;
    default:
      return convicted && upper < NEGLIGIBLE
        ? `it explains ${shown}, but is not free of suspicion`
        : `${shown}: the data cannot tell`;
  }
}

/** First-in and last-in differ where causes need each other. */
function interaction(alone: number, fix: number | null, gap: number): string[] {
  if (fix === null || Math.abs(alone - fix) < NEGLIGIBLE * Math.abs(gap)) return [];
  return [
    `alone it explains ${percent(alone / gap)}, and mending it alone wins back ${percent(fix / gap)}: it acts together with another cause`,
  ];
}

/** The standard error that would settle it, and about how many rows like these that takes. */
function settles(spec: HypothesisSpec, part: Statistic, { ledger, sums, confidence, open }: Trial): string {
  if (open !== undefined) return 'a larger ledger';
  if (guilty(spec, ledger) && spec.acquits) return spec.acquits(ledger);
  const gap = sums.estimate(sums.gap).value;
  const { value, standardError, df } = sums.estimate(part);
  const room = value > NEGLIGIBLE * gap ? value : Math.min(NEGLIGIBLE * gap - value, value + NEGLIGIBLE * gap);
  const needed = Math.abs(room) / studentQuantile(confidence, df);
  if (!(needed > 0) || needed >= standardError)
    return `more rows: the evidence is borderline (standard error ${figure(standardError)})`;
  const rows = ledger.rows * (standardError / needed) ** 2;
  const magnitude = 10 ** Math.max(0, Math.floor(Math.log10(rows)) - 1);
  return `a standard error of ${figure(needed)} in place of ${figure(standardError)}: about ${(Math.ceil(rows / magnitude) * magnitude).toLocaleString('en-US')} rows like these`;
}

export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${Math.round(100 * share)} %`.replace('-', '−') : 'unbounded';
}

function figure(value: number): string {
  return String(Number(value.toPrecision(3)));
}
