/** Bits of a pass of the sort: a histogram of 2,048 counts stays in the cache. */
const DIGIT = 11;
const DIGITS = 2 ** DIGIT;
const PASSES = Math.ceil(32 / DIGIT);

/**
 * Indices 0 … n-1 in ascending order of `keys` (float64, no NaN), stable.
 *
 * Least-significant-digit radix sort by the upper half of the IEEE 754 bits: flipping the sign bit of positive numbers
 * and all bits of negative ones makes the unsigned order the numeric one. Passes whose digit is the same for all keys
 * are skipped. Keys that share their upper half are few, and sorted by themselves. -0 and +0 are one key.
 */
export function argsort(keys: Float64Array): Uint32Array {
  const n = keys.length;
  let order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  if (n < 2048) return order.sort((a, b) => keys[a]! - keys[b]! || a - b);

  let upper = new Uint32Array(n);
  const counts = countDigits(keys, upper);
  let [spareOrder, spareUpper] = [new Uint32Array(n), new Uint32Array(n)];
  for (let pass = 0; pass < PASSES; pass++) {
    const next = counts.subarray(pass * DIGITS, (pass + 1) * DIGITS);
    const shift = pass * DIGIT;
    if (next[(upper[0]! >>> shift) & (DIGITS - 1)] === n) continue;
    let sum = 0;
    for (let d = 0; d < DIGITS; d++) {
      const c = next[d]!;
      next[d] = sum;
      sum += c;
    }
    for (let i = 0; i < n; i++) {
      const key = upper[i]!;
      const at = next[(key >>> shift) & (DIGITS - 1)]!++;
      spareUpper[at] = key;
      spareOrder[at] = order[i]!;
    }
    [order, spareOrder] = [spareOrder, order];
    [upper, spareUpper] = [spareUpper, upper];
  }
  sortAlike(order, upper, keys);
  return order;
}

/** Fills in the upper halves of keys, in an unsigned order. @returns counts by digit, one pass after the other */
function countDigits(keys: Float64Array, upper: Uint32Array): Uint32Array {
  const view = new Float64Array(1);
  const bits = new Uint32Array(view.buffer);
  const counts = new Uint32Array(PASSES * DIGITS);
  for (let i = 0; i < keys.length; i++) {
    view[0] = keys[i]! + 0;
    const high = bits[1]!;
    const key = high >>> 31 === 1 ? ~high >>> 0 : (high ^ 0x80000000) >>> 0;
    upper[i] = key;
    for (let pass = 0; pass < PASSES; pass++) counts[pass * DIGITS + ((key >>> (pass * DIGIT)) & (DIGITS - 1))]!++;
  }
  return counts;
}

/** Orders that are longer than this are not sorted one by one. */
const SHORT = 32;

/** Sorts the indices of keys whose upper halves are the same. */
function sortAlike(order: Uint32Array, upper: Uint32Array, keys: Float64Array): void {
  for (let from = 0, to = 0; from < order.length; from = to) {
    to = from + 1;
    let ascending = true;
    for (; to < order.length && upper[to] === upper[from]; to++)
      ascending &&= keys[order[to - 1]!]! <= keys[order[to]!]!;
    if (ascending) continue;
    if (to - from > SHORT) order.subarray(from, to).sort((a, b) => keys[a]! - keys[b]! || a - b);
    else insert(order, from, to, keys);
  }
}

function insert(order: Uint32Array, from: number, to: number, keys: Float64Array): void {
  for (let i = from + 1; i < to; i++) {
    const index = order[i]!;
    let at = i;
    for (; at > from && keys[order[at - 1]!]! > keys[index]!; at--) order[at] = order[at - 1]!;
    order[at] = index;
  }
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
