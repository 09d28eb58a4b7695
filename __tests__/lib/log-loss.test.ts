import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CLIP, logLoss } from '../../src/lib/log-loss.js';
import { expectNear, uniform } from '../fixtures/metrics.js';

describe('the log loss of one prediction', () => {
  test('is -ln of what it gave to what happened', () => {
    expectNear(logLoss(0.25, 1), Math.log(4), 'positive', 1e-15);
    expectNear(logLoss(0.25, 0), -Math.log(0.75), 'negative', 1e-15);
    expectNear(logLoss(0.5, 0.3), Math.log(2), 'a share', 1e-15);
  });

  test('is finite at and beyond 0 and 1, as it is at the clip', () => {
    expect(logLoss(0, 1)).toBe(logLoss(CLIP, 1));
    expect(logLoss(-3, 1)).toBe(logLoss(CLIP, 1));
    expect(logLoss(1, 0)).toBe(logLoss(1 - CLIP, 0));
    expect(logLoss(2, 0)).toBe(logLoss(1 - CLIP, 0));
    expectNear(logLoss(0, 1), -Math.log(1e-7), 'at 0', 1e-15);
    expectNear(logLoss(1, 0), -Math.log(1e-7), 'at 1', 1e-9);
    // Not cut: just within.
    expect(logLoss(2 * CLIP, 1)).toBeLessThan(logLoss(CLIP, 1));
  });

  test('is no number of what is none', () => {
    expect(logLoss(Number.NaN, 1)).toBeNaN();
    expect(logLoss(0.5, Number.NaN)).toBeNaN();
  });

  test('is least where the prediction is the label', () => {
    fc.assert(
      fc.property(uniform(0.001, 0.999), uniform(0, 1), (y, p) => {
        expect(logLoss(p, y)).toBeGreaterThanOrEqual(logLoss(y, y) - 1e-12);
      }),
    );
  });
});
