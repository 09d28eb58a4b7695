/** Rates of a model whose truth is known in closed form. */
import { describe, expect, it } from 'vitest';
import { normal } from '../../src/calibration/draws.js';
import { DRAWS, type Modelled } from '../../src/calibration/model.js';
import { Unchanged } from '../../src/calibration/rates.js';
import type { Rule } from '../../src/documents/policy/policy.js';
import { UNKNOWN } from '../../src/estimation/statistics/claims.js';
import { normalQuantile, studentTail } from '../../src/estimation/statistics/student-t.js';

const PLACE = { file: 'a.yml', line: 1, column: 1 };

/** Normal by its quantiles, in an order of its own. */
function noise(stream: number): Float64Array {
  const order = Array.from({ length: DRAWS }, (_, n) => n).sort((a, b) => normal(stream, a, 0) - normal(stream, b, 0));
  const values = new Float64Array(DRAWS);
  for (const [rank, n] of order.entries()) values[n] = normalQuantile((rank + 0.5) / DRAWS);
  return values;
}

const version = (value: number) => ({ value, standardError: 1, reach: 1.645, open: false });

function claim(own: Partial<Modelled>): Modelled {
  const rule: Rule = {
    ...{ index: 0, metric: 'log_loss', operator: 'max_increase', threshold: 1, thresholdText: '1', relative: false },
    ...{ claim: 'checkpoint', at: [1], slices: [[]], level: 'fail' },
    ...{ place: PLACE, metricPlace: PLACE, atPlace: PLACE, slicesPlace: PLACE },
  };
  return {
    history: {
      claim: { rule, cell: 0, at: 1, estimate: UNKNOWN, bounds: { upper: 1 }, open: undefined },
      required: true,
      past: undefined,
    },
    ...{ rule: 0, required: true, side: 1, allowed: 3, mean: 0, live: 0, standardError: 1, df: 1e6 },
    ...{ reach: 1.645, convicts: 2, errorOfMean: 0, deviations: new Float64Array(0), between: 0, ofRows: 0 },
    ...{ shown: [version(0)], moderated: 0, noise: noise(11), noiseOfMean: noise(12) },
    ...own,
  };
}

const phi = (z: number) => 1 - studentTail(z, 1e7);
const of = (claims: readonly Modelled[]) => new Unchanged(claims).rates(claims.map((_, j) => j));

describe('the rate of an unchanged release', () => {
  it('of noise alone is what the normal distribution says', () => {
    // Passes where z + 1.645 ≤ 3.
    const { blocked, failed, halves } = of([claim({})]);
    expect(halves).toBeCloseTo(1 - phi(3 - 1.645), 2);
    expect(blocked.rate).toBeCloseTo(1 - phi(3 - 1.645), 2);
    expect(failed.rate).toBe(0);
    // One version that passed says little.
    expect(blocked.lower).toBe(0);
    expect(blocked.upper).toBeGreaterThan(0.7);
  });

  it('counts a fall for a rule against falls, and either for one against both', () => {
    expect(of([claim({ side: -1, live: -2, mean: -2 })]).halves).toBeCloseTo(phi(-1.355 + 2), 2);
    expect(of([claim({ side: 0 })]).halves).toBeCloseTo(2 * (1 - phi(1.355)), 2);
  });

  it('fails where the bound that convicts is beyond the margin', () => {
    const { failed } = of([claim({ live: 4, mean: 4 })]);
    expect(failed.rate).toBeCloseTo(phi(4 - 3 - 2), 2);
  });

  it('of cells that move together is that of one, of cells that do not that of either', () => {
    const [one, same] = [claim({}), claim({})];
    const other = claim({ noise: noise(13) });
    const p = 1 - phi(1.355);
    expect(of([one, same]).halves).toBeCloseTo(p, 2);
    expect(Math.abs(of([one, other]).halves - (1 - (1 - p) ** 2))).toBeLessThan(3 * Math.sqrt(0.15 / DRAWS));
  });

  /** Versions whose changes are the quantiles of a normal distribution of variance 4, of which 1 is the rows' noise. */
  function family(m: number): Modelled {
    const raw = Array.from({ length: m }, (_, a) => normalQuantile((a + 0.5) / m));
    const scale = Math.sqrt(4 / (raw.reduce((sum, d) => sum + d * d, 0) / (m - 1)));
    const deviations = Float64Array.from(raw, (d) => d * scale);
    const shown = Array.from(deviations, version).sort((a, b) => Math.sin(40 * a.value) - Math.sin(40 * b.value));
    return claim({ deviations, shown, between: 4, moderated: 4, ofRows: 1 });
  }

  it('has the spread of versions beside the noise of the rows, where there are many', () => {
    // Of the variance of 4 between versions 1 is noise: a release varies by 3 and by its own noise of 1.
    const { blocked } = of([family(200)]);
    const expected = 1 - phi(1.355 / 2);
    expect(blocked.lower).toBeLessThan(expected);
    expect(blocked.upper).toBeGreaterThan(expected);
    expect(Math.abs(blocked.rate - expected)).toBeLessThan(0.06);
  });

  it('counts the versions that were seen, with the share of one of them given their mean in the place of a half', () => {
    // Four versions, one of them out; of the error of 1 their mean has 0.6, of their variance between them a quarter.
    const deviations = Float64Array.of(-1, 0, -1, 2);
    const shown = Array.from(deviations, version);
    const { blocked } = of([claim({ deviations, shown, between: 2, moderated: 4, errorOfMean: 0.6 })]);
    const given = 1 - phi(1.355 / Math.sqrt(1 - 0.6 ** 2 + 4 * (1 - 1 / 4)));
    const trials = 4 / (1 + 3 * (0.6 ** 2 / 5));
    expect(blocked.rate).toBeCloseTo((trials / 4 + 2 * given) / (trials + 2), 1);
  });

  it('is by its model in the mean over families what it is in truth', () => {
    // Changes x = r + v, r of the rows that all versions share and v of each: the next one varies by 1 + 4 around 0, the
    // mean of four by 1 + 4 / 4.
    const truth = 1 - phi(1.355 / Math.sqrt(5));
    const away = [-1, 0, -1, 2];
    const models = Array.from({ length: 60 }, (_, n) => {
      const mean = Math.sqrt(2) * normalQuantile((n + 0.5) / 60);
      const own = { mean, errorOfMean: 1, between: 2, moderated: 4, deviations: Float64Array.from(away) };
      const { rate } = of([claim({ ...own, shown: away.map((x) => version(mean + x)) })]).blocked;
      const share = away.filter((x) => mean + x > 1.355).length / 4;
      const trials = 4 / (1 + 3 / 5);
      return ((trials + 2) * rate - trials * share) / 2;
    });
    // Draws around the likeliest mean would be out in 1 - phi(1.355 / sqrt(5 + 2)) = 30 % in place of 27 %.
    expect(Math.abs(models.reduce((sum, rate) => sum + rate, 0) / 60 - truth)).toBeLessThan(0.012);
  });

  it('is the less certain the fewer versions there are, and the more of their noise they share', () => {
    const width = (m: number, errorOfMean = 0) => {
      const { lower, upper } = of([{ ...family(m), errorOfMean }]).blocked;
      return upper - lower;
    };
    expect(width(3)).toBeGreaterThan(width(8));
    expect(width(8)).toBeGreaterThan(width(60));
    expect(width(60, 1)).toBeGreaterThan(width(60));
  });

  it('counts versions that were open on grounds of their own as blocked, and not as failed', () => {
    const shown = Array.from({ length: 5 }, () => ({ ...version(-9), open: true }));
    const { blocked, failed } = of([{ ...family(5), shown }]);
    expect(blocked.upper).toBe(1);
    expect(blocked.lower).toBeGreaterThan(0.5);
    expect(failed.lower).toBe(0);
  });

  it('never passes what is no number', () => {
    expect(of([claim({ live: Number.NaN, mean: Number.NaN })]).halves).toBe(1);
  });
});
