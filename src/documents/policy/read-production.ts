/** The policy's `production`: which version distances the index really has, and where that is known from. */
import { isFile } from '../../data/artefacts/files.js';
import type { Place } from '../../errors.js';
import { list, quoted } from '../../lib/text.js';
import type { Path } from '../yaml/source.js';
import type { DistanceSource, Distances, Histogram, Production } from './policy.js';
import type { WrittenCadence, WrittenHistogram, WrittenProduction, WrittenSource } from './policy-file.js';
import { percentage } from './read-limit.js';
import type { PolicyReading } from './reading.js';

/** Shards where the policy does not say: a plan on how many is production's own. Judgement of this project. */
const DEFAULT_SHARDS = 16;

/** The distance from 1 that a histogram's sum may have and still be rounding. */
const SUM_TOLERANCE = 1e-6;

const AT: Path = ['production', 'distances'];
const BATCH_KEYS = ['build_period', 'build_duration', 'rollout'] as const;
const STREAMING_KEYS = ['refresh_rate', 'full_backfill_period', 'latency'] as const;

/** Distances that differ by the values of a slice column. */
type WrittenBySlice = Extract<WrittenProduction['distances'], { by: string }>;
/** Distances that another file, or a cadence, says. */
type WrittenElsewhere = Exclude<WrittenSource, WrittenHistogram>;

/** Reads `production`; `slices` are the eval set's slice columns. */
export function readProduction(raw: WrittenProduction, slices: readonly string[], reading: PolicyReading): Production {
  const { source } = reading;
  const share = (key: 'canary' | 'rollback') => percentage(raw[key] ?? '0%');
  const distances = isBySlice(raw.distances)
    ? readBySlice(raw.distances, slices, reading)
    : { sources: single(distanceSource(raw.distances, AT, reading)), places: new Map<string, Place>() };
  if (share('canary') + share('rollback') > 1)
    source.problem(
      source.keyPlace(['production', 'rollback']),
      'canary and rollback of more than all traffic',
      'shares that sum to 100% at most',
    );
  return {
    ...(raw.mix === undefined ? {} : { mix: raw.mix }),
    distances: { ...distances, place: source.place(AT) },
    shards: raw.shards ?? DEFAULT_SHARDS,
    canary: share('canary'),
    rollback: share('rollback'),
    place: source.keyPlace(['production']),
  };
}

function isBySlice(raw: WrittenProduction['distances']): raw is WrittenBySlice {
  return 'by' in raw;
}

function isElsewhere(raw: WrittenSource): raw is WrittenElsewhere {
  return 'counts' in raw || 'manifest' in raw || 'cadence' in raw;
}

/** One source a value of the slice column, or a file that has a column for it. */
function readBySlice(
  { by, slices: written, ...whole }: WrittenBySlice,
  slices: readonly string[],
  reading: PolicyReading,
): Pick<Distances, 'by' | 'sources' | 'places'> {
  const { source } = reading;
  if (!slices.includes(by)) reading.unknownSlice(by, source.place([...AT, 'by']), slices);
  if (written === undefined) return { by, sources: single(distanceSource(whole, AT, reading)), places: new Map() };
  const beside = Object.keys(whole);
  if (beside.length > 0)
    source.problem(source.keyPlace([...AT, beside[0]!]), `${list(beside)} beside slices`, 'one of the two');
  const sources = new Map<string, DistanceSource>();
  const places = new Map<string, Place>();
  for (const [value, one] of Object.entries(written)) {
    const path = [...AT, 'slices', value];
    const read = distanceSource(one, path, reading);
    if (read) sources.set(value, read);
    places.set(value, source.keyPlace(path));
  }
  return { by, sources, places };
}

/** Of all rows, whatever their slices. */
function single(source: DistanceSource | undefined): Map<string, DistanceSource> {
  return new Map(source ? [['', source]] : []);
}

/** The best of the sources that are given: counts, then manifest, then cadence; else the histogram itself. */
function distanceSource(raw: WrittenSource, path: Path, reading: PolicyReading): DistanceSource | undefined {
  if (!isElsewhere(raw)) return { kind: 'histogram', masses: histogramOf(raw, path, reading) };
  for (const kind of ['counts', 'manifest'] as const) {
    const written = raw[kind];
    if (written === undefined) continue;
    const place = reading.source.place([...path, kind]);
    const file = reading.table(written, place, kind);
    if (file && kind === 'manifest' && !isFile(file.path))
      return reading.source.problem(place, `a manifest of several files at ${quoted(written)}`, 'one JSON file');
    return file && { kind, ...file, place };
  }
  return raw.cadence && cadenceOf(raw.cadence, [...path, 'cadence'], reading);
}

function cadenceOf(raw: WrittenCadence, path: Path, { source }: PolicyReading): DistanceSource | undefined {
  const hours = (key: Exclude<keyof WrittenCadence, 'refresh_rate'>): number => toHours(raw[key] ?? '0h');
  const checkpointPeriod = hours('checkpoint_period');
  if (!(checkpointPeriod > 0))
    return source.problem(source.place([...path, 'checkpoint_period']), 'a checkpoint_period of 0', 'a time above 0');
  const streaming = STREAMING_KEYS.filter((key) => raw[key] !== undefined);
  const batch = BATCH_KEYS.filter((key) => raw[key] !== undefined);
  if (streaming.length > 0 && batch.length > 0)
    return source.problem(
      source.keyPlace([...path, streaming[0]!]),
      `${list(streaming)} beside ${list(batch)}`,
      'batch builds (build_period, build_duration, rollout) or streaming (refresh_rate, full_backfill_period, latency)',
    );
  const common = { checkpointPeriod, pickupLag: hours('pickup_lag') };
  if (streaming.length === 0 && raw.build_period === undefined)
    return source.problem(
      source.place(path),
      'a cadence without build_period',
      'how often an index is built',
      'Write: build_period: 24h',
    );
  const [buildPeriod, buildDuration, rollout] = BATCH_KEYS.map(hours) as [number, number, number];
  const cadence = { ...common, buildPeriod, buildDuration, rollout };
  if (streaming.length === 0) return { kind: 'cadence', cadence };
  const backfillPeriod = hours('full_backfill_period');
  if (!(backfillPeriod > 0))
    return source.problem(
      source.place(path),
      'streaming without full_backfill_period',
      'the time in which every item is re-embedded',
      'Write: full_backfill_period: 7d',
    );
  const [rate, unit = ''] = (raw.refresh_rate ?? '0/h').split('/');
  const refreshRate = Number(rate) / toHours(`1${unit.trim()}`);
  return {
    kind: 'cadence',
    cadence: { ...cadence, streaming: { refreshRate, backfillPeriod, latency: hours('latency') } },
  };
}

function histogramOf(raw: WrittenHistogram, path: Path, { source }: PolicyReading): Histogram {
  const masses = Object.entries(raw).map(([distance, mass]) => [Number(distance), mass] as const);
  const sum = masses.reduce((total, [, mass]) => total + mass, 0);
  if (Math.abs(sum - 1) > SUM_TOLERANCE)
    source.problem(
      source.place(path),
      `masses that sum to ${Number(sum.toFixed(9))}`,
      'masses that sum to 1',
      'Write: {0: 0.7, 1: 0.3}',
    );
  return new Map(masses.sort(([a], [b]) => a - b));
}

const HOURS: Readonly<Record<string, number>> = { m: 1 / 60, h: 1, d: 24, w: 168 };

/** `36h` → 36; the schema has checked the form. */
function toHours(text: string): number {
  const unit = text.trim().slice(-1);
  return Number(text.trim().slice(0, -1)) * HOURS[unit]!;
}
