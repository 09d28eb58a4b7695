/** Columns as they are built and coded, against what their values say one by one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildColumn, encode, isNull, type NumberColumn } from '../../../src/data/tables/column.js';

const cell = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 8 });

describe('a column of numbers', () => {
  it('keeps every number and every gap, in whatever chunks it comes', () => {
    const number = fc.oneof(fc.integer(), fc.double(), fc.constant(2 ** 53));
    fc.assert(
      fc.property(fc.array(fc.array(cell(number), { maxLength: 8 }), { minLength: 1, maxLength: 4 }), (chunks) => {
        const values = chunks.flat();
        const column = buildColumn(chunks) as NumberColumn;
        const there = values.filter((value) => value !== null);
        expect(column.type).toBe(there.length > 0 && there.every(Number.isSafeInteger) ? 'int' : 'float');
        expect(column.length).toBe(values.length);
        expect(Array.from(column.values)).toEqual(values.map((value) => value ?? 0));
        expect(values.map((_, r) => isNull(column, r))).toEqual(values.map((value) => value === null));
      }),
    );
  });

  it.each([
    ['a truth value', [1, true]],
    ['a text', [2.5, 'high']],
    ['a list', [null, 3, [1]]],
  ])('holds no %s', (_, values) => {
    expect(() => buildColumn([values])).toThrow(/unsupported value/);
  });
});

describe('codes of texts', () => {
  it('are numbered by first appearance, without what stands in no row', () => {
    const texts = cell(fc.constantFrom('a', 'b', 'c', 'd'));
    fc.assert(
      fc.property(fc.array(texts, { minLength: 1, maxLength: 20 }), (values) => {
        const dictionary = ['d', 'unused', 'c', 'b', 'a'];
        const codes = Int32Array.from(values, (value) => (value === null ? -1 : dictionary.indexOf(value)));
        const found = encode({ type: 'string', length: values.length, codes, dictionary });
        const seen = [...new Set(values.filter((value) => value !== null))];
        expect(found.names).toEqual(seen);
        expect(Array.from(found.codes)).toEqual(values.map((value) => (value === null ? -1 : seen.indexOf(value))));
      }),
    );
  });

  it('are missing where the row is, whatever its code', () => {
    const column = { type: 'string', length: 2, codes: Int32Array.of(0, 0), dictionary: ['a'] } as const;
    expect(encode({ ...column, nulls: Uint8Array.of(1, 0) })).toEqual({ codes: Int32Array.of(-1, 0), names: ['a'] });
  });
});
