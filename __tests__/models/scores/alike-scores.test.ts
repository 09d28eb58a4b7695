import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AlikeParts, alikeScores, displacementOfScores } from '../../../src/models/scores/alike-scores.js';

const scores = fc
  .array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 20, maxLength: 40 })
  .filter((values) => Math.max(...values) - Math.min(...values) > 0.5)
  .map((values) => Float64Array.from(values));

describe('scores of two versions', () => {
  it('are alike up to 1e-4 of their spread, whatever offset both have', () => {
    fc.assert(
      fc.property(scores, fc.double({ min: -1000, max: 1000, noNaN: true }), (values, offset) => {
        const spread = Math.sqrt(values.reduce((sum, x) => sum + (x - mean(values)) ** 2, 0) / values.length);
        // Every row moves by `share` of the spread, up and down in turn.
        const moved = (share: number) => values.map((x, r) => x + offset + (r % 2 === 0 ? 1 : -1) * share * spread);
        const base = values.map((x) => x + offset);
        expect(displacementOfScores(moved(2e-4), base)).toBeUndefined();
        expect(displacementOfScores(moved(5e-5), base)).toBeCloseTo(5e-5, 8);
        expect(displacementOfScores(base, base)).toBe(0);
      }),
    );
  });

  it('are not alike for a score whose square is beyond all numbers', () => {
    const base = Float64Array.from([0, 1, 2, 3]);
    const far = Float64Array.from([1e200, 1, 2, 3]);
    expect(displacementOfScores(far, base)).toBeUndefined();
    expect(displacementOfScores(base, far)).toBeUndefined();
    const parts = new AlikeParts();
    const column = (item: number, scores: Float64Array) => ({ query: 0, item, scores, link: 'sigmoid' }) as const;
    const current = new Map([
      [0, 0],
      [1, 1],
    ]);
    parts.add([column(0, far), column(1, base)], current);
    expect(parts.alike((k) => ({ version: `v${k}`, column: `column ${k}` }))).toEqual([]);
  });

  it('name item versions among themselves, and query versions with the live one', () => {
    const [a, b] = [Float64Array.from([0, 1, 2, 3]), Float64Array.from([0, 1, 2, 9])];
    const column = (query: number, item: number, values: Float64Array) =>
      ({ query, item, scores: values, link: 'sigmoid' }) as const;
    const columns = [column(0, 0, a), column(0, 1, b), column(0, 2, b), column(1, 0, a), column(2, 0, b)];
    const current = new Map([
      [-2, 4],
      [-1, 3],
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    const named = (k: number) => ({ version: `v${9 - Math.abs(k)}`, column: `column ${k}` });
    expect(alikeScores(columns, current, named)).toEqual([
      {
        side: 'query',
        versions: [0, 1],
        names: ['v9', 'v8'],
        shown: ['column 0', 'column -1'],
        by: 'scores',
        displacement: 0,
      },
      {
        side: 'item',
        versions: [1, 2],
        names: ['v8', 'v7'],
        shown: ['column 1', 'column 2'],
        by: 'scores',
        displacement: 0,
      },
    ]);
  });
});

function mean(values: Float64Array): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}
