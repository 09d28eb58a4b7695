/**
 * Resolves production's version distances from their source, best first: counted impressions, an index manifest, a
 * declared cadence, or a histogram that someone wrote. The report says which.
 */
import type { Cadence, DistanceSource, Histogram, SkewPolicy } from '../../documents/policy/policy.js';
import type { Release } from '../../documents/release/release.js';
import { ConfigError, type Place, type Problem } from '../../errors.js';
import { list, quoted } from '../../lib/text.js';
import { readTable } from '../tables/read-table.js';
import { histogramOfCadence, MAX_BEHIND, mostBehind } from './cadence.js';
import { fromCounts } from './counts.js';
import { fromManifest } from './manifest.js';

export type SourceKind = DistanceSource['kind'];

export interface ResolvedHistogram {
  readonly histogram: Histogram;
  readonly source: SourceKind;
}

export interface ResolvedDistances {
  /** The slice column that chooses a row's histogram; undefined: one for all rows. */
  readonly by?: string;
  /** Keyed by the slice value; the one of all rows under the empty key. */
  readonly histograms: ReadonlyMap<string, ResolvedHistogram>;
  readonly notices: readonly string[];
}

/** Makes histograms of whatever the policy gives; undefined without `production`. */
export async function readDistances(policy: SkewPolicy, release: Release): Promise<ResolvedDistances | undefined> {
  if (!policy.production) return undefined;
  const { by, sources } = policy.production.distances;
  const notices: string[] = [];
  const histograms = new Map<string, ResolvedHistogram>();
  for (const [value, source] of sources) {
    if (source.kind === 'cadence')
      refuseFarBehind(
        source.cadence,
        policy.production.distances.places.get(value) ?? policy.production.distances.place,
      );
    for (const [key, histogram] of await resolve(source, value, by, release, notices)) {
      const shifted = withShifts(histogram, policy.production.canary, policy.production.rollback);
      histograms.set(key, { histogram: shifted, source: source.kind });
    }
  }
  return { ...(by === undefined ? {} : { by }), histograms, notices };
}

/** A unit that is wrong by a thousand would be computed for minutes, and rounding would be all that is left of it. */
function refuseFarBehind(cadence: Cadence, place: Place): void {
  const behind = mostBehind(cadence);
  if (behind <= MAX_BEHIND) return;
  throw new ConfigError([
    {
      place,
      found: `a cadence whose oldest index is ${Math.round(behind).toLocaleString('en-US')} checkpoints behind`,
      expected: `at most ${MAX_BEHIND.toLocaleString('en-US')}`,
      mend: 'Compare checkpoint_period with the other times: m is a minute, h an hour, d a day, w a week.',
    },
  ]);
}

async function resolve(
  source: DistanceSource,
  value: string,
  by: string | undefined,
  release: Release,
  notices: string[],
): Promise<ReadonlyMap<string, Histogram>> {
  switch (source.kind) {
    case 'histogram':
      return new Map([[value, source.masses]]);
    case 'cadence':
      return new Map([[value, histogramOfCadence(source.cadence)]]);
    case 'counts': {
      const { shown } = source;
      const wanted = ['query_version', 'item_version', 'count', ...(by === undefined ? [] : [by])];
      const table = await readTable(source.path, shown, wanted, source.place);
      notices.push(...(table.notices ?? []));
      return fromCounts(table, value, by, release);
    }
    case 'manifest':
      return fromManifest(source.path, source.shown, value, by, release, notices);
  }
}

/**
 * Canary: a share of traffic asks with X + 1, one more version ahead; rollback: with X - 1, which meets newer items.
 */
function withShifts(histogram: Histogram, canary: number, rollback: number): Histogram {
  if (canary === 0 && rollback === 0) return histogram;
  const shifted = new Map<number, number>();
  const add = (by: number, share: number) => {
    if (share > 0) for (const [k, mass] of histogram) shifted.set(k + by, (shifted.get(k + by) ?? 0) + share * mass);
  };
  add(0, 1 - canary - rollback);
  add(1, canary);
  add(-1, rollback);
  return new Map([...shifted].sort(([a], [b]) => a - b));
}

/** A histogram for every slice value, and none too many. */
export function requireSliceValues(distances: ResolvedDistances, policy: SkewPolicy, values: readonly string[]): void {
  if (policy.production?.distances.by === undefined) return;
  const { by, place, places } = policy.production.distances;
  const problems: Problem[] = [];
  const without = values.filter((value) => !distances.histograms.has(value));
  if (without.length > 0)
    problems.push({
      place,
      found: `no histogram of ${by} ${list(without.map(quoted))}, which the eval set has`,
      expected: `one for every value of ${quoted(by)}: ${list(values.map(quoted), 20)}`,
    });
  for (const value of distances.histograms.keys())
    if (!values.includes(value))
      problems.push({
        place: places.get(value) ?? place,
        found: `a histogram of ${by} ${quoted(value)}, of which the eval set has no row`,
        expected: `a value of ${quoted(by)}: ${list(values.map(quoted), 20)}`,
      });
  if (problems.length > 0) throw new ConfigError(problems);
}
