/** Versions that score alike: with columns of scores nothing else tells that two versions are the same. */
import { lookUp } from '../../lib/lookup.js';
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
  const displacementOf = (newer: number, older: number) => {
    const [a, b] = [scoresAt(older), scoresAt(newer)];
    return a && b && displacementOfScores(a, b);
  };
  return alikeBy(comparedDistances(current.keys()), displacementOf, named);
}

/**
 * The same of scores whose displacements were computed elsewhere.
 *
 * @param displacement of two distances, the newer one first; undefined where it is not known
 */
export function alikeDisplaced(
  distances: Iterable<number>,
  displacement: (newer: number, older: number) => number | undefined,
  named: (k: number) => { readonly version: string; readonly column: string },
): Alike[] {
  const within = (newer: number, older: number) => {
    const found = displacement(newer, older);
    return found !== undefined && found <= ALIKE ? found : undefined;
  };
  return alikeBy(comparedDistances(distances), within, named);
}

/**
 * Item versions among themselves; query versions with the live one alone, as distances of theirs are against it. The
 * newer one comes first.
 */
function comparedDistances(distances: Iterable<number>): (readonly [newer: number, older: number])[] {
  const all = [...distances];
  const pairs = all.flatMap((a) => all.map((b) => [a, b] as const));
  return pairs.filter(([newer, older]) => (newer >= 0 && older > newer) || (newer === 0 && older < 0));
}

function alikeBy(
  pairs: readonly (readonly [newer: number, older: number])[],
  displacementOf: (newer: number, older: number) => number | undefined,
  named: (k: number) => { readonly version: string; readonly column: string },
): Alike[] {
  return pairs.flatMap(([newer, older]): Alike[] => {
    const displacement = displacementOf(newer, older);
    if (displacement === undefined) return [];
    const [one, other] = [named(newer), named(older)];
    return [
      {
        side: older > newer ? 'item' : 'query',
        versions: [newer, Math.abs(older)],
        names: [one.version, other.version],
        shown: [one.column, other.column],
        by: 'scores',
        displacement,
      },
    ];
  });
}

/** The same of rows that come in parts: moments of every column, and of every pair of them, add up. */
export class AlikeParts {
  private rows = 0;
  private readonly mean = new Map<number, number>();
  /** Σ(b - mean b)² by distance, and Σ(a - b)² by pair. */
  private readonly spread = new Map<number, number>();
  private readonly apart = new Map<string, number>();
  private pairs: ReturnType<typeof comparedDistances> = [];

  /** @param current as of `alikeScores` */
  add(columns: readonly ScoreColumn[], current: ReadonlyMap<number, number>): void {
    // A part that no row fell to has no mean: it would leave none of any other.
    if ((columns[0]?.scores.length ?? 0) === 0) return;
    const scoresAt = (k: number) => columns[lookUp(current, k, 'column')]!.scores;
    this.pairs = comparedDistances(current.keys());
    for (const k of current.keys()) this.addMoments(k, scoresAt(k));
    for (const [newer, older] of this.pairs) {
      const [a, b] = [scoresAt(older), scoresAt(newer)];
      let apart = 0;
      for (let r = 0; r < b.length; r++) apart += (a[r]! - b[r]!) ** 2;
      const key = `${newer}:${older}`;
      this.apart.set(key, (this.apart.get(key) ?? 0) + apart);
    }
    this.rows += scoresAt(0).length;
  }

  /** Means and spreads of two sets of rows together: Chan, Golub & LeVeque 1983. */
  private addMoments(k: number, scores: Float64Array): void {
    const n = scores.length;
    let mean = 0;
    for (let r = 0; r < n; r++) mean += scores[r]! / n;
    let spread = 0;
    for (let r = 0; r < n; r++) spread += (scores[r]! - mean) ** 2;
    const before = this.mean.get(k) ?? 0;
    const all = this.rows + n;
    this.mean.set(k, before + ((mean - before) * n) / all);
    this.spread.set(k, (this.spread.get(k) ?? 0) + spread + ((mean - before) ** 2 * this.rows * n) / all);
  }

  alike(named: (k: number) => { readonly version: string; readonly column: string }): Alike[] {
    const displacementOf = (newer: number, older: number) => {
      const apart = lookUp(this.apart, `${newer}:${older}`, 'column');
      const spread = lookUp(this.spread, newer, 'column');
      if (apart === 0) return 0;
      return apart < Infinity && apart <= ALIKE ** 2 * spread ? Math.sqrt(apart / spread) : undefined;
    };
    return alikeBy(this.pairs, displacementOf, named);
  }
}

/**
 * sqrt(Σ(a-b)² / Σ(b-mean b)²): against the spread of the scores, as an offset that both have tells no item apart.
 * Undefined where it is above ALIKE, and where squares are beyond all numbers.
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
    if (!(apart <= most && apart < Infinity)) return undefined;
  }
  return apart === 0 ? 0 : Math.sqrt(apart / spread);
}
