/** The line through past arms where they scatter by more than their errors, and what it predicts for one more. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { proportion } from '../../src/checks/measurement.js';
import { type ArmsLine, lineOn, lineThrough, type ScatteredLine } from '../../src/checks/past-arms.js';
import { errorAt } from '../../src/estimation/statistics/deming.js';
import { interval } from '../../src/estimation/statistics/noninferiority.js';
import { studentQuantile } from '../../src/estimation/statistics/student-t.js';
import { expectClose, expectNear, uniform } from '../fixtures/metrics.js';
import type { Points } from '../support/measured-points.js';
import { generator } from '../support/random.js';

const ARMS = 12;
const SLOPE = 1.5;

/** Slopes of worlds whose arms scatter about the line by `scatter` online errors. */
function lines(scatter: number, runs = 400): ScatteredLine[] {
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
      const missed = found.filter(({ slope, slopeError }) => side * (SLOPE - slope) > t * slopeError).length;
      expect(missed / found.length).toBeLessThan(0.09);
    }
  });
});

interface ScipyLine extends Points {
  readonly intercept: number;
  readonly slope: number;
  readonly covariance: readonly [readonly [number, number], readonly [number, number]];
  readonly scatter: number;
  /** x, its standard error, what is predicted there, its standard error, and its bounds. */
  readonly predictions: readonly (readonly [number, number, number, number, number, number])[];
}

const scipy = JSON.parse(readFileSync(new URL('../fixtures/arm-lines.json', import.meta.url), 'utf8')) as {
  readonly confidence: number;
  readonly lines: Readonly<Record<string, ScipyLine>>;
};

/** Shape of the points: (arms). */
function onArms({ x, sx, y, sy }: Points, confidence = 0.95): ArmsLine {
  const offline = { value: x, error: sx };
  const online = { value: y, error: sy };
  const line = lineOn(offline, { arms: x.length, offline, online, recall: undefined }, confidence);
  if (typeof line === 'string') throw new Error(line);
  return line;
}

const known = (value: number, standardError = 0) => ({ value, standardError, df: 1000 });

describe('what past arms predict for one more', () => {
  it.each(Object.entries(scipy.lines))('is what scipy’s orthogonal distance regression does: %s', (_, expected) => {
    const { x, sx, y, sy, covariance, predictions } = expected;
    const line = lineThrough({ value: x, error: sx }, { value: y, error: sy })!;
    expectClose(line.slope, expected.slope, 'slope', 1e-7);
    expectNear(line.intercept, expected.intercept, 'intercept', 1e-6);
    expectNear(line.scatter, expected.scatter, 'scatter', 1e-6);
    expectClose(-line.pivot * line.slopeError ** 2, covariance[0][1], 'covariance', 1e-5);
    expectClose(errorAt(line, 0), Math.sqrt(covariance[0][0]), 'error of the intercept', 1e-6);
    expectClose(line.interceptError, errorAt(line, 0), 'error at 0', 1e-12);
    const arms = onArms(expected, scipy.confidence);
    for (const [value, error, middle, standardError, lower, upper] of predictions) {
      const predicted = arms.at(known(value, error));
      const bounds = interval(predicted, scipy.confidence);
      expectNear(predicted.value, middle, 'prediction', 1e-5);
      expectClose(predicted.standardError, standardError, 'its error', 1e-6);
      expectNear(bounds.lower, lower, 'lower bound', 1e-5);
      expectNear(bounds.upper, upper, 'upper bound', 1e-5);
    }
  });

  it('is exact where all arms are on one line', () => {
    const arms = fc.record({
      off: fc.array(uniform(-0.3, 0.3), { minLength: 6, maxLength: 15 }),
      a: uniform(-20, 20),
      b: uniform(0.5, 400),
      gain: uniform(-15, 15),
    });
    fc.assert(
      fc.property(arms, ({ off, a, b, gain }) => {
        const x = off.map((d, i) => i + d);
        const y = x.map((value) => a + b * value);
        const errors = { sx: x.map((_, i) => 0.1 + 0.01 * i), sy: y.map((_, i) => b * (0.1 + 0.02 * (i % 3))) };
        const line = onArms({ x, y, ...errors });
        const scale = Math.abs(a) + 30 * b;
        expectNear(line.at(known(gain)).value / scale, (a + b * gain) / scale, 'prediction', 1e-9);
        expectClose(line.between(known(gain)).value, b * gain, 'what lies between', 1e-9);
        expect(lineThrough({ value: x, error: errors.sx }, { value: y, error: errors.sy })!.scatter).toBe(0);
      }),
    );
  });

  it('leads from a level to the next by b times what lies between, which knows neither a nor scatter', () => {
    for (const points of Object.values(scipy.lines)) {
      const line = onArms(points);
      const [from, to] = [line.at(known(0.04)), line.at(known(0.01))];
      const step = line.between(known(-0.03));
      expectNear(from.value + step.value, to.value, 'the next level', 1e-12);
      expectClose(step.standardError, 0.03 * line.slope.standardError, 'error of the step', 1e-12);
      expect(line.between(known(0))).toMatchObject({ value: 0, standardError: 0 });
    }
  });

  it.each([0, 2, 4])('holds at 95 % what one more arm shows, with a scatter of %i online errors', (scatter) => {
    const random = generator(7);
    const [errorX, errorY, runs] = [0.002, 0.6, 1000];
    const missed = { above: 0, below: 0 };
    for (let run = 0; run < runs; run++) {
      const truth = Array.from({ length: 10 }, () => 0.005 + 0.02 * random.normal());
      const online = (gain: number) => -4 + 325 * gain + errorY * (scatter * random.normal() + random.normal());
      const same = (se: number) => truth.map(() => se);
      const offline = { value: truth.map((gain) => gain + errorX * random.normal()), error: same(errorX) };
      const past = { arms: 10, offline, online: { value: truth.map(online), error: same(errorY) }, recall: undefined };
      const line = lineOn(offline, past, 0.95);
      // Arms that tell nothing promise nothing.
      if (typeof line === 'string') continue;
      const predicted = line.at(known(0.03 + errorX * random.normal(), errorX));
      const missing = {
        ...predicted,
        value: predicted.value - online(0.03),
        standardError: Math.hypot(predicted.standardError, errorY),
      };
      const { lower, upper } = interval(missing, 0.95);
      if (lower > 0) missed.above++;
      if (upper < 0) missed.below++;
    }
    for (const share of [missed.above / runs, missed.below / runs]) {
      expect(share).toBeGreaterThan(0.02);
      expect(share).toBeLessThan(0.08);
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
