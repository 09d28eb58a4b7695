/**
 * Indices 0 … n-1 in ascending order of `keys` (float64, no NaN), stable.
 *
 * Least-significant-digit radix sort over the IEEE 754 bits, 16 bits a pass: flipping the sign bit of positive
 * numbers and all bits of negative ones makes the unsigned order the numeric one. Passes whose digit is the same for
 * all keys are skipped, so that float32 scores widened to float64 cost three passes, not four. -0 and +0 are one key.
 */
export function argsort(keys: Float64Array): Uint32Array {
  const n = keys.length;
  let order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  if (n < 2048) return order.sort((a, b) => keys[a]! - keys[b]! || a - b);

  const view = new Float64Array(1);
  const bits = new Uint32Array(view.buffer);
  const low = new Uint32Array(n);
  const high = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    view[0] = keys[i]! + 0;
    const negative = bits[1]! >>> 31 === 1;
    low[i] = negative ? ~bits[0]! : bits[0]!;
    high[i] = negative ? ~bits[1]! : bits[1]! ^ 0x80000000;
  }
  let spare = new Uint32Array(n);
  const counts = new Uint32Array(65536);
  for (let pass = 0; pass < 4; pass++) {
    const digits = pass < 2 ? low : high;
    const shift = (pass & 1) * 16;
    counts.fill(0);
    for (let i = 0; i < n; i++) counts[(digits[i]! >>> shift) & 0xffff]!++;
    if (counts[(digits[0]! >>> shift) & 0xffff] === n) continue;
    let sum = 0;
    for (let d = 0; d < 65536; d++) {
      const c = counts[d]!;
      counts[d] = sum;
      sum += c;
    }
    for (let i = 0; i < n; i++) {
      const index = order[i]!;
      const digit = (digits[index]! >>> shift) & 0xffff;
      spare[counts[digit]!++] = index;
    }
    [order, spare] = [spare, order];
  }
  return order;
}

/**
 * The rows of each group in ascending order of their keys (no NaN), ties in their order: what a stable sort by key and
 * then by group gives. Bottom-up merge sort, as groups are small and stay in the cache.
 */
export function orderWithin({ order, start }: Grouping, keys: Float64Array): Uint32Array {
  const found = order.slice();
  const spare = new Uint32Array(found.length);
  for (let g = 0; g + 1 < start.length; g++) mergeSort(found, spare, start[g]!, start[g + 1]!, keys);
  return found;
}

function mergeSort(rows: Uint32Array, spare: Uint32Array, from: number, to: number, keys: Float64Array): void {
  let [source, target] = [rows, spare];
  for (let width = 1; width < to - from; width *= 2) {
    for (let low = from; low < to; low += 2 * width) {
      const middle = Math.min(low + width, to);
      merge(source, target, { low, middle, high: Math.min(low + 2 * width, to) }, keys);
    }
    [source, target] = [target, source];
  }
  if (source !== rows) rows.set(source.subarray(from, to), from);
}

interface Halves {
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}

function merge(source: Uint32Array, target: Uint32Array, { low, middle, high }: Halves, keys: Float64Array): void {
  let left = low;
  let right = middle;
  for (let at = low; at < high; at++) {
    const takeLeft = left < middle && (right >= high || keys[source[left]!]! <= keys[source[right]!]!);
    target[at] = takeLeft ? source[left++]! : source[right++]!;
  }
}

/** Rows grouped by a code: `order` lists the rows group by group in row order, group g at `start[g] … start[g+1]-1`. */
export interface Grouping {
  readonly order: Uint32Array;
  readonly start: Uint32Array;
}

/** Counting sort of rows 0 … n-1 by `codes` (0 … groups-1); rows with a negative code are left out. */
export function groupBy(codes: Int32Array, groups: number): Grouping {
  const start = new Uint32Array(groups + 1);
  for (let r = 0; r < codes.length; r++) if (codes[r]! >= 0) start[codes[r]! + 1]!++;
  for (let g = 0; g < groups; g++) start[g + 1]! += start[g]!;
  const next = start.slice(0, groups);
  const order = new Uint32Array(start[groups]!);
  for (let r = 0; r < codes.length; r++) {
    const code = codes[r]!;
    if (code >= 0) order[next[code]!++] = r;
  }
  return { order, start };
}

/**
 * Rows with equal (a, b) get equal codes, numbered in order of first appearance.
 *
 * Where there are hardly more pairs than rows each has a place of its own; else they are hashed. No Map: it would end
 * at 2^24 pairs.
 *
 * @param a shape (rows), at least 0; b likewise, below bSize
 */
export function combineCodes(
  a: Int32Array,
  b: Int32Array,
  bSize: number,
): { readonly codes: Int32Array; readonly count: number } {
  const codes = new Int32Array(a.length);
  let count = 0;
  const pairs = (a.reduce((most, code) => Math.max(most, code), 0) + 1) * bSize;
  if (pairs <= Math.max(LEAST_PLACES, 2 * a.length)) {
    // A code plus 1; 0 where none was given yet.
    const given = new Int32Array(pairs);
    for (let r = 0; r < a.length; r++) {
      const pair = a[r]! * bSize + b[r]!;
      if (given[pair] === 0) given[pair] = ++count;
      codes[r] = given[pair]! - 1;
    }
    return { codes, count };
  }
  const table = new PairTable(a, b);
  for (let r = 0; r < a.length; r++) {
    const first = table.firstOf(r);
    codes[r] = first === r ? count++ : codes[first]!;
  }
  return { codes, count };
}

/** Places that a table starts with; it is never more than half full. */
const LEAST_PLACES = 1024;

/** The first row of every distinct (a, b). */
class PairTable {
  /** Shape (a power of two): a row plus 1 in its place or one of the next; 0 where none stands. */
  private places = new Uint32Array(LEAST_PLACES);
  private held = 0;

  constructor(
    private readonly a: Int32Array,
    private readonly b: Int32Array,
  ) {}

  /** The first row of those asked about that has the pair of row r: r itself where none had. */
  firstOf(r: number): number {
    const { a, b, places } = this;
    const [x, y] = [a[r]!, b[r]!];
    const mask = places.length - 1;
    let at = hashOf(x, y) & mask;
    for (let row = places[at]!; row !== 0; row = places[at]!) {
      if (a[row - 1] === x && b[row - 1] === y) return row - 1;
      at = (at + 1) & mask;
    }
    places[at] = r + 1;
    if (2 * ++this.held > places.length) this.grow();
    return r;
  }

  private grow(): void {
    const { a, b, places } = this;
    const wider = new Uint32Array(4 * places.length);
    const mask = wider.length - 1;
    for (const row of places) {
      if (row === 0) continue;
      let at = hashOf(a[row - 1]!, b[row - 1]!) & mask;
      while (wider[at] !== 0) at = (at + 1) & mask;
      wider[at] = row;
    }
    this.places = wider;
  }
}

/** Odd factors near 2^32 over the golden ratio and its square root spread neighbouring codes. */
function hashOf(a: number, b: number): number {
  const h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77);
  return h ^ (h >>> 15);
}
