/** Histograms whose counts cumulate, as Prometheus exports them: read as plain ones they hide every change of the tail. */

/** Fewer buckets tell nothing. */
const LEAST_BUCKETS = 4;
/** As many buckets of which none has fewer than the one before are no latencies of their own, whatever their shape: a plain histogram falls after its mode. */
const CERTAIN_BUCKETS = 8;
/** Of fewer buckets, the last must add at most this share of the total: cumulated counts level off. Judgement of this project. */
const LEVEL = 0.1;

/**
 * Whether counts by ascending bucket, of every arm, tower and stage, are cumulated: none falls from one bucket to the next, over at least 4 buckets each, and they level off towards the last (or there are 8
 * buckets of which none falls). Three buckets with rising counts, or four of which the last has most of the requests, may be plain.
 *
 * @param groups counts of each arm, tower and stage, of buckets that have a row; shape (groups)(buckets)
 */
export function areCumulative(groups: readonly (readonly number[])[]): boolean {
  return groups.length > 0 && groups.every(isCumulative);
}

function isCumulative(counts: readonly number[]): boolean {
  // Before the first request a cumulated count is 0, and so is a plain one.
  const own = counts.slice(
    Math.max(
      0,
      counts.findIndex((count) => count > 0),
    ),
  );
  if (own.length < LEAST_BUCKETS) return false;
  for (let b = 1; b < own.length; b++) if (own[b]! < own[b - 1]!) return false;
  const last = own[own.length - 1]!;
  // Equal counts in every bucket rise nowhere.
  if (own[0] === last) return false;
  return own.length >= CERTAIN_BUCKETS || last - own[own.length - 2]! <= LEVEL * last;
}
