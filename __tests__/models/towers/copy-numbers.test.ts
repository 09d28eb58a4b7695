/** Many numbers at once into a tensor: what one at a time makes of them, or nothing where one does not fit. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocate } from '../../../src/models/towers/batches.js';
import { copyRows, copyRun, numbersOf } from '../../../src/models/towers/copy-numbers.js';
import { putValue } from '../../../src/models/towers/put-value.js';
import { INPUT_TYPES } from '../../../src/models/towers/runtime.js';

const numbers = fc.array(
  fc.oneof(
    fc.integer({ min: -300, max: 300 }),
    fc.maxSafeInteger(),
    fc.constantFrom(
      0,
      -0,
      255,
      256,
      -1,
      -129,
      65_535,
      65_536,
      2 ** 31,
      2 ** 32 - 1,
      2 ** 32,
      -(2 ** 32),
      2 ** 53,
      -(2 ** 40) - 1,
    ),
    fc.double(),
  ),
  { minLength: 1, maxLength: 6 },
);
const copied = INPUT_TYPES.filter((type) => type !== 'string' && type !== 'float16');

describe('numbers of a column', () => {
  it.each(copied)('become %s as each by itself does, or none of them where one does not fit', (type) => {
    fc.assert(
      fc.property(numbers, (list) => {
        const values = Float64Array.from(list);
        const expected = allocate(type, list.length);
        const fit = list.map((value, i) => putValue(expected, i, value, type)).every((one) => one);
        const rows = Int32Array.from(list, (_, i) => i);
        const [byRow, inRun] = [allocate(type, list.length), allocate(type, list.length)];
        expect(copyRows(byRow, type, values, rows, 0, 1)).toBe(fit);
        expect(copyRun(inRun, type, values, 0, list.length, 0)).toBe(fit);
        if (fit) expect([byRow, inRun]).toEqual([expected, expected]);
      }),
      { numRuns: 200 },
    );
  });

  it('go where their row and their column say', () => {
    const out = new Float32Array(6);
    expect(copyRows(out, 'float32', Float64Array.of(10, 20, 30), Int32Array.of(2, 0, 2), 1, 2)).toBe(true);
    expect(out).toEqual(Float32Array.of(0, 30, 0, 10, 0, 30));
    const list = new BigInt64Array(4);
    expect(copyRun(list, 'int64', Float64Array.of(7, -8, 9), 1, 2, 2)).toBe(true);
    expect(list).toEqual(BigInt64Array.of(0n, 0n, -8n, 9n));
  });

  it('are left to others as texts and as halves, and where one is missing', () => {
    expect(copyRun(['', ''], 'string', Float64Array.of(1, 2), 0, 2, 0)).toBe(false);
    expect(copyRun(new Uint16Array(2), 'float16', Float64Array.of(1, 2), 0, 2, 0)).toBe(false);
    const values = Float64Array.of(1, 0);
    expect(numbersOf({ type: 'float', length: 2, values, nulls: Uint8Array.of(0, 1) })).toBeUndefined();
    expect(numbersOf({ type: 'int', length: 2, values })).toBe(values);
  });
});
