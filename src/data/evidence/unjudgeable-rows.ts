/** Labels and predictions of which a loss would tell nothing. */

import { DataError } from '../../errors.js';
import { CLIP } from '../../lib/log-loss.js';
import { quoted } from '../../lib/text.js';

/** Of one class nothing can be told. */
export function refuseOneClass(label: Float64Array, file: string): void {
  if (label.length > 1 && label.every((y) => y === label[0]))
    throw new DataError([
      { place: { file }, found: `labels that are all ${label[0]}`, expected: 'positives and negatives' },
    ]);
}

/** A loss that is cut off in more than 0.1 % of the rows is the cut's, not the model's. */
export function refuseClipped(p: Float64Array, label: Float64Array, name: string, file: string): void {
  let clipped = 0;
  for (let r = 0; r < p.length; r++)
    if ((p[r]! < CLIP && label[r]! > 0) || (p[r]! > 1 - CLIP && label[r]! < 1)) clipped++;
  if (clipped > 0.001 * p.length)
    throw new DataError([
      {
        place: { file },
        found:
          `${clipped} of ${p.length} predictions of ${quoted(name)} within 1e-7 of 0 or 1 on the wrong side of ` +
          'their label',
        expected: 'at most 0.1 % of the rows, as their log loss is cut off',
      },
    ]);
}
