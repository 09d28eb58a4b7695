/** Counts of versions summed up to histograms of distances. */
import type { Histogram } from '../../documents/policy/policy.js';
import { DataError } from '../../errors.js';
import { quoted } from '../../lib/text.js';

/** Masses of distances, one histogram for every value of `by` (or one under `only`). */
export class Tally {
  private readonly masses = new Map<string, Map<number, number>>();

  add(key: string, distance: number, count: number): void {
    const histogram = this.masses.get(key) ?? new Map<number, number>();
    this.masses.set(key, histogram);
    histogram.set(distance, (histogram.get(distance) ?? 0) + count);
  }

  normalised(): Map<string, Histogram> {
    return new Map(
      [...this.masses].map(([key, masses]) => {
        const total = [...masses.values()].reduce((sum, mass) => sum + mass, 0);
        const shares = [...masses]
          .filter(([, mass]) => mass > 0)
          .map(([k, mass]): [number, number] => [k, mass / total]);
        return [key, new Map(shares.sort(([a], [b]) => a - b))];
      }),
    );
  }
}

/** The histograms, each of which has some mass. DataError where one, or all, have none. */
export function nonEmpty(histograms: Map<string, Histogram>, file: string, value: string): Map<string, Histogram> {
  const empty = [...histograms].find(([, histogram]) => histogram.size === 0);
  if (histograms.size > 0 && !empty) return histograms;
  const of = value === '' ? '' : ` of ${quoted(value)}`;
  throw new DataError([
    { place: { file }, found: `no count${of} above 0`, expected: 'at least one pair of versions that served' },
  ]);
}
