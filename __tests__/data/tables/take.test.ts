/** Some rows of a column are those rows of it, whatever its kind. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { buildColumn, isNull, textAt } from '../../../src/data/tables/column.js';
import { take } from '../../../src/data/tables/take.js';

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 5 });
const KINDS: readonly fc.Arbitrary<unknown>[] = [
  fc.integer({ min: -9, max: 9 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.string({ maxLength: 3 }),
  fc.bigInt({ min: 2n ** 60n, max: 2n ** 60n + 3n }),
  fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }),
  fc.array(fc.string({ maxLength: 2 }), { maxLength: 3 }),
];

it.each(KINDS.map((kind, i) => [i, kind] as const))(
  'of kind %i, in any order and as often as they are asked',
  (_, kind) => {
    fc.assert(
      fc.property(
        fc.array(maybe(kind), { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 15 }),
        (values, picks) => {
          const column = buildColumn([values]);
          const rows = Int32Array.from(picks, (n) => n % values.length);
          const taken = take(column, rows);
          expect([taken.type, taken.length]).toEqual([column.type, rows.length]);
          for (const [i, r] of rows.entries()) {
            expect(isNull(taken, i)).toBe(isNull(column, r));
            if (!isNull(column, r)) expect(textAt(taken, i)).toBe(textAt(column, r));
          }
          if (taken.type === 'string')
            expect(taken.dictionary).toHaveLength(new Set(taken.codes.filter((c) => c >= 0)).size);
        },
      ),
    );
  },
);
