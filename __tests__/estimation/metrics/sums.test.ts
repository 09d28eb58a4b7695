import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SumMetric, Sums } from '../../../src/estimation/metrics/metric.js';
import { METRICS } from '../../../src/estimation/metrics/registry.js';
import { expectClose, expectNear, fixture, uniform } from '../../fixtures/metrics.js';

const sumMetrics = METRICS.filter((metric): metric is SumMetric => metric.kind === 'sums');
const byId = (id: string): SumMetric => sumMetrics.find((metric) => metric.id === id)!;
const sumsOf = ([w, wy, current, aligned]: readonly number[]): Sums => ({
  w: w!,
  wy: wy!,
  current: current!,
  aligned: aligned!,
});
const gradientOf = (metric: SumMetric, sums: Sums): number[] => {
  const { w, wy, current, aligned } = metric.evaluate(sums);
  return [w ?? 0, wy ?? 0, current ?? 0, aligned ?? 0];
};

describe.each(sumMetrics.map((metric) => [metric.id, metric] as const))('%s', (id, metric) => {
  test('has the value and the gradient of its definition (complex-step derivatives)', () => {
    for (const [i, { sums, expected }] of fixture.sums.entries()) {
      const { value, gradient } = expected[id]!;
      expectNear(metric.evaluate(sumsOf(sums)).value, value, `case ${i}`);
      for (const [j, derivative] of gradientOf(metric, sumsOf(sums)).entries())
        expectClose(derivative, gradient[j]!, `case ${i}, derivative ${j}`);
    }
  });

  test('has the gradient that central differences of its value give', () => {
    fc.assert(
      fc.property(
        uniform(1, 1e5),
        uniform(0.01, 0.99),
        uniform(0.05, 0.9),
        uniform(0.05, 0.9),
        (w, rate, current, aligned) => {
          // Away from where the aligned model knows nothing: information retained has a pole there.
          const h = -rate * Math.log(rate) - (1 - rate) * Math.log1p(-rate);
          const point = [w, w * rate, w * h * current, w * h * aligned];
          const gradient = gradientOf(metric, sumsOf(point));
          const { value } = metric.evaluate(sumsOf(point));
          for (let j = 0; j < 4; j++) {
            const step = 1e-5 * point[j]!;
            const at = (by: number) => metric.evaluate(sumsOf(point.with(j, point[j]! + by))).value;
            const numeric = (8 * (at(step / 2) - at(-step / 2)) - (at(step) - at(-step))) / (6 * step);
            // As an elasticity: derivative times the sum, against the value's own size.
            const scale = Math.max(1, Math.abs(value), Math.abs(gradient[j]! * point[j]!));
            expect(Math.abs(numeric - gradient[j]!) * point[j]! <= 1e-7 * scale).toBe(true);
          }
        },
      ),
    );
  });

  test('does not change when all weights are scaled, and is then homogeneous of degree 0', () => {
    for (const { sums } of fixture.sums) {
      const scaled = sums.map((x) => 1000 * x);
      const { value } = metric.evaluate(sumsOf(sums));
      expectNear(metric.evaluate(sumsOf(scaled)).value, value, 'scaled', 1e-12);
      const gradient = gradientOf(metric, sumsOf(sums));
      const euler = gradient.reduce((sum, g, j) => sum + g * sums[j]!, 0);
      const size = gradient.reduce((sum, g, j) => sum + Math.abs(g * sums[j]!), 0);
      expect(Math.abs(euler)).toBeLessThanOrEqual(1e-12 * size);
    }
  });
});

describe('where a summed metric is undefined or says nothing', () => {
  test('calibration without positives has no finite value', () => {
    expect(byId('calibration').evaluate(sumsOf([10, 0, 3, 3])).value).toBeNaN();
  });

  test('calibration shift between sums that are not positive has no finite value', () => {
    for (const [current, aligned] of [
      [0, 1],
      [1, 0],
      [-1, 1],
      [-1, -1],
    ])
      expect(byId('calibration_shift').evaluate(sumsOf([10, 1, current!, aligned!])).value).toBeNaN();
  });

  test.each([0, 10])('normalized entropy of one class alone has no finite value (%d positives of 10)', (wy) => {
    expect(Number.isFinite(byId('normalized_entropy').evaluate(sumsOf([10, wy, 1, 1])).value)).toBe(false);
  });

  test('a cell whose weights are all 0 has no finite value', () => {
    for (const metric of sumMetrics) expect(Number.isFinite(metric.evaluate(sumsOf([0, 0, 0, 0])).value)).toBe(false);
  });

  test('information retained says that it means nothing where the aligned model is no better than the base rate', () => {
    const h = Math.log(2);
    expect(byId('information_retained').evaluate(sumsOf([10, 5, 10 * h, 10.1 * h])).meaningless).toBeDefined();
    expect(byId('information_retained').evaluate(sumsOf([10, 5, 10 * h, 10 * h])).meaningless).toBeDefined();
    expect(byId('information_retained').evaluate(sumsOf([10, 5, 9 * h, 8 * h])).meaningless).toBeUndefined();
    expect(byId('information_retained').evaluate(sumsOf([10, 0, 1, 1])).meaningless).toBeDefined();
  });

  test('at distance 0 calibration shift is 0 and information retained is 1', () => {
    expect(byId('calibration_shift').evaluate(sumsOf([10, 2, 3, 3])).value).toBe(0);
    expect(byId('information_retained').evaluate(sumsOf([10, 2, 3, 3])).value).toBe(1);
  });

  test('a relative change of normalized entropy is the relative change of the log loss', () => {
    const ne = byId('normalized_entropy');
    const loss = byId('log_loss');
    const ratio = (metric: SumMetric) =>
      metric.evaluate(sumsOf([50, 7, 21, 20])).value / metric.evaluate(sumsOf([50, 7, 20, 20])).value;
    expectNear(ratio(ne), ratio(loss), 'ratio', 1e-14);
  });
});
