/** The manifest stands beside the numbers of a state and says whose they are, of which rows, under which keys. */
import { createHash } from 'node:crypto';
import Ajv, { type ValidateFunction } from 'ajv';
import { DataError } from '../../errors.js';
import { HASH_NAME } from '../../lib/hash.js';
import { quoted } from '../../lib/text.js';
import { CLUSTER_HASH } from './cluster-sums.js';
import { REWRITE, type Section } from './container.js';
import type { CellKey, ColumnKey, Denominator, QuantityKey } from './keys.js';
import { BUCKETS } from './slots.js';
import type { Census, Clipped, Lacking, RowSet } from './summed-state.js';

/** The version of the format: anything that a reader of this version would misread gets another number. */
export const FORMAT = 'skewgate.state/1';

/** Whose rows and scores a state is of. Digests are sha256, in hexadecimal. */
export interface Origin {
  readonly policy: string;
  readonly release: string;
  /** The release of the family that serves today. */
  readonly compared?: string;
  /** By file of the eval set. */
  readonly evalSet: Readonly<Record<string, string>>;
  /** The number of the shard, counted from 1, and how many there are. */
  readonly shard: { readonly index: number; readonly of: number };
}

/** Hashes whose results stand in a state: sums under different ones must not be added. */
export interface HashNames {
  readonly bucket: string;
  readonly buckets: number;
  readonly cluster: string;
}

export const HASHES: HashNames = { bucket: HASH_NAME, buckets: BUCKETS, cluster: CLUSTER_HASH };

export interface Manifest {
  readonly format: typeof FORMAT;
  readonly origin: Origin;
  readonly hashes: HashNames;
  /** The rows whose sums these are, and all rows by the census. */
  readonly held: RowSet;
  readonly census: RowSet & { readonly sha256: string };
  readonly cells: readonly CellKey[];
  readonly columns: readonly ColumnKey[];
  readonly quantities: readonly QuantityKey[];
  readonly denominators: readonly Denominator[];
  readonly lacks: readonly Lacking[];
  readonly clipped: readonly Clipped[];
  readonly data: { readonly bytes: number; readonly sha256: string; readonly sections: readonly Section[] };
}

/** The digest of everything that all shards of a run must agree on before a score is looked at. */
export function censusDigest({ cells, all, geometry }: Census): string {
  const hash = createHash('sha256').update(JSON.stringify([cells, all]));
  for (const way of [geometry.query, geometry.item])
    for (const numbers of [way.slots.first, way.slots.buckets(), way.share, way.within]) hash.update(numbers);
  return hash.update(geometry.total).update(geometry.pairs).digest('hex');
}

const text = { type: 'string' } as const;
const digest = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const closed = (properties: Record<string, object>, optional: readonly string[] = []) => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  properties,
});
const listOf = (items: object) => ({ type: 'array', items });
const rowSet = { rows: count, keys: { ...count, maximum: 2 ** 32 - 1 } };
const pair = { family: { enum: ['candidate', 'compared'] }, query: { type: 'integer' }, item: { type: 'integer' } };
/** A mass that the sweep does not cover is NaN, which JSON writes as null. */
const mass = { type: 'array', items: [text, { type: ['number', 'null'] }], minItems: 2, maxItems: 2 };

const SCHEMA = closed({
  format: { const: FORMAT },
  origin: closed(
    {
      policy: digest,
      release: digest,
      compared: digest,
      evalSet: { type: 'object', additionalProperties: digest },
      shard: closed({ index: { type: 'integer', minimum: 1 }, of: { type: 'integer', minimum: 1 } }),
    },
    ['compared'],
  ),
  hashes: closed({ bucket: text, buckets: count, cluster: text }),
  held: closed(rowSet),
  census: closed({ ...rowSet, sha256: digest }),
  cells: listOf(closed({ columns: listOf(text), values: listOf(text) })),
  columns: listOf(closed({ parts: listOf(closed({ ...pair, mass: listOf(mass) }, ['mass'])), against: closed(pair) })),
  quantities: listOf(text),
  denominators: listOf({ ...text, pattern: '^(w|wy|aligned:.+)$' }),
  lacks: listOf(closed({ metric: text, needs: { enum: ['order', 'bins', 'rankings'] } })),
  clipped: listOf(closed({ pair: closed(pair), rows: count })),
  data: closed({
    bytes: count,
    sha256: digest,
    sections: listOf(
      closed({ name: text, type: { enum: ['f64', 'u64', 'u32', 'u16', 'u8'] }, offset: count, length: count }),
    ),
  }),
});

let compiled: ValidateFunction<Manifest> | undefined;

/** Compiles the schema when the first manifest is read: most runs read none. */
function validator(): ValidateFunction<Manifest> {
  compiled ??= new Ajv({ strict: false }).compile<Manifest>(SCHEMA);
  return compiled;
}

/** Reads a manifest; a DataError says where it is none of this version. */
export function parseManifest(json: string, file: string): Manifest {
  const refuse = (found: string, expected: string, mend: string) =>
    new DataError([{ place: { file }, found, expected, mend }]);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw refuse('no JSON', 'the manifest of a state', REWRITE);
  }
  const format = value !== null && typeof value === 'object' && 'format' in value ? value.format : undefined;
  if (format !== FORMAT)
    throw refuse(
      format === undefined ? 'JSON without a format' : `format ${quoted(format)}`,
      FORMAT,
      'Write and merge all shards by one version of skewgate.',
    );
  const isManifest = validator();
  if (!isManifest(value)) {
    const first = isManifest.errors?.[0];
    throw refuse(
      `${quoted(first?.instancePath === '' ? '/' : first?.instancePath)}, which ${first?.message ?? 'is wrong'}`,
      'the manifest of a state',
      REWRITE,
    );
  }
  const named = value.columns.map(({ parts, against }) => ({ parts: parts.map(withMass), against }));
  return { ...value, columns: named };
}

function withMass({ mass: masses, ...part }: ColumnKey['parts'][number]): ColumnKey['parts'][number] {
  return masses ? { ...part, mass: masses.map(([name, m]) => [name, m ?? Number.NaN]) } : part;
}
