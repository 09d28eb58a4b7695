/**
 * Draws that are the same in every run: numbers by hash, never a generator that is seeded by chance.
 */

import { normalQuantile } from '../estimation/statistics/student-t.js';
import { finalise } from '../lib/hash.js';

/** A 32-bit number by three others: a counter-based generator, so that any draw can be made by itself. */
function bits(stream: number, a: number, b: number): number {
  return finalise(
    finalise(finalise(stream ^ 0x9e3779b9) ^ Math.imul(a + 1, 0x85ebca6b)) ^ Math.imul(b + 1, 0xc2b2ae35),
  );
}

/** A number of the standard normal distribution. */
export function normal(stream: number, a: number, b: number): number {
  return normalQuantile((bits(stream, a, b) + 0.5) / 2 ** 32);
}

/** χ² of so many degrees of freedom: a sum of squares. */
export function chiSquare(stream: number, a: number, df: number): number {
  let sum = 0;
  for (let i = 0; i < df; i++) sum += normal(stream, a, i) ** 2;
  return sum;
}

/**
 * The half that each bucket is in, 1 or -1, in one of many splits into halves.
 * Shape (buckets).
 */
export function halves(stream: number, split: number, buckets: number): Int8Array {
  const signs = new Int8Array(buckets);
  for (let b = 0; b < buckets; b += 32) {
    let word = bits(stream, split, b);
    for (let i = b; i < Math.min(b + 32, buckets); i++) {
      signs[i] = (word & 1) === 1 ? 1 : -1;
      word >>>= 1;
    }
  }
  return signs;
}
