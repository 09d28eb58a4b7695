/**
 * Vectors times a matrix: each coordinate sums its products in their order. Eight coordinates of two vectors at a time,
 * so that a row of the matrix is read once for both.
 *
 * @param map     float64, shape (d, d), row after row
 * @param vectors float64, shape (count, d); `out` likewise
 */
export function mapVectors(map: usize, vectors: usize, count: u32, d: u32, out: usize): void {
  const width: usize = 8 * d;
  for (let n: u32 = 0; n < count; n += 2) {
    const a = vectors + n * width;
    const p = out + n * width;
    // An odd one out is its own second.
    const second: usize = n + 1 < count ? width : 0;
    let j: u32 = 0;
    for (; j + 8 <= d; j += 8) eight(map + 8 * j, a, a + second, d, p + 8 * j, p + second + 8 * j);
    for (; j < d; j++) {
      one(map + 8 * j, a, d, p + 8 * j);
      one(map + 8 * j, a + second, d, p + second + 8 * j);
    }
  }
}

function eight(column: usize, a: usize, b: usize, d: u32, p: usize, q: usize): void {
  let a0 = f64x2.splat(0);
  let a1 = f64x2.splat(0);
  let a2 = f64x2.splat(0);
  let a3 = f64x2.splat(0);
  let b0 = f64x2.splat(0);
  let b1 = f64x2.splat(0);
  let b2 = f64x2.splat(0);
  let b3 = f64x2.splat(0);
  const width: usize = 8 * d;
  let m = column;
  for (let i: usize = 0; i < width; i += 8) {
    const x = v128.load_splat<f64>(a + i);
    const y = v128.load_splat<f64>(b + i);
    const m0 = v128.load(m);
    const m1 = v128.load(m, 16);
    const m2 = v128.load(m, 32);
    const m3 = v128.load(m, 48);
    a0 = f64x2.add(a0, f64x2.mul(x, m0));
    a1 = f64x2.add(a1, f64x2.mul(x, m1));
    a2 = f64x2.add(a2, f64x2.mul(x, m2));
    a3 = f64x2.add(a3, f64x2.mul(x, m3));
    b0 = f64x2.add(b0, f64x2.mul(y, m0));
    b1 = f64x2.add(b1, f64x2.mul(y, m1));
    b2 = f64x2.add(b2, f64x2.mul(y, m2));
    b3 = f64x2.add(b3, f64x2.mul(y, m3));
    m += width;
  }
  v128.store(p, a0);
  v128.store(p, a1, 16);
  v128.store(p, a2, 32);
  v128.store(p, a3, 48);
  v128.store(q, b0);
  v128.store(q, b1, 16);
  v128.store(q, b2, 32);
  v128.store(q, b3, 48);
}

function one(column: usize, a: usize, d: u32, p: usize): void {
  let sum: f64 = 0;
  const width: usize = 8 * d;
  let m = column;
  for (let i: usize = 0; i < width; i += 8) {
    sum += load<f64>(a + i) * load<f64>(m);
    m += width;
  }
  store<f64>(p, sum);
}
