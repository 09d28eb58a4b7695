/** Plans the pairs of versions that a sweep scores. */

/** A pair of tower versions, as steps behind live. */
export interface VersionPair {
  readonly query: number;
  readonly item: number;
}

/** The first and the last distance of a sweep. */
export interface SweptRange {
  readonly from: number;
  readonly to: number;
}

/** The distances of a sweep, ascending. Distance 0 is measured in any case: every change is against it. */
export function distancesOf({ from, to }: SweptRange): number[] {
  const distances: number[] = [];
  for (let k = Math.min(from, 0); k <= Math.max(to, 0); k++) if (k === 0 || (k >= from && k <= to)) distances.push(k);
  return distances;
}

/** The pairs, each once, and which of them stands for what. */
export interface PairPlan {
  readonly pairs: readonly VersionPair[];
  /** Distances from … to, ascending; 0 is always among them. */
  readonly distances: readonly number[];
  /** By distance: the index of M[X, X-k], and of M[X-|k|, X-|k|] where there is one. */
  readonly current: ReadonlyMap<number, number>;
  readonly alignedOld: ReadonlyMap<number, number>;
  /** Of every anchor X, X-1, …: the index of M[X-a, X-a-k] by distance k ≥ 0. */
  readonly anchors: readonly ReadonlyMap<number, number>[];
}

/**
 * Plans M[X, X-k], M[X-|k|, X], M[X-|k|, X-|k|] where there is one, and M[X-a, X-a-k] for every anchor.
 *
 * @param hasAged says of an age above 0 whether M[X-age, X-age] can be scored
 * @param range   the distances that are swept, and how many live versions
 */
export function planPairs(
  hasAged: (age: number) => boolean,
  { anchors: count, ...range }: SweptRange & { readonly anchors: number },
): PairPlan {
  const pairs: VersionPair[] = [];
  const indexOf = (query: number, item: number): number => {
    const found = pairs.findIndex((pair) => pair.query === query && pair.item === item);
    return found >= 0 ? found : pairs.push({ query, item }) - 1;
  };
  const distances = distancesOf(range);
  const current = new Map<number, number>();
  const alignedOld = new Map<number, number>();
  for (const k of distances) {
    current.set(k, k >= 0 ? indexOf(0, k) : indexOf(-k, 0));
    const age = Math.abs(k);
    if (age === 0 || hasAged(age)) alignedOld.set(k, indexOf(age, age));
  }
  const anchors = Array.from(
    { length: count },
    (_, a) => new Map(distances.filter((k) => k >= 0).map((k) => [k, indexOf(a, a + k)])),
  );
  return { pairs, distances, current, alignedOld, anchors };
}
