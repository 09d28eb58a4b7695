/** The policy's `production`: which version distances the index really has, and where that is known from. */
import { isFile } from '../../data/artefacts/files.js';
import type { Place } from '../../errors.js';
import { list, quoted } from '../../lib/text.js';
import type { Path, YamlSource } from '../yaml/source.js';
import type { DistanceSource, Histogram, Production } from './policy.js';

/** What the reader of the whole policy lends. */
export interface ReaderTools {
  readonly source: YamlSource;
  problem(place: Place, found: string, expected: string, mend?: string): undefined;
  /** An existing table inside the workspace, or undefined with a problem noted. */
  path(written: string, place: Place, what: string): string | undefined;
  /** The same of a table that the policy goes by: as of the commit that the policy is of. */
  table(written: string, place: Place, what: string): { path: string; shown: string } | undefined;
  unknownSlice(name: string, place: Place, slices: readonly string[]): void;
}

/** Shards where the policy does not say: a plan on how many is production's own. Judgement of this project. */
const DEFAULT_SHARDS = 16;

/** How far a histogram's sum may stray from 1 and still be rounding. */
const SUM_TOLERANCE = 1e-6;

export interface RawProduction {
  mix?: 'per_request' | 'per_item' | 'per_shard';
  distances: Record<string, unknown>;
  shards?: number;
  canary?: string;
  rollback?: string;
}

const BATCH_KEYS = ['build_period', 'build_duration', 'rollout'] as const;
const STREAMING_KEYS = ['refresh_rate', 'full_backfill_period', 'latency'] as const;
type CadenceKey = 'checkpoint_period' | 'pickup_lag' | (typeof BATCH_KEYS)[number] | (typeof STREAMING_KEYS)[number];

/** A histogram by distance, or one of these. */
interface RawSource {
  cadence?: Partial<Record<CadenceKey, string>>;
  counts?: string;
  manifest?: string;
}

export class ProductionReader {
  constructor(private readonly tools: ReaderTools) {}

  /** Reads `production`; `slices` are the eval set's slice columns. */
  read(raw: RawProduction, slices: readonly string[]): Production {
    const at: Path = ['production', 'distances'];
    const sources = new Map<string, DistanceSource>();
    const places = new Map<string, Place>();
    const {
      by,
      slices: bySlice,
      ...whole
    } = raw.distances as { by?: string; slices?: Record<string, RawSource> } & RawSource;
    if (by !== undefined && !slices.includes(by))
      this.tools.unknownSlice(by, this.tools.source.place([...at, 'by']), slices);
    if (bySlice !== undefined && Object.keys(whole).length > 0)
      this.tools.problem(
        this.tools.source.keyPlace([...at, Object.keys(whole)[0]!]),
        `${list(Object.keys(whole))} beside slices`,
        'one of the two',
      );
    for (const [value, written] of Object.entries(bySlice ?? {})) {
      const path = [...at, 'slices', value];
      const source = this.distanceSource(written, path);
      if (source) sources.set(value, source);
      places.set(value, this.tools.source.keyPlace(path));
    }
    if (bySlice === undefined) {
      const source = this.distanceSource(whole, at);
      if (source) sources.set('', source);
    }
    const share = (key: 'canary' | 'rollback') => Number((raw[key] ?? '0%').replace('%', '')) / 100;
    if (share('canary') + share('rollback') > 1)
      this.tools.problem(
        this.tools.source.keyPlace(['production', 'rollback']),
        'canary and rollback of more than all traffic',
        'shares that sum to 100% at most',
      );
    return {
      ...(raw.mix === undefined ? {} : { mix: raw.mix }),
      distances: { ...(by === undefined ? {} : { by }), sources, places, place: this.tools.source.place(at) },
      shards: raw.shards ?? DEFAULT_SHARDS,
      canary: share('canary'),
      rollback: share('rollback'),
      place: this.tools.source.keyPlace(['production']),
    };
  }

  /** The best of the sources that are given: counts, then manifest, then cadence; else the histogram itself. */
  private distanceSource(raw: RawSource, path: Path): DistanceSource | undefined {
    for (const kind of ['counts', 'manifest'] as const) {
      const written = raw[kind];
      if (written === undefined) continue;
      const place = this.tools.source.place([...path, kind]);
      const file = this.tools.table(written, place, kind);
      if (file && kind === 'manifest' && !isFile(file.path))
        return this.tools.problem(place, `a manifest of several files at ${quoted(written)}`, 'one JSON file');
      return file && { kind, ...file, place };
    }
    if (raw.cadence !== undefined) return this.cadence(raw.cadence, [...path, 'cadence']);
    return { kind: 'histogram', masses: this.histogram(raw as unknown as Record<string, number>, path) };
  }

  private cadence(raw: Partial<Record<CadenceKey, string>>, path: Path): DistanceSource | undefined {
    const hours = (key: CadenceKey): number => toHours(raw[key] ?? '0h');
    const checkpointPeriod = hours('checkpoint_period');
    if (!(checkpointPeriod > 0))
      return this.tools.problem(
        this.tools.source.place([...path, 'checkpoint_period']),
        'a checkpoint_period of 0',
        'a time above 0',
      );
    const streaming = STREAMING_KEYS.filter((key) => raw[key] !== undefined);
    const batch = BATCH_KEYS.filter((key) => raw[key] !== undefined);
    if (streaming.length > 0 && batch.length > 0)
      return this.tools.problem(
        this.tools.source.keyPlace([...path, streaming[0]!]),
        `${list(streaming)} beside ${list(batch)}`,
        'batch builds (build_period, build_duration, rollout) or streaming (refresh_rate, full_backfill_period, latency)',
      );
    const common = { checkpointPeriod, pickupLag: hours('pickup_lag') };
    if (streaming.length === 0 && raw.build_period === undefined)
      return this.tools.problem(
        this.tools.source.place(path),
        'a cadence without build_period',
        'how often an index is built',
        'Write: build_period: 24h',
      );
    if (streaming.length === 0)
      return {
        kind: 'cadence',
        cadence: {
          ...common,
          buildPeriod: hours('build_period'),
          buildDuration: hours('build_duration'),
          rollout: hours('rollout'),
        },
      };
    const backfillPeriod = hours('full_backfill_period');
    if (!(backfillPeriod > 0))
      return this.tools.problem(
        this.tools.source.place(path),
        'streaming without full_backfill_period',
        'the time in which every item is re-embedded',
        'Write: full_backfill_period: 7d',
      );
    const [rate, unit] = (raw.refresh_rate ?? '0/h').split('/');
    const refreshRate = Number(rate) / toHours(`1${unit!.trim()}`);
    return {
      kind: 'cadence',
      cadence: {
        ...common,
        buildPeriod: 0,
        buildDuration: 0,
        rollout: 0,
        streaming: { refreshRate, backfillPeriod, latency: hours('latency') },
      },
    };
  }

  private histogram(raw: Record<string, number>, path: Path): Histogram {
    const histogram = new Map<number, number>();
    let sum = 0;
    for (const [distance, mass] of Object.entries(raw)) {
      histogram.set(Number(distance), mass);
      sum += mass;
    }
    if (Math.abs(sum - 1) > SUM_TOLERANCE)
      this.tools.problem(
        this.tools.source.place(path),
        `masses that sum to ${Number(sum.toFixed(9))}`,
        'masses that sum to 1',
        'Write: {0: 0.7, 1: 0.3}',
      );
    return new Map([...histogram].sort(([a], [b]) => a - b));
  }
}

const HOURS: Readonly<Record<string, number>> = { m: 1 / 60, h: 1, d: 24, w: 168 };

/** `36h` → 36; the schema has checked the form. */
function toHours(text: string): number {
  const unit = text.trim().slice(-1);
  return Number(text.trim().slice(0, -1)) * HOURS[unit]!;
}
