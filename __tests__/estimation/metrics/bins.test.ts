import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BINS, binOf, quantileEdges } from '../../../src/estimation/metrics/bins.js';
import { expectNear, fixture, uniform } from '../../fixtures/metrics.js';

describe('quantile edges', () => {
  test.each(fixture.bins.map((one) => [one.x.length, one] as const))('are numpy’s for %d rows', (_, { x, edges }) => {
    const own = quantileEdges(Float64Array.from(x));
    expect(own.length).toBe(BINS - 1);
    for (const [b, edge] of own.entries()) expectNear(edge, edges[b]!, `edge ${b}`, 1e-14);
  });

  test.each(fixture.bins.map((one) => [one.x.length, one] as const))(
    'put %d rows into the bins that scikit-learn’s calibration_curve puts them into',
    (_, { x, counts }) => {
      const edges = quantileEdges(Float64Array.from(x));
      const own = new Array<number>(BINS).fill(0);
      for (const p of x) own[binOf(edges, p)]!++;
      expect(own).toEqual(counts);
    },
  );

  test('leave the predictions in their order', () => {
    const x = Float64Array.from([0.3, 0.1, 0.2]);
    quantileEdges(x);
    expect([...x]).toEqual([0.3, 0.1, 0.2]);
  });

  test('ascend, and lie between the smallest and the largest prediction', () => {
    fc.assert(
      fc.property(fc.array(uniform(0, 1), { minLength: 1, maxLength: 60 }), (x) => {
        const edges = [...quantileEdges(Float64Array.from(x))];
        expect(edges).toEqual([...edges].sort((a, b) => a - b));
        expect(edges[0]).toBeGreaterThanOrEqual(Math.min(...x));
        expect(edges[BINS - 2]).toBeLessThanOrEqual(Math.max(...x) + Number.EPSILON);
      }),
    );
  });
});

test('a prediction’s bin is the number of edges below it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 9 }),
      fc.integer({ min: -1, max: 9 }),
      (list, p) => {
        const edges = Float64Array.from(list).sort();
        expect(binOf(edges, p)).toBe(list.filter((edge) => edge < p).length);
      },
    ),
  );
});
