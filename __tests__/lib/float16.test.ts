import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { fromFloat16, toFloat16 } from '../../src/models/towers/float16.js';
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

describe('number → float16', () => {
  const numbers = Array.from({ length: 65536 }, (_, bits) => bits).filter((bits) => (bits & 0x7fff) <= 0x7c00);

  test('gives back every number that it can hold', () => {
    for (const bits of numbers) expect(toFloat16(fromFloat16(bits))).toBe(bits);
    expect(fromFloat16(toFloat16(Number.NaN))).toBeNaN();
  });

  test('takes the middle between two to the one whose last bit is 0, and anything else to the nearer', () => {
    for (const bits of numbers.filter((b) => b < 0x7bff)) {
      const [below, above] = [fromFloat16(bits), fromFloat16(bits + 1)];
      const middle = (below + above) / 2;
      expect(toFloat16(middle)).toBe(bits % 2 === 0 ? bits : bits + 1);
      expect(toFloat16(middle * (1 - 2 ** -50))).toBe(bits);
      expect(toFloat16(-middle * (1 + 2 ** -50))).toBe(0x8000 + bits + 1);
    }
  });

  // numpy.float16: 65519.99 is 65504, 65520 is infinity.
  test.each([
    [65_519.99, 0x7bff],
    [65_520, 0x7c00],
    [2 ** -25, 0],
    [-(2 ** -25) * 1.01, 0x8001],
  ])('%d is %i', (value, bits) => {
    expect(toFloat16(value)).toBe(bits);
  });
});
