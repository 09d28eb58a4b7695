/**
 * Counts, for each score, the candidates that score higher and those that score the same.
 *
 * @param candidates float64, shape (rows)
 * @param scores     float64, shape (count)
 * @param above      uint32, shape (count); `tied` likewise
 */
export function countAbove(candidates: usize, rows: u32, scores: usize, count: u32, above: usize, tied: usize): void {
  const even: usize = 8 * (rows & ~1);
  for (let i: u32 = 0; i < count; i++) {
    const score = load<f64>(scores + 8 * i);
    const both = f64x2.splat(score);
    let more = i64x2.splat(0);
    let same = i64x2.splat(0);
    for (let at: usize = 0; at < even; at += 16) {
      const other = v128.load(candidates + at);
      // A lane where the comparison holds is -1.
      more = i64x2.sub(more, f64x2.gt(other, both));
      same = i64x2.sub(same, f64x2.eq(other, both));
    }
    let higher = <u32>(i64x2.extract_lane(more, 0) + i64x2.extract_lane(more, 1));
    let equal = <u32>(i64x2.extract_lane(same, 0) + i64x2.extract_lane(same, 1));
    if (rows & 1) {
      const last = load<f64>(candidates + even);
      higher += last > score ? 1 : 0;
      equal += last === score ? 1 : 0;
    }
    store<u32>(above + 4 * i, higher);
    store<u32>(tied + 4 * i, equal);
  }
}
