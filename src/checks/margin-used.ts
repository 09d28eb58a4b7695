/** The part of its allowance that a finding uses, in the direction in which its rule forbids to move. */
import { CALIBRATION } from '../estimation/metrics/calibration.js';
import type { Finding } from './check-report.js';

/** In margins: 0 is as at distance 0, 1 is at the margin, below 0 is better than that. NaN where nothing is known. */
export interface MarginUsed {
  readonly value: number;
  /** The same of the bounds, the less harmful one first. */
  readonly least: number;
  readonly most: number;
}

/**
 * A change is divided by its margin, with the sign that its operator forbids; a two-sided one by its size. A value is
 * measured from what is best (1 for a share with a floor and for a calibration, 0 for a cost with a ceiling) to its
 * bound, and where nothing is best by how much it exceeds the bound over the size of the bound. Of a gain it is the
 * share that is lost over the share that may be.
 */
export function marginUsed(finding: Finding): MarginUsed {
  const { change, lower, upper, value } = finding;
  const used = (figure: number) => usedBy(finding, figure);
  const ends = [used(lower), used(upper)];
  const level = finding.judged === 'value' ? value : change;
  const inside = finding.operator === 'max_change' && lower < 0 && upper > 0;
  return {
    value: used(level),
    least: inside ? 0 : Math.min(...ends),
    most: Math.max(...ends),
  };
}

function usedBy(finding: Finding, figure: number): number {
  const { operator, margin } = finding;
  const room = Math.max(Math.abs(margin), Number.MIN_VALUE);
  const best = bestOf(finding);
  if (best !== undefined) return (figure - best) / (margin - best);
  switch (operator) {
    case 'max_increase':
    case 'no_more_sensitive_than':
      return figure / room;
    case 'max_decrease':
      return -figure / room;
    case 'max_change':
      return Math.abs(figure) / room;
    case 'max':
      return 1 + (figure - margin) / room;
    case 'min':
      return 1 + (margin - figure) / room;
    case 'min_retained_gain':
      return (1 - figure) / Math.max(1 - margin, Number.MIN_VALUE);
  }
}

/** The formula by which `marginUsed` reckons, and the meaning of its 0 where that is one thing. */
export interface Reckoned {
  readonly formula: string;
  readonly zero?: string;
}

export function reckonedBy(finding: Pick<Finding, 'metric' | 'operator' | 'margin'>): Reckoned {
  const best = bestOf(finding);
  if (best !== undefined) {
    const { operator } = finding;
    const formula =
      best === 0
        ? `value / ${operator}`
        : operator === 'min'
          ? '(1 − value) / (1 − min)'
          : `(value − 1) / (${operator} − 1)`;
    return { formula, zero: 'the best value there is' };
  }
  switch (finding.operator) {
    case 'max_increase':
    case 'no_more_sensitive_than':
    case 'max_decrease':
    case 'max_change':
      return { formula: 'change / margin', zero: 'as at distance 0' };
    case 'max':
      return { formula: '1 + (value − max) / |max|' };
    case 'min':
      return { formula: '1 + (min − value) / |min|' };
    case 'min_retained_gain':
      return { formula: '(1 − share left) / (1 − share that must be)', zero: 'the whole gain' };
  }
}

/** The best value that a bounded one may have, on the allowed side of its bound; undefined where none is known. */
function bestOf({ metric, operator, margin }: Pick<Finding, 'metric' | 'operator' | 'margin'>): number | undefined {
  if (operator === 'min') return margin > 0 && margin < 1 ? 1 : undefined;
  if (operator !== 'max') return undefined;
  if (metric === CALIBRATION) return margin > 1 ? 1 : undefined;
  return margin > 0 ? 0 : undefined;
}
