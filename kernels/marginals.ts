/**
 * Adds the columns of rows to those of their buckets and cells, row after row: two columns at a time, the last of an odd
 * number by itself.
 *
 * @param values         float64, shape (rows, columns): an even number of places a row
 * @param querySlot      uint32, shape (rows); `itemSlot` and `cell` likewise
 * @param queryMarginals float64, shape (slots, columns), and `itemMarginals`: take the columns
 * @param magnitudes     float64, shape (cells, columns): takes their squares
 */
export function addMarginals(
  values: usize,
  columns: u32,
  rows: u32,
  querySlot: usize,
  itemSlot: usize,
  cell: usize,
  queryMarginals: usize,
  itemMarginals: usize,
  magnitudes: usize,
): void {
  const width: usize = 8 * columns;
  const stride: usize = 8 * (columns + (columns & 1));
  const even: usize = 8 * (columns & ~1);
  for (let r: u32 = 0; r < rows; r++) {
    const at = values + r * stride;
    const q = queryMarginals + load<u32>(querySlot + 4 * r) * width;
    const i = itemMarginals + load<u32>(itemSlot + 4 * r) * width;
    const m = magnitudes + load<u32>(cell + 4 * r) * width;
    for (let c: usize = 0; c < even; c += 16) {
      const x = v128.load(at + c);
      v128.store(q + c, f64x2.add(v128.load(q + c), x));
      v128.store(i + c, f64x2.add(v128.load(i + c), x));
      v128.store(m + c, f64x2.add(v128.load(m + c), f64x2.mul(x, x)));
    }
    if (even < width) {
      const x = load<f64>(at + even);
      store<f64>(q + even, load<f64>(q + even) + x);
      store<f64>(i + even, load<f64>(i + even) + x);
      store<f64>(m + even, load<f64>(m + even) + x * x);
    }
  }
}
