/** Log losses that are cut off: a few are rounding, many are scores that are no logits. */
import { DataError, type Place } from '../../errors.js';
import type { Clipped } from '../state/summed-state.js';

/** Share of the rows that may be cut off at a pair of versions. */
const MAX_SHARE = 0.001;

/**
 * Refuses predictions of 0 or 1 on the wrong side of their label, where they are more than a few.
 *
 * @param rows all rows of the run: a shard alone says nothing of its share
 */
export function refuseClippedScores(clipped: readonly Clipped[], rows: number, place?: Place): void {
  const worst = clipped.find((one) => one.rows > rows * MAX_SHARE);
  if (!worst) return;
  throw new DataError([
    {
      ...(place ? { place } : {}),
      found: `${worst.rows} of ${rows} predictions within 1e-7 of 0 or 1 on the wrong side of their label`,
      expected: 'at most 0.1 % of the rows, as their log loss is cut off',
      mend: 'Export logits and write: score: {link: sigmoid}',
    },
  ]);
}
