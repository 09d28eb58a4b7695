import { describe, expect, test } from 'vitest';
import { gaussLegendre } from '../../../src/estimation/statistics/gauss-legendre.js';
import { expectNear } from '../../fixtures/metrics.js';

describe.each([1, 2, 3, 5, 12, 32])('Gauss–Legendre with %i nodes', (n) => {
  test('integrates every polynomial up to degree 2n - 1 over [0, 1]', () => {
    for (let degree = 0; degree < 2 * n; degree++) {
      const integral = gaussLegendre(n).reduce((sum, [x, weight]) => sum + weight * x ** degree, 0);
      expectNear(integral, 1 / (degree + 1), `degree ${degree}`, 1e-13);
    }
  });

  test('has its nodes inside, none twice', () => {
    const places = gaussLegendre(n).map(([x]) => x);
    for (const x of places) expect(x > 0 && x < 1).toBe(true);
    expect(new Set(places).size).toBe(n);
  });
});
