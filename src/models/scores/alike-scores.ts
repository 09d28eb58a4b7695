/** Versions that score alike: with columns of scores nothing else tells that two versions are the same. */
import { ALIKE, type Alike } from '../drift/alike.js';
import type { ScoreColumn } from './score-column.js';

/**
 * Pairs of item versions whose scores with the live query version are the same, and query versions that score the live
 * items as the live one does.
 *
 * @param current  by distance: the index of its column
 * @param named    the version and the column at a distance
 */
export function alikeScores(
  columns: readonly ScoreColumn[],
  current: ReadonlyMap<number, number>,
  named: (k: number) => { readonly version: string; readonly column: string },
): Alike[] {
  const scoresAt = (k: number) => columns[current.get(k) ?? -1]?.scores;
  const pairs = [...current.keys()].flatMap((a) => [...current.keys()].map((b): [number, number] => [a, b]));
  return pairs.flatMap(([newer, older]): Alike[] => {
    // Item versions among themselves; query versions with the live one alone, as distances of theirs are against it.
    const ofItems = newer >= 0 && older > newer;
    if (!ofItems && !(newer === 0 && older < 0)) return [];
    const [a, b] = [scoresAt(older), scoresAt(newer)];
    const displacement = a && b && displacementOfScores(a, b);
    if (displacement === undefined) return [];
    const [one, other] = [named(newer), named(older)];
    return [
      {
        side: ofItems ? 'item' : 'query',
        versions: [newer, Math.abs(older)],
        names: [one.version, other.version],
        shown: [one.column, other.column],
        by: 'scores',
        displacement,
      },
    ];
  });
}

/**
 * sqrt(Σ(a-b)² / Σ(b-mean b)²): against the spread of the scores, as an offset that both have tells no item apart.
 * Undefined where it is above ALIKE.
 */
export function displacementOfScores(a: Float64Array, b: Float64Array): number | undefined {
  let mean = 0;
  for (let r = 0; r < b.length; r++) mean += b[r]! / b.length;
  let spread = 0;
  for (let r = 0; r < b.length; r++) spread += (b[r]! - mean) ** 2;
  const most = ALIKE ** 2 * spread;
  let apart = 0;
  for (let r = 0; r < b.length; r++) {
    apart += (a[r]! - b[r]!) ** 2;
    if (!(apart <= most)) return undefined;
  }
  return apart === 0 ? 0 : Math.sqrt(apart / spread);
}
