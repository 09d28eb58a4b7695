import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { argsort, combineCodes, groupBy, orderWithin } from '../../src/lib/sort.js';
import '../fixtures/metrics.js';

/** Array.prototype.sort is stable. */
const reference = (keys: Float64Array) =>
  [...keys.keys()].sort((a, b) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : 0));

const SPECIAL = [0, -0, 5e-324, -5e-324, 2.2250738585072014e-308, 2.225073858507201e-308, 1.7976931348623157e308];
const key = fc.oneof(
  fc.double({ noNaN: true }),
  fc.constantFrom(...SPECIAL, ...SPECIAL.map((x) => -x), Infinity, -Infinity),
  fc.integer({ min: -2, max: 2 }),
);

function expectSorted(keys: Float64Array): void {
  expect(Buffer.from(argsort(keys).buffer).equals(Buffer.from(Uint32Array.from(reference(keys)).buffer))).toBe(true);
}

describe('argsort', () => {
  test('is the stable order of Array.sort', () => {
    fc.assert(fc.property(fc.array(key, { maxLength: 60 }), (list) => expectSorted(Float64Array.from(list))));
  });

  test.each([2047, 2048, 2049, 5000])('is the same for %d keys, around the size where radix sorting begins', (n) => {
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 60 }), fc.nat(), (list, salt) => {
        const keys = Float64Array.from({ length: n }, (_, i) => list[(i * (2 * salt + 1)) % list.length]!);
        expectSorted(keys);
      }),
      { numRuns: 15 },
    );
  });

  test.each<[string, (i: number) => number]>([
    ['all equal', () => 3],
    ['zeros of both signs, which are one key', (i) => (i % 2 ? 0 : -0)],
    ['float32 scores, whose low bits are all 0', (i) => Math.fround(Math.sin(i))],
    ['subnormals of both signs', (i) => (i % 7) * 5e-324 * (i % 2 ? 1 : -1)],
    ['both infinities and the largest numbers', (i) => [Infinity, -Infinity, 1.7976931348623157e308, -1e308][i % 4]!],
    ['descending', (i) => -i],
    ['scores that differ in the last bit', (i) => 1 + (i % 3) * Number.EPSILON],
  ])('sorts 4,000 keys: %s', (_, of) => {
    expectSorted(Float64Array.from({ length: 4000 }, (_, i) => of(i)));
  });

  test('leaves the keys as they are', () => {
    const keys = Float64Array.from({ length: 3000 }, (_, i) => -((i * 7) % 11));
    const copy = keys.slice();
    argsort(keys);
    expect(keys).toEqual(copy);
  });
});

describe('groupBy', () => {
  test('lists the rows of each group in row order, and leaves negative codes out', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1, max: 5 }), { maxLength: 50 }), (codes) => {
        const { order, start } = groupBy(Int32Array.from(codes), 6);
        expect(order.length).toBe(codes.filter((code) => code >= 0).length);
        for (let g = 0; g < 6; g++)
          expect([...order.subarray(start[g]!, start[g + 1]!)]).toEqual(
            codes.flatMap((code, r) => (code === g ? [r] : [])),
          );
      }),
    );
  });

  test('has an empty range for a group without rows', () => {
    expect([...groupBy(Int32Array.of(2, 2), 4).start]).toEqual([0, 0, 0, 2, 2]);
  });
});

describe('combineCodes', () => {
  test('gives equal codes to equal pairs alone, numbered in order of first appearance', () => {
    const size = 4;
    const pair = fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: size - 1 }));
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 40 }), (pairs) => {
        const { codes, count } = combineCodes(
          Int32Array.from(pairs, ([a]) => a),
          Int32Array.from(pairs, ([, b]) => b),
          size,
        );
        const names = [...new Set(pairs.map(String))];
        expect(count).toBe(names.length);
        expect([...codes]).toEqual(pairs.map((one) => names.indexOf(String(one))));
      }),
    );
  });

  test('is the same where pairs are hashed, in a table that grows, as where each has a place', () => {
    const random = (factor: number, most: number) =>
      Int32Array.from({ length: 20_000 }, (_, r) => (Math.imul(r, factor) >>> 9) % most);
    const [a, b] = [random(0x9e3779b1, 60), random(0x85ebca6b, 90)];
    const own = combineCodes(a, b, 90);
    // So large a size alone leaves no place for each.
    const hashed = combineCodes(a, b, 2 ** 30);
    expect(own.count).toBeGreaterThan(4_000);
    expect(hashed).toEqual(own);
    const far = combineCodes(
      a.map((code) => code * 2 ** 24),
      b.map((code) => code * 2 ** 20),
      2 ** 30,
    );
    expect(far).toEqual(own);
  });

  test('takes more pairs than a Map has places for', { timeout: 120_000 }, () => {
    const pairs = 2 ** 24 + 2;
    const a = new Int32Array(pairs + 1);
    const b = new Int32Array(pairs + 1);
    for (let r = 0; r < pairs; r++) {
      a[r] = r >>> 4;
      b[r] = (r & 15) * 60_000_000;
    }
    [a[pairs], b[pairs]] = [a[1]!, b[1]!];
    const { codes, count } = combineCodes(a, b, 2 ** 30);
    expect([count, codes[pairs], codes[pairs - 1]]).toEqual([pairs, 1, pairs - 1]);
  });

  test('stays exact beyond 32 bits', () => {
    const { count } = combineCodes(Int32Array.of(2 ** 30, 2 ** 30, 0), Int32Array.of(1, 2, 1), 2 ** 22);
    expect(count).toBe(3);
  });
});

describe('orderWithin', () => {
  test('is the stable order by key within each group', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ group: fc.nat({ max: 4 }), key: fc.constantFrom(-1.5, -0, 0, 0.25, 3, 1e300) })),
        (rows) => {
          const grouped = groupBy(
            Int32Array.from(rows, ({ group }) => group),
            5,
          );
          const order = orderWithin(
            grouped,
            Float64Array.from(rows, ({ key }) => key),
          );
          const expected = rows
            .map((row, r) => ({ ...row, r }))
            .sort((a, b) => a.group - b.group || a.key - b.key || a.r - b.r);
          expect([...order]).toEqual(expected.map(({ r }) => r));
        },
      ),
    );
  });
});
