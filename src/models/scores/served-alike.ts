/** Finds served files that score every row as the exported ones do: nothing was quantised, whatever the tool said. */

import type { Side } from '../../data/checkpoints/checkpoint.js';
import type { TowerRelease } from '../../documents/release/release.js';
import { list, plural } from '../../lib/text.js';
import type { Sweep } from './sweep.js';

/**
 * A notice where the served live version gives every row the very score that the exported one gives it; empty where
 * some row differs.
 *
 * @param served the live version as it is served, swept at distance 0
 */
export function servedAlike(release: TowerRelease, served: TowerRelease, exported: Sweep, asServed: Sweep): string[] {
  const [one, other] = [exported, asServed].map(({ columns, current }) => columns[current.get(0) ?? -1]?.scores);
  if (!one || !other || one.length !== other.length || one.some((score, r) => score !== other[r])) return [];
  const files = (['query', 'item'] as const).flatMap((side: Side) => {
    const file = served.checkpoints[side].get(served.live);
    return file && file.path !== release.checkpoints[side].get(release.live)?.path ? [file.shown] : [];
  });
  return [
    `${list(files)}: all ${plural(one.length, 'row')} are scored exactly as with the exported ` +
      `${files.length === 1 ? 'file' : 'files'}, so that serving’s precision is not what is compared. ` +
      'Quantisers that ' +
      'know MatMul alone (4 bits) leave a Gemm as it is and write the graph unchanged.',
  ];
}
