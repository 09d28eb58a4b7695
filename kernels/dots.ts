/**
 * Dot products of pairs of vectors. Four sums side by side, as `dotAt` of src/models/scores/similarity.ts has them: the
 * same bits.
 *
 * @param queries  float32, shape (queries, d)
 * @param items    float64, shape (items, d)
 * @param queryOf  uint32, shape (pairs), and `itemOf`: the vectors of each pair
 * @param out      float64, shape (pairs)
 */
export function dots(
  queries: usize,
  items: usize,
  d: u32,
  queryOf: usize,
  itemOf: usize,
  pairs: u32,
  out: usize,
): void {
  let n: u32 = 0;
  while (n < pairs) {
    const item = load<u32>(itemOf + 4 * n);
    const b = items + 8 * <usize>item * d;
    const p = queries + 4 * <usize>load<u32>(queryOf + 4 * n) * d;
    // Two pairs of one item read it once.
    if (n + 1 < pairs && load<u32>(itemOf + 4 * (n + 1)) === item) {
      two(p, queries + 4 * <usize>load<u32>(queryOf + 4 * (n + 1)) * d, b, d, out + 8 * n);
      n += 2;
    } else {
      one(p, b, d, out + 8 * n);
      n++;
    }
  }
}

function low(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<u64>(x, x, 1, 1));
}

/** The four sums s (0, 1) and t (2, 3), and what of d is no multiple of four. */
function total(s: v128, t: v128, a: usize, b: usize, left: u32): f64 {
  let first = f64x2.extract_lane(s, 0);
  for (let j: u32 = 0; j < left; j++) first += <f64>load<f32>(a + 4 * j) * load<f64>(b + 8 * j);
  return first + f64x2.extract_lane(s, 1) + (f64x2.extract_lane(t, 0) + f64x2.extract_lane(t, 1));
}

function one(a: usize, b: usize, d: u32, out: usize): void {
  let s = f64x2.splat(0);
  let t = f64x2.splat(0);
  const end = a + 4 * (d & ~3);
  while (a < end) {
    const x = v128.load(a);
    s = f64x2.add(s, f64x2.mul(low(x), v128.load(b)));
    t = f64x2.add(t, f64x2.mul(high(x), v128.load(b, 16)));
    a += 16;
    b += 32;
  }
  store<f64>(out, total(s, t, a, b, d & 3));
}

function two(a: usize, c: usize, b: usize, d: u32, out: usize): void {
  let s = f64x2.splat(0);
  let t = f64x2.splat(0);
  let u = f64x2.splat(0);
  let v = f64x2.splat(0);
  const end = a + 4 * (d & ~3);
  while (a < end) {
    const x = v128.load(a);
    const y = v128.load(c);
    const i = v128.load(b);
    const j = v128.load(b, 16);
    s = f64x2.add(s, f64x2.mul(low(x), i));
    t = f64x2.add(t, f64x2.mul(high(x), j));
    u = f64x2.add(u, f64x2.mul(low(y), i));
    v = f64x2.add(v, f64x2.mul(high(y), j));
    a += 16;
    c += 16;
    b += 32;
  }
  store<f64>(out, total(s, t, a, b, d & 3));
  store<f64>(out, total(u, v, c, b, d & 3), 8);
}
