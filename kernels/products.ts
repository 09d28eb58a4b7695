/**
 * Adds the products of the columns of pairs of one cell, most of a tabulation's arithmetic: the lower triangles of x·y,
 * of x·y times `byQuery` and of x·y times `byItem`. Two columns by two at a time, so that twelve sums stay in registers
 * over all pairs; every sum adds its pairs in their order, as one pair after the other would.
 *
 * @param triangles float64, the three triangles one after the other, with room for one number more
 * @param at        uint32, shape (pairs): where the columns of a pair stand in `values`, in bytes
 * @param byQuery   float64, shape (pairs); `byItem` likewise
 * @param from      the pairs from … to-1
 * @param values    float64; an even number of columns a pair, whatever stands in the last of an odd number
 */
export function addProducts(
  triangles: usize,
  columns: u32,
  at: usize,
  byQuery: usize,
  byItem: usize,
  from: u32,
  to: u32,
  values: usize,
): void {
  const size = <usize>4 * columns * (columns + 1);
  for (let c: u32 = 0; c < columns; c += 2)
    for (let d: u32 = 0; d <= c; d += 2) {
      const corner = triangles + 4 * c * (c + 1) + 8 * d;
      // Above the diagonal, and below the last of an odd number of columns, there is nothing to add to.
      const right: usize = d < c ? 8 : 0;
      const below: usize = c + 1 < columns ? 8 * (c + 1) : 0;
      addTile(corner, size, right, below, values + 8 * c, values + 8 * d, at, byQuery, byItem, from, to);
    }
}

function addTile(
  corner: usize,
  size: usize,
  right: usize,
  below: usize,
  rows: usize,
  columns: usize,
  at: usize,
  byQuery: usize,
  byItem: usize,
  from: u32,
  to: u32,
): void {
  let a = upper(corner, right);
  let b = lower(corner, below);
  let qa = upper(corner + size, right);
  let qb = lower(corner + size, below);
  let ia = upper(corner + 2 * size, right);
  let ib = lower(corner + 2 * size, below);
  for (let p = from; p < to; p++) {
    const place = <usize>load<u32>(at + 4 * p);
    const q = v128.load_splat<f64>(byQuery + 8 * p);
    const i = v128.load_splat<f64>(byItem + 8 * p);
    const two = v128.load(columns + place);
    const x = f64x2.mul(v128.load_splat<f64>(rows + place), two);
    const y = f64x2.mul(v128.load_splat<f64>(rows + place, 8), two);
    a = f64x2.add(a, x);
    b = f64x2.add(b, y);
    qa = f64x2.add(qa, f64x2.mul(q, x));
    qb = f64x2.add(qb, f64x2.mul(q, y));
    ia = f64x2.add(ia, f64x2.mul(i, x));
    ib = f64x2.add(ib, f64x2.mul(i, y));
  }
  put(a, b, corner, right, below);
  put(qa, qb, corner + size, right, below);
  put(ia, ib, corner + 2 * size, right, below);
}

/** The sums of the tile's first row. */
function upper(corner: usize, right: usize): v128 {
  return f64x2.replace_lane(f64x2.splat(load<f64>(corner)), 1, load<f64>(corner + right));
}

function lower(corner: usize, below: usize): v128 {
  return v128.load(corner + below);
}

/** A sum without a place of its own is left out. */
function put(first: v128, second: v128, corner: usize, right: usize, below: usize): void {
  if (below > 0) v128.store(corner + below, second);
  if (right > 0) store<f64>(corner, f64x2.extract_lane(first, 1), 8);
  store<f64>(corner, f64x2.extract_lane(first, 0));
}
