import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { fromFloat16 } from '../../src/models/towers/embeddings.js';
import { fixture } from '../fixtures/metrics.js';

describe('float16 → number', () => {
  test.each([
    [0x0000, 0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x3555, 0.333251953125],
    [0x7bff, 65504],
    [0x0400, 2 ** -14],
    [0x03ff, 1023 * 2 ** -24],
    [0x0001, 2 ** -24],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
  ])('%i is %d', (bits, value) => {
    expect(fromFloat16(bits)).toBe(value);
  });

  test('keeps the sign of 0', () => {
    expect(fromFloat16(0x8000)).toBe(-0);
  });

  test('decodes all 65,536 patterns as numpy does (digests of the values and of where they are NaN)', () => {
    const values = Float64Array.from({ length: 65536 }, (_, bits) => fromFloat16(bits));
    const nan = Uint8Array.from(values, (value) => (Number.isNaN(value) ? 1 : 0));
    const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    expect(nan.reduce((sum, x) => sum + x, 0)).toBe(fixture.float16.nans);
    expect(digest(nan)).toBe(fixture.float16.nan);
    const plain = values.map((value) => (Number.isNaN(value) ? 0 : value));
    expect(digest(new Uint8Array(plain.buffer))).toBe(fixture.float16.values);
  });
});
