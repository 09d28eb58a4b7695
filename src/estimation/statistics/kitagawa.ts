/**
 * The difference of two ratios, split into what comes of a different mix of segments and what of different ratios
 * within them.
 */
import { DataError } from '../../errors.js';
import { quoted } from '../../lib/text.js';

/** The two sums that a ratio is made of: spend and conversions, say. */
export interface Ratio {
  readonly numerator: number;
  readonly denominator: number;
}

export interface Segment {
  readonly name: string;
  readonly control: Ratio;
  readonly treatment: Ratio;
}

/**
 * `symmetric`: each term weighted by the mean of the arms. `control`: the mix at the control's ratios, the ratios at
 * the treatment's mix.
 */
export type Weighting = 'symmetric' | 'control';

export interface Decomposition {
  /** The arms' ratios over all segments. */
  readonly control: number;
  readonly treatment: number;
  /** treatment - control = mix + rate. */
  readonly difference: number;
  readonly mix: number;
  readonly rate: number;
  /**
   * The terms of both sums, in the order of the segments. A single mix term has no zero point of its own (a constant
   * taken off all ratios changes it, and not the sum).
   */
  readonly segments: readonly {
    readonly name: string;
    readonly mix: number;
    readonly rate: number;
    /** The arm in which the segment occurs, if it does in one alone. */
    readonly onlyIn?: 'control' | 'treatment';
  }[];
}

/**
 * With share_s = denominator_s / Σ denominator and rate_s = numerator_s / denominator_s of an arm, whose ratio is Σ
 * share_s rate_s:
 *
 *     symmetric   mix = Σ (share_T - share_C) (rate_C + rate_T)/2,   rate = Σ (share_C + share_T)/2 (rate_T - rate_C)
 *     control     mix = Σ (share_T - share_C) rate_C,                rate = Σ share_T (rate_T - rate_C)
 *
 * The first is Kitagawa's (1955), the second Oaxaca's (1973) and Blinder's (1973).
 *
 * A segment that is absent in one arm (numerator and denominator 0) has no ratio there: it takes the other arm's, so
 * that all of it counts as mix, and is marked `onlyIn`.
 *
 * @throws DataError (without a place: the caller knows the table) for an arm whose denominators sum to 0, a negative
 *   or infinite number, a segment named twice, and a segment with a numerator but no denominator, whose ratio is
 *   infinite (spend without conversions)
 */
export function kitagawa(segments: readonly Segment[], weighting: Weighting = 'symmetric'): Decomposition {
  requireRatios(segments);
  const totalC = totalOf(segments, 'control');
  const totalT = totalOf(segments, 'treatment');
  let mix = 0;
  let rate = 0;
  const terms = segments.map(({ name, control, treatment }) => {
    const shareC = control.denominator / totalC.denominator;
    const shareT = treatment.denominator / totalT.denominator;
    // 0/0 is NaN: absent in both arms, and so in neither sum.
    const own = {
      control: control.numerator / control.denominator,
      treatment: treatment.numerator / treatment.denominator,
    };
    const rateC = shareC > 0 ? own.control : shareT > 0 ? own.treatment : 0;
    const rateT = shareT > 0 ? own.treatment : rateC;
    const atRate = weighting === 'symmetric' ? (rateC + rateT) / 2 : rateC;
    const atShare = weighting === 'symmetric' ? (shareC + shareT) / 2 : shareT;
    const term = { name, mix: (shareT - shareC) * atRate, rate: atShare * (rateT - rateC) };
    mix += term.mix;
    rate += term.rate;
    if (shareC > 0 === shareT > 0) return term;
    return { ...term, onlyIn: shareC > 0 ? ('control' as const) : ('treatment' as const) };
  });
  const control = totalC.numerator / totalC.denominator;
  const treatment = totalT.numerator / totalT.denominator;
  return { control, treatment, difference: treatment - control, mix, rate, segments: terms };
}

function totalOf(segments: readonly Segment[], arm: 'control' | 'treatment'): Ratio {
  let numerator = 0;
  let denominator = 0;
  for (const segment of segments) {
    numerator += segment[arm].numerator;
    denominator += segment[arm].denominator;
  }
  if (!(denominator > 0))
    throw new DataError([
      { found: `denominators of ${arm} that sum to ${denominator}`, expected: 'a sum above 0 in either arm' },
    ]);
  return { numerator, denominator };
}

function requireRatios(segments: readonly Segment[]): void {
  const seen = new Set<string>();
  for (const segment of segments) {
    const name = quoted(segment.name);
    if (seen.has(segment.name))
      throw new DataError([{ found: `segment ${name} twice`, expected: 'each segment once' }]);
    seen.add(segment.name);
    for (const arm of ['control', 'treatment'] as const) {
      const { numerator, denominator } = segment[arm];
      for (const value of [numerator, denominator])
        if (!(value >= 0 && Number.isFinite(value)))
          throw new DataError([
            { found: `${value} in ${arm} of segment ${name}`, expected: 'a finite number, 0 or above' },
          ]);
      if (denominator === 0 && numerator > 0)
        throw new DataError([
          {
            found: `${numerator} over 0 in ${arm} of segment ${name}`,
            expected: 'a denominator above 0 wherever the numerator is',
            mend: 'Merge the segment with another.',
          },
        ]);
    }
  }
}
