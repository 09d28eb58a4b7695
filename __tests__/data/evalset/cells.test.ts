import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildCells, countClusters, sameColumns } from '../../../src/data/evalset/cells.js';
import { coded, evalSetOf, expectNear } from '../../fixtures/metrics.js';

const evalSet = evalSetOf({
  query: coded(['a', 'a', 'b', 'b', 'c']),
  item: coded(['x', 'y', 'x', 'y', 'x']),
  label: [1, 0, 1, 0, 1],
  slices: { tier: coded(['small', 'large', 'small', 'small', 'Zero']), source: coded(['s', 's', 'f', 's', 'f']) },
});

describe('cells', () => {
  test('are all rows, every slice column, and the crosses that rules name', () => {
    const { cuts, count } = buildCells(evalSet, [['tier', 'source']]);
    expect(cuts.map(({ columns }) => columns)).toEqual([[], ['tier'], ['source'], ['tier', 'source']]);
    expect(cuts.map(({ first }) => first)).toEqual([0, 1, 4, 6]);
    expect(count).toBe(10);
  });

  test('stand in the order of their values’ code units, whatever row comes first', () => {
    const [, tier, , cross] = buildCells(evalSet, [['tier', 'source']]).cuts;
    expect(tier!.slices).toEqual([{ tier: 'Zero' }, { tier: 'large' }, { tier: 'small' }]);
    expect([...tier!.cell]).toEqual([2, 1, 2, 2, 0]);
    expect(cross!.slices).toEqual([
      { tier: 'Zero', source: 'f' },
      { tier: 'large', source: 's' },
      { tier: 'small', source: 'f' },
      { tier: 'small', source: 's' },
    ]);
    expect([...cross!.cell]).toEqual([3, 1, 2, 3, 0]);
  });

  test('of a cross exist for the pairs that occur, and one cross is one cut in whichever order it is named', () => {
    const { cuts } = buildCells(evalSet, [['tier', 'source'], ['source', 'tier'], ['tier']]);
    expect(cuts.length).toBe(4);
    expect(sameColumns(['a', 'b'], ['b', 'a'])).toBe(true);
    expect(sameColumns(['a'], ['a', 'b'])).toBe(false);
  });

  test('partition the rows in every cut', () => {
    const value = fc.constantFrom('p', 'q', 'r');
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 20 }), (pairs) => {
        const set = evalSetOf({
          query: coded(pairs.map((_, r) => r)),
          item: coded(pairs.map((_, r) => r)),
          label: pairs.map(() => 1),
          slices: { a: coded(pairs.map(([a]) => a)), b: coded(pairs.map(([, b]) => b)) },
        });
        for (const { cell, slices } of buildCells(set, [['a', 'b']]).cuts) {
          expect(new Set(cell).size).toBe(slices.length);
          for (const [r, [a, b]] of pairs.entries()) {
            const slice = slices[cell[r]!]!;
            for (const [name, own] of Object.entries(slice)) expect(own).toBe(name === 'a' ? a : b);
          }
        }
      }),
    );
  });
});

describe('counting clusters', () => {
  const cut = { columns: [], cell: new Int32Array(6), slices: [{}], first: 0 };
  const clusters = coded(['a', 'a', 'b', 'c', 'c', 'd']);
  const counted = (denominator: number[], weight = new Array<number>(6).fill(1)) =>
    countClusters(cut, clusters, Float64Array.from(denominator), Float64Array.from(weight));

  test('equal clusters are worth their number', () => {
    expectNear(counted([0.5, 0.5, 1, 0.4, 0.6, 1]).effective[0]!, 4, 'effective', 1e-15);
  });

  test('unequal clusters are worth (Σ D)² / Σ D²', () => {
    // Sums 2, 1, 2, 1: 36 / 10.
    expectNear(counted([1, 1, 1, 1, 1, 1]).effective[0]!, 3.6, 'effective', 1e-15);
    expectNear(counted([100, 0, 1, 1, 0, 1]).effective[0]!, 103 ** 2 / 10003, 'effective', 1e-15);
  });

  test('clusters whose rows all weigh 0 are not distinct ones', () => {
    expect(counted([1, 1, 1, 1, 1, 1], [1, 0, 0, 1, 1, 0]).distinct[0]).toBe(2);
  });

  test('nothing to count is worth nothing', () => {
    expect(counted([0, 0, 0, 0, 0, 0]).effective[0]).toBe(0);
  });

  test('the same cluster in two cells is counted in both', () => {
    const two = { columns: ['s'], cell: Int32Array.of(0, 1, 0, 1, 1, 1), slices: [{ s: 'x' }, { s: 'y' }], first: 0 };
    const counts = countClusters(two, clusters, new Float64Array(6).fill(1), new Float64Array(6).fill(1));
    expect([...counts.distinct]).toEqual([2, 3]);
    expectNear(counts.effective[1]!, 16 / 6, 'effective', 1e-15);
  });
});
