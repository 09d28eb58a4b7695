/** The agreement in sign of two quantities. */
import { normalQuantile } from './student-t.js';

export interface SignConcordance {
  /** Share of points whose x and y have the same sign; NaN without points. */
  readonly share: number;
  /** One-sided bounds at `confidence` on either side. */
  readonly lower: number;
  readonly upper: number;
  readonly points: number;
}

/**
 * The share of points whose two quantities agree in sign, with Wilson's interval (Wilson 1927). A value of exactly 0
 * agrees with nothing.
 *
 *     (p + z²/2n ± z √(p (1 - p)/n + z²/4n²)) / (1 + z²/n)
 *
 * @param x shape (n)
 * @param y shape (n)
 */
export function signConcordance(x: readonly number[], y: readonly number[], confidence: number): SignConcordance {
  if (x.length !== y.length) throw new Error('columns of different lengths');
  const n = x.length;
  if (n === 0) return { share: Number.NaN, lower: 0, upper: 1, points: 0 };
  let same = 0;
  for (let i = 0; i < n; i++) if ((x[i]! > 0 && y[i]! > 0) || (x[i]! < 0 && y[i]! < 0)) same++;
  const share = same / n;
  const z2 = normalQuantile(confidence) ** 2;
  const centre = share + z2 / (2 * n);
  const reach = Math.sqrt(z2 * ((share * (1 - share)) / n + z2 / (4 * n * n)));
  const whole = 1 + z2 / n;
  return {
    share,
    lower: same === 0 ? 0 : (centre - reach) / whole,
    upper: same === n ? 1 : (centre + reach) / whole,
    points: n,
  };
}
