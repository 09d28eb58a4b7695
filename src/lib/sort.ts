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

/** Rows with equal (a, b) get equal codes, numbered in order of first appearance. */
export function combineCodes(a: Int32Array, b: Int32Array, bSize: number): { codes: Int32Array; count: number } {
  const seen = new Map<number, number>();
  const codes = new Int32Array(a.length);
  for (let r = 0; r < a.length; r++) {
    const key = a[r]! * bSize + b[r]!;
    let code = seen.get(key);
    if (code === undefined) {
      code = seen.size;
      seen.set(key, code);
    }
    codes[r] = code;
  }
  return { codes, count: seen.size };
}
