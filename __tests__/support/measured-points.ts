/** Points of two quantities that are measured with errors: scipy's fixtures, and arbitrary ones. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { uniform } from '../fixtures/metrics.js';

export interface Points {
  readonly x: number[];
  readonly sx: number[];
  readonly y: number[];
  readonly sy: number[];
}

interface Line {
  readonly slope: number;
  readonly intercept: number;
  readonly slope_error: number;
  readonly intercept_error: number;
  readonly mswd: number;
}

interface Fixture {
  readonly lines: Readonly<Record<string, Points & Line & { readonly odr: Line }>>;
  readonly equal_ratio: readonly { x: number[]; y: number[]; delta: number; slope: number; intercept: number }[];
  readonly monte_carlo: Points & { readonly slope: number; readonly intercept: number };
  readonly correlations: readonly (Points & {
    readonly measured: number;
    readonly reliability: [number, number];
    readonly corrected: number | null;
    readonly lower: number;
    readonly upper: number;
  })[];
  readonly concordance: readonly { same: number; points: number; lower: number; upper: number }[];
}

export const { deming: fixture } = JSON.parse(
  readFileSync(new URL('../fixtures/outcomes.json', import.meta.url), 'utf8'),
) as {
  deming: Fixture;
};

/** Points about a line, whose x differ by more than their errors. */
export const points: fc.Arbitrary<Points> = fc
  .record({ n: fc.integer({ min: 4, max: 12 }), slope: uniform(0.3, 3), sign: fc.constantFrom(-1, 1) })
  .chain(({ n, slope, sign }) => {
    const column = (min: number, max: number) => fc.array(uniform(min, max), { minLength: n, maxLength: n });
    return fc.record({ off: column(-0.2, 0.2), up: column(-0.2, 0.2), sx: column(0.1, 0.4), sy: column(0.1, 0.4) }).map(
      ({ off, up, sx, sy }): Points => ({
        x: off.map((d, i) => i + d),
        sx,
        y: up.map((d, i) => 2 + sign * slope * i + d),
        sy,
      }),
    );
  });
