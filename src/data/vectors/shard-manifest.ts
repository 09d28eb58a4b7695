/** The manifest stands beside the vectors of a shard and says whose they are, which, and of how many. */
import Ajv, { type ValidateFunction } from 'ajv';
import { DataError } from '../../errors.js';
import { quoted } from '../../lib/text.js';

/** The version of the format: anything that a reader of this version would misread gets another number. */
export const FORMAT = 'skewgate.vector-shard/1';

/** The remedy for a shard that cannot be read. */
export const REWRITE = 'Write this shard again: a verdict is never reached on part of the data.';

/** Whose vectors these are. Digests are sha256, in hexadecimal. */
export interface Origin {
  readonly policy: string;
  readonly release: string;
  /** The release of the family that serves today. */
  readonly compared?: string;
  /** By file of the eval set. */
  readonly evalSet: Readonly<Record<string, string>>;
}

/** A set of blocks: how many, and the XOR of the first 32 bits of their keys. */
export interface KeySet {
  readonly blocks: number;
  readonly keys: number;
}

export interface ShardManifest {
  readonly format: typeof FORMAT;
  /** The version of skewgate that wrote it. */
  readonly version: string;
  readonly origin: Origin;
  /** Counted from 1. */
  readonly shard: { readonly index: number; readonly of: number };
  /** The processor that embedded, in words. */
  readonly processor: string;
  readonly held: KeySet;
  /** Of all shards. */
  readonly all: KeySet;
  /** A file a block, named by its key; those of `held` come first. */
  readonly entries: readonly { readonly key: string; readonly bytes: number; readonly sha256: string }[];
}

export function keySet(keys: readonly string[]): KeySet {
  let xor = 0;
  for (const key of keys) xor ^= Number.parseInt(key.slice(0, 8), 16);
  return { blocks: keys.length, keys: xor >>> 0 };
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
const keys = closed({ blocks: count, keys: { ...count, maximum: 2 ** 32 - 1 } });
const SCHEMA = closed({
  format: { const: FORMAT },
  version: text,
  origin: closed(
    {
      policy: digest,
      release: digest,
      compared: digest,
      evalSet: { type: 'object', additionalProperties: digest },
    },
    ['compared'],
  ),
  shard: closed({ index: { type: 'integer', minimum: 1 }, of: { type: 'integer', minimum: 1 } }),
  processor: text,
  held: keys,
  all: keys,
  entries: { type: 'array', items: closed({ key: digest, bytes: count, sha256: digest }) },
});

let compiled: ValidateFunction<ShardManifest> | undefined;

/** Reads a manifest; a DataError says where it is none of this version. */
export function parseShardManifest(json: string, file: string): ShardManifest {
  const refuse = (found: string, expected: string, mend: string) =>
    new DataError([{ place: { file }, found, expected, mend }]);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw refuse('no JSON', 'the manifest of a shard', REWRITE);
  }
  const format = value !== null && typeof value === 'object' && 'format' in value ? value.format : undefined;
  if (format !== FORMAT)
    throw refuse(
      format === undefined ? 'JSON without a format' : `format ${quoted(format)}`,
      FORMAT,
      'Write and merge all shards by one version of skewgate.',
    );
  compiled ??= new Ajv({ strict: false }).compile<ShardManifest>(SCHEMA);
  if (compiled(value)) return value;
  const first = compiled.errors?.[0];
  throw refuse(
    `${quoted(first?.instancePath === '' ? '/' : first?.instancePath)}, which ${first?.message ?? 'is wrong'}`,
    'the manifest of a shard',
    REWRITE,
  );
}
