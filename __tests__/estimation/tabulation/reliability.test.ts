/** Reliability diagrams sum up to the ece and the calibration that scikit-learn and numpy have computed of the rows. */
import { describe, expect, test } from 'vitest';
import { cellOf, expectNear, fixture, fixtureStates, realEvalSet, tabulation } from '../../fixtures/metrics.js';

describe('a reliability diagram', () => {
  const { real } = fixture;
  const evalSet = realEvalSet();
  const states = fixtureStates(real.scores.length, evalSet.slices.get('market')!, real.histograms);
  const { tab, cells } = tabulation(evalSet, real.scores, { metrics: ['ece', 'log_loss', 'calibration'], states });
  const points = real.cells.flatMap(({ slice, metrics }) =>
    metrics.ece!.map((ece, state) => ({
      what: `${JSON.stringify(slice)} at state ${state}`,
      bins: tab.reliability!.bins('ece', cellOf(cells, slice), state)!,
      ece: ece[0]!,
      calibration: metrics.calibration![state]![0]!,
    })),
  );

  test('has the whole weight of the cell, from low predictions to high ones', () => {
    expect(points.length).toBeGreaterThan(20);
    for (const { bins, what } of points) {
      expectNear(
        bins.reduce((sum, { share }) => sum + share, 0),
        1,
        what,
      );
      const predicted = bins.map((bin) => bin.predicted);
      expect(predicted, what).toEqual([...predicted].sort((a, b) => a - b));
    }
  });

  test('is off by the ece, and its sums stand to each other as the calibration says', () => {
    for (const { bins, what, ece, calibration } of points) {
      const mean = (of: (bin: (typeof bins)[number]) => number) =>
        bins.reduce((sum, bin) => sum + bin.share * of(bin), 0);
      expectNear(
        mean(({ predicted, actual }) => Math.abs(predicted - actual)),
        ece,
        `${what}, ece`,
      );
      expectNear(
        mean(({ predicted }) => predicted) / mean(({ actual }) => actual),
        calibration,
        `${what}, calibration`,
      );
    }
  });

  test('is the same of both metrics, and none of another', () => {
    expect(tab.reliability!.bins('calibration', 0, 1)).toEqual(tab.reliability!.bins('ece', 0, 1));
    expect(tab.reliability!.bins('log_loss', 0, 1)).toBeUndefined();
    expect(tabulation(evalSet, real.scores, { metrics: ['log_loss'], states }).tab.reliability).toBeUndefined();
  });
});
