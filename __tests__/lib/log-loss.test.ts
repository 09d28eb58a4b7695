import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CLIP, rowLogLoss } from '../../src/lib/log-loss.js';
import { expectNear, uniform } from '../fixtures/metrics.js';

describe('the log loss of one prediction', () => {
  test('is -ln of what it gave to what happened', () => {
    expectNear(rowLogLoss(0.25, 1), Math.log(4), 'positive', 1e-15);
    expectNear(rowLogLoss(0.25, 0), -Math.log(0.75), 'negative', 1e-15);
    expectNear(rowLogLoss(0.5, 0.3), Math.log(2), 'a share', 1e-15);
  });

  test('is finite at and beyond 0 and 1, as it is at the clip', () => {
    expect(rowLogLoss(0, 1)).toBe(rowLogLoss(CLIP, 1));
    expect(rowLogLoss(-3, 1)).toBe(rowLogLoss(CLIP, 1));
    expect(rowLogLoss(1, 0)).toBe(rowLogLoss(1 - CLIP, 0));
    expect(rowLogLoss(2, 0)).toBe(rowLogLoss(1 - CLIP, 0));
    expectNear(rowLogLoss(0, 1), -Math.log(1e-7), 'at 0', 1e-15);
    expectNear(rowLogLoss(1, 0), -Math.log(1e-7), 'at 1', 1e-9);
    // Not cut: just within.
    expect(rowLogLoss(2 * CLIP, 1)).toBeLessThan(rowLogLoss(CLIP, 1));
  });

  test('is no number of what is none', () => {
    expect(rowLogLoss(Number.NaN, 1)).toBeNaN();
    expect(rowLogLoss(0.5, Number.NaN)).toBeNaN();
  });

  test('is least where the prediction is the label', () => {
    fc.assert(
      fc.property(uniform(0.001, 0.999), uniform(0, 1), (y, p) => {
        expect(rowLogLoss(p, y)).toBeGreaterThanOrEqual(rowLogLoss(y, y) - 1e-12);
      }),
    );
  });
});
