/** The line through past arms where they scatter by more than their errors. */
import { describe, expect, it } from 'vitest';
import { proportion } from '../../src/checks/measurement.js';
import { lineThrough } from '../../src/checks/past-arms.js';
import { studentQuantile } from '../../src/estimation/statistics/student-t.js';
import { generator } from '../support/random.js';

const ARMS = 12;
const SLOPE = 1.5;

/** Slopes of worlds whose arms scatter about the line by `scatter` online errors. */
function lines(scatter: number, runs = 400): { slope: number; error: number }[] {
  const random = generator(31);
  return Array.from({ length: runs }, () => {
    const truth = Array.from({ length: ARMS }, () => 0.01 * random.normal());
    const [errorX, errorY] = [0.001, 0.002];
    const x = truth.map((t) => t + errorX * random.normal());
    const y = truth.map((t) => SLOPE * t + errorY * Math.hypot(1, scatter) * random.normal());
    const all = (se: number) => new Array<number>(ARMS).fill(se);
    return lineThrough({ value: x, error: all(errorX) }, { value: y, error: all(errorY) })!;
  });
}

describe('the line through past arms', () => {
  it.each([0, 2, 4])('has no tilt, and bounds that hold, with a scatter of %i online errors', (scatter) => {
    const found = lines(scatter);
    const middle = found.map(({ slope }) => slope).sort((a, b) => a - b)[found.length >> 1]!;
    expect(Math.abs(middle / SLOPE - 1)).toBeLessThan(0.08);
    const t = studentQuantile(0.95, ARMS - 2);
    for (const side of [-1, 1]) {
      const missed = found.filter(({ slope, error }) => side * (SLOPE - slope) > t * error).length;
      expect(missed / found.length).toBeLessThan(0.09);
    }
  });
});

describe('a share of independent trials', () => {
  it.each([30, 200, 5000])(
    'of none in %i is bounded no tighter than by the rule of three, and of all likewise',
    (n) => {
      const reach = (k: number) => studentQuantile(0.95, n - 1) * proportion(k, n).standardError;
      expect(reach(0)).toBeGreaterThan(1 - 0.05 ** (1 / n));
      expect(reach(0)).toBeLessThan(3.7 / n);
      expect(reach(n)).toBeCloseTo(reach(0), 12);
    },
  );
});
