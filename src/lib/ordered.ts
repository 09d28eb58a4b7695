/** Counting in ascending numbers, by halves. */

/** Counts those that are less than x. */
export function countBelow(ascending: Float64Array, x: number): number {
  return countWhile(ascending, (value) => value < x);
}

/** Counts those that are at most x. */
export function countThrough(ascending: Float64Array, x: number): number {
  return countWhile(ascending, (value) => value <= x);
}

/** The length of the beginning of which a condition holds that holds of nothing after it. */
function countWhile(ascending: Float64Array, holds: (value: number) => boolean): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(ascending[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
