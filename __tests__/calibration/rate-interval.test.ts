/** Intervals of a rate by what past versions showed: held against exact bounds and against families that are drawn. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundsOf, risesTowards } from '../../src/calibration/rate-interval.js';
import { Random } from '../support/xoshiro.js';

const bounds = (excess: readonly number[], shared = 0) => boundsOf({ excess: Float64Array.from(excess), shared });
const OUT = Number.POSITIVE_INFINITY;

describe('the interval of a rate', () => {
  // scipy.stats.beta.ppf: (0.05, b, m - b + 1) and (0.95, b + 0.5, m - b + 0.5).
  it.each([
    [1, 3, 0.0169524275084415, 0.764465958557378],
    [2, 6, 0.06284989170835438, 0.6591979682991529],
    [4, 4, 0.472870804501588, 1],
  ])('of %d versions of %d that are out is that of the count', (out, versions, lower, upper) => {
    const found = bounds(Array.from({ length: versions }, (_, a) => (a < out ? OUT : -1)));
    expect(found.lower).toBeCloseTo(lower, 9);
    expect(found.upper).toBeCloseTo(upper, 9);
  });

  it('counts versions whose noise is shared as one', () => {
    const one = bounds([OUT]);
    expect(bounds([OUT, OUT, OUT], 1).lower).toBeCloseTo(one.lower, 12);
    expect(bounds([OUT, OUT, OUT]).lower).toBeGreaterThan(one.lower);
  });

  it('is the narrower above the farther versions are within their margins', () => {
    const upper = (far: number) => bounds([-far, -far - 1, -far + 1, -far]).upper;
    // None of four: scipy.stats.beta.ppf(0.95, 0.5, 4.5).
    expect(upper(1.1)).toBeCloseTo(0.36248681276449385, 9);
    expect(upper(12)).toBeLessThan(upper(1.1));
    expect(upper(120)).toBeLessThan(0.001);
  });

  it('is all that there is where nothing is known, and nothing where nothing can vary', () => {
    expect(bounds([])).toMatchObject({ lower: 0, upper: 1 });
    expect(bounds([-OUT, -OUT])).toMatchObject({ lower: 0, upper: 0 });
    expect(bounds([Number.NaN, -5]).lower).toBeGreaterThan(0);
  });

  it('holds the rate of families whose versions are drawn, whatever their distribution', () => {
    const random = new Random(20);
    const exponential = () => -Math.log(random.uniform());
    const draws: Record<string, () => number> = {
      normal: () => random.normal(),
      skewed: () => exponential() - 1,
      heavy: () => random.normal() / Math.sqrt(exponential()),
      odd: () => random.normal() + (random.uniform() < 0.1 ? 6 : 0),
    };
    for (const [name, draw] of Object.entries(draws))
      for (const versions of [3, 6, 10]) {
        let [held, families] = [0, 0];
        for (const margin of [0.2, 1, 2, 3]) {
          let above = 0;
          for (let i = 0; i < 4000; i++) if (draw() > margin) above++;
          for (let f = 0; f < 60; f++, families++) {
            const { lower, upper } = bounds(Array.from({ length: versions }, () => draw() - margin));
            if (lower <= above / 4000 && above / 4000 <= upper) held++;
          }
        }
        expect(held / families, `${name}, ${versions} versions`).toBeGreaterThan(0.87);
      }
  });

  it('lies between 0 and 1, the lower end below the upper one', () => {
    const far = fc.oneof(fc.double({ min: -50, max: 50, noNaN: true }), fc.constantFrom(OUT, -OUT, Number.NaN));
    fc.assert(
      fc.property(
        fc.array(far, { minLength: 1, maxLength: 12 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (all, s) => {
          const { lower, upper } = bounds(all, s);
          expect(0 <= lower && lower <= upper && upper <= 1).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('a rise from version to version', () => {
  it('is said at one chance in twenty at most', () => {
    // P(no fall): 1/24 of four versions, 1/6 of three.
    expect(risesTowards(Float64Array.from([4, 3, 2, 1]))).toBe(true);
    expect(risesTowards(Float64Array.from([4, 3, 1, 2]))).toBe(false);
    expect(risesTowards(Float64Array.from([3, 2, 1]))).toBe(false);
    expect(risesTowards(Float64Array.from([1, 2, 3, 4]))).toBe(false);
    // Six versions, two falls: (1 + 5 + 14) / 720 of all orders; three: (1 + 5 + 14 + 29) / 720, which is too many.
    expect(risesTowards(Float64Array.from([5, 6, 4, 3, 1, 2]))).toBe(true);
    expect(risesTowards(Float64Array.from([5, 6, 3, 4, 1, 2]))).toBe(false);
  });

  it('lifts the upper end to what one more step would give', () => {
    const rising = bounds([-4, -7, -10, -13, -16, -19]);
    const mixed = bounds([-7, -4, -16, -10, -19, -13]);
    expect(rising.upper).toBeGreaterThan(mixed.upper);
    expect([rising.rising, mixed.rising]).toEqual([true, false]);
  });
});
