/**
 * Where production's version distances come from, best first: counted impressions, an index manifest, a declared cadence, or a histogram that someone wrote.
 * The report says which.
 */
import { readFileSync } from 'node:fs';
import type { Cadence, DistanceSource, Histogram, SkewPolicy } from '../../documents/policy/policy.js';
import type { Release } from '../../documents/release/release.js';
import { ConfigError, DataError, type Place, type Problem } from '../../errors.js';
import { doubledKey, parseExactJson } from '../../lib/json.js';
import { didYouMean, list, printable, quoted } from '../../lib/text.js';
import { pointerProblem } from '../artefacts/pointers.js';
import { asWritten, type Column, isNull, textAt } from '../tables/column.js';
import { sliceValuesOf } from '../tables/identity.js';
import { readTable } from '../tables/read-table.js';
import { BadRows, type Table } from '../tables/table.js';
import { encodingProblem } from '../tables/text-file.js';
import { histogramOfCadence, MAX_BEHIND, mostBehind } from './cadence.js';

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

/** Masses of distances, one histogram for every value of `by` (or one under `only`). */
class Tally {
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

/** Impressions counted by (query_version, item_version): the distance is how many versions the item side is behind. */
function fromCounts(table: Table, value: string, by: string | undefined, release: Release): Map<string, Histogram> {
  const column = (name: string): Column => {
    const found = table.columns.get(name);
    if (found) return found;
    throw new DataError([
      {
        place: { file: table.file },
        found: `no column ${quoted(name)}`,
        expected: 'query_version, item_version and count',
      },
    ]);
  };
  const query = asWritten(column('query_version'));
  const item = asWritten(column('item_version'));
  const count = column('count');
  // A column of the slice's name tells the rows of one value from another's.
  const slice = by === undefined ? undefined : table.columns.get(by);
  if (by !== undefined && value === '' && !slice) column(by);
  const bad = new BadRows(table);
  const slices = slice && sliceValuesOf(slice, by!, bad);
  const tally = new Tally();
  const versionAt = (versions: Column, name: string, r: number): number => {
    const version = isNull(versions, r) ? '' : textAt(versions, r);
    const index = release.versions.indexOf(version);
    if (index < 0)
      bad.add(
        r,
        name,
        quoted(version),
        `a version of ${release.path}: ${list(release.versions)}`,
        'List it there; it needs no checkpoint.',
      );
    return index;
  };
  for (let r = 0; r < table.rows; r++) {
    const key = slices ? (slices.names[slices.codes[r]!] ?? '') : value;
    if (value !== '' && key !== value) continue;
    const number =
      count.type === 'string' || count.type === 'list' || isNull(count, r) ? Number.NaN : Number(count.values[r]);
    if (!(number >= 0 && number < Number.POSITIVE_INFINITY))
      bad.add(r, 'count', textAt(count, r), 'a count of 0 or above');
    const distance = versionAt(item, 'item_version', r) - versionAt(query, 'query_version', r);
    tally.add(key, distance, number);
  }
  bad.throwIfAny();
  return nonEmpty(tally.normalised(), table.file, value);
}

function nonEmpty(histograms: Map<string, Histogram>, file: string, value: string): Map<string, Histogram> {
  const empty = [...histograms].find(([, histogram]) => histogram.size === 0);
  if (histograms.size > 0 && !empty) return histograms;
  const of = value === '' ? '' : ` of ${quoted(value)}`;
  throw new DataError([
    { place: { file }, found: `no count${of} above 0`, expected: 'at least one pair of versions that served' },
  ]);
}

interface ManifestEntry {
  readonly item_version?: unknown;
  readonly items?: unknown;
  readonly exposure?: unknown;
  readonly [key: string]: unknown;
}

/** Versions in the index, seen from the live query version; weighed by exposure where it is given, else by items. */
function fromManifest(
  path: string,
  shown: string,
  value: string,
  by: string | undefined,
  release: Release,
  notices: string[],
): Map<string, Histogram> {
  const entries = parseManifest(path, shown);
  const problems: Problem[] = [];
  const tally = new Tally();
  const live = release.versions.indexOf(release.live);
  const exposed = entries.every((entry) => typeof entry.exposure === 'number');
  if (!exposed)
    notices.push(
      `${shown}: weighed by items, not by exposure. Items that are shown more often are usually fresher or staler than the average one: give exposure.`,
    );
  for (const [i, entry] of entries.entries()) {
    const where = { file: shown };
    const key = by !== undefined && entry[by] !== undefined ? String(entry[by]) : value;
    if (value !== '' && key !== value) continue;
    if (by !== undefined && value === '' && entry[by] === undefined)
      problems.push({
        place: where,
        found: `entry ${i + 1} without ${quoted(by)}`,
        expected: 'the slice value of every entry',
      });
    const version = String(entry.item_version ?? '');
    const index = release.versions.indexOf(version);
    if (index < 0) {
      const near = didYouMean(version, release.versions);
      problems.push({
        place: where,
        found: `entry ${i + 1} with item_version ${quoted(version)}`,
        expected: `a version of ${release.path}: ${list(release.versions)}`,
        ...(near ? { mend: `Did you mean "${near}"?` } : {}),
      });
    }
    const written = exposed ? entry.exposure : entry.items;
    const weight = typeof written === 'bigint' ? Number(written) : written;
    if (typeof weight !== 'number' || !(weight >= 0) || !Number.isFinite(weight))
      problems.push({
        place: where,
        found: `entry ${i + 1} with ${exposed ? 'exposure' : 'items'} ${quoted(weight)}`,
        expected: 'a number of 0 or above',
      });
    else tally.add(key, index - live, weight);
  }
  if (problems.length > 0) throw new DataError(problems);
  return nonEmpty(tally.normalised(), shown, value);
}

function parseManifest(path: string, shown: string): ManifestEntry[] {
  const pointer = pointerProblem(path, shown);
  if (pointer) throw new DataError([pointer]);
  const bytes = readFileSync(path);
  const encoding = encodingProblem(bytes, shown, () => undefined);
  if (encoding) throw new DataError([encoding]);
  const text = bytes.toString('utf8');
  let parsed: unknown;
  try {
    parsed = parseExactJson(text);
  } catch (error) {
    throw new DataError([
      {
        place: { file: shown },
        found: `JSON that cannot be read (${printable((error as Error).message)})`,
        expected: 'a list of {item_version, items}',
      },
    ]);
  }
  const doubled = doubledKey(text);
  if (doubled)
    throw new DataError([
      { place: { file: shown }, found: `key ${quoted(doubled.key)} twice in one entry`, expected: 'every key once' },
    ]);
  if (
    Array.isArray(parsed) &&
    parsed.every((entry) => typeof entry === 'object' && entry !== null && !Array.isArray(entry))
  )
    return parsed as ManifestEntry[];
  throw new DataError([
    {
      place: { file: shown },
      found: 'JSON of another shape',
      expected: 'a list of entries',
      mend: 'Write: [{"item_version": "v42", "items": 1000000}]',
    },
  ]);
}

/** Canary: a share of traffic asks with X + 1, one more version ahead; rollback: with X - 1, which meets newer items. */
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
  const { by, place, places } = policy.production!.distances;
  if (by === undefined) return;
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
