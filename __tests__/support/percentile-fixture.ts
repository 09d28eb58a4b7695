/** Percentiles of numpy and scipy, of raw values and of histograms. */
import { readFileSync } from 'node:fs';
import type { BucketCounts } from '../../src/estimation/statistics/percentiles.js';

interface Fixture {
  readonly p: number[];
  readonly raw: readonly {
    readonly values: number[];
    readonly weights: number[];
    readonly linear: number[];
    readonly nearest: number[];
    readonly weighted_linear: number[];
    readonly weighted_nearest: number[];
  }[];
  readonly intervals: readonly {
    readonly n: number;
    readonly p: number;
    readonly confidence: number;
    readonly lower: number | null;
    readonly upper: number | null;
  }[];
  readonly histogram: BucketCounts & { readonly percentiles: [number, number][] };
}

export const { percentiles: fixture } = JSON.parse(
  readFileSync(new URL('../fixtures/outcomes.json', import.meta.url), 'utf8'),
) as { percentiles: Fixture };
