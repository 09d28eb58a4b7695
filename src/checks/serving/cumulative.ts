/**
 * Histograms whose counts cumulate, as Prometheus exports them: read as plain ones they hide every change of the tail.
 */

/** Fewer buckets tell nothing. */
const LEAST_BUCKETS = 4;
/**
 * As many buckets of which none has fewer than the one before are no latencies of their own, whatever their shape: a
 * plain histogram falls after its mode.
 */
const CERTAIN_BUCKETS = 8;
/**
 * Of fewer buckets, the last must add at most this share of the total: cumulated counts level off. Judgement of this
 * project.
 */
const LEVEL = 0.1;

/**
 * Tells whether counts by ascending bucket, of every arm, tower and stage, are cumulated: none falls from one bucket
 * to the next anywhere, and somewhere at least 4 buckets level off towards the last (or there are 8). Three buckets
 * with rising counts, or four of which the last has most of the requests, may be plain.
 *
 * @param groups counts of each arm, tower and stage, of buckets that have a row; shape (groups)(buckets)
 */
export function areCumulative(groups: readonly (readonly number[])[]): boolean {
  // Before the first request a cumulated count is 0, and so is a plain one.
  const filled = groups.map((counts) =>
    counts.slice(
      Math.max(
        0,
        counts.findIndex((count) => count > 0),
      ),
    ),
  );
  return (
    filled.every((counts) => counts.every((count, b) => b === 0 || count >= counts[b - 1]!)) && filled.some(levelsOff)
  );
}

/** Tells whether counts of which none falls are no plain histogram's. */
function levelsOff(counts: readonly number[]): boolean {
  const last = counts[counts.length - 1]!;
  // Equal counts rise nowhere.
  if (counts.length < LEAST_BUCKETS || counts[0] === last) return false;
  return counts.length >= CERTAIN_BUCKETS || last - counts[counts.length - 2]! <= LEVEL * last;
}
