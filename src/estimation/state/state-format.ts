/** A state as a manifest and a run of bytes, and back (docs/decisions/0012-state-with-keys.md). */
import { createHash } from 'node:crypto';
import { DataError } from '../../errors.js';
import { ClusterSums } from './cluster-sums.js';
import { type Numbers, pack, REWRITE, Unpacked } from './container.js';
import { Differences } from './differences.js';
import { Geometry } from './geometry.js';
import { type Denominator, LEADING, type QuantityKey, textOf } from './keys.js';
import { censusDigest, FORMAT, HASHES, type Manifest, type Origin, parseManifest } from './manifest.js';
import { PartialSums } from './partial-sums.js';
import { Slots } from './slots.js';
import { SUM_ARRAYS } from './sum-arrays.js';
import { type CellTallies, type Census, type SummedState, TALLIES } from './summed-state.js';

/** A state as it is read: whose it is, and what it says. */
export interface Shard {
  /** As shown in messages. */
  readonly file: string;
  readonly manifest: Manifest;
  readonly state: SummedState;
}

export interface EncodedState {
  readonly manifest: string;
  readonly data: Uint8Array;
}

const SIDES = ['query', 'item'] as const;

export function encodeState(state: SummedState, origin: Origin): EncodedState {
  requireKeys(state);
  const columns = columnsOf(state);
  const { sections, data } = pack(columns);
  const manifest: Manifest = {
    format: FORMAT,
    origin,
    hashes: HASHES,
    held: state.held,
    census: { ...state.census.all, sha256: censusDigest(state.census) },
    cells: state.census.cells,
    columns: state.columns,
    quantities: [...state.sums.keys()],
    denominators: [...state.clusters.query.sums().values.keys()],
    lacks: state.lacks,
    clipped: state.clipped,
    data: { bytes: data.length, sha256: sha256(data), sections },
  };
  return { manifest: `${JSON.stringify(manifest, undefined, 1)}\n`, data };
}

/**
 * Two columns of one key could not be told apart once they are written: those who plan what is judged must not ask for
 * it.
 */
function requireKeys(state: SummedState): void {
  if (new Set(state.columns.map(textOf)).size < state.columns.length) throw new Error('two columns of one key');
  if (new Set(state.census.cells.map(textOf)).size < state.census.cells.length) throw new Error('two cells of one key');
}

function columnsOf({ census: { geometry }, tallies, clusters, differences, sums }: SummedState): Map<string, Numbers> {
  const columns = new Map<string, Numbers>();
  for (const name of TALLIES) columns.set(`cells.${name}`, tallies[name]);
  columns.set('census.total', geometry.total);
  columns.set('census.pairs', geometry.pairs);
  for (const side of SIDES) {
    const { slots, share, within } = geometry[side];
    columns.set(`census.${side}.first`, slots.first);
    columns.set(`census.${side}.bucket`, slots.buckets());
    columns.set(`census.${side}.share`, share);
    columns.set(`census.${side}.within`, within);
  }
  for (const side of SIDES) {
    const { first, keys, values } = clusters[side].sums();
    columns.set(`clusters.${side}.first`, first);
    columns.set(`clusters.${side}.key`, keys);
    for (const [name, numbers] of values) columns.set(`clusters.${side}.${name}`, numbers);
  }
  columns.set('differences', differences.found);
  for (const [quantity, partial] of sums)
    for (const name of SUM_ARRAYS) columns.set(`sums.${quantity}.${name}`, partial[name]);
  return columns;
}

/** Reads a state; a DataError where bytes are missing or changed, or do not add up to what the manifest says. */
export function decodeState({ manifest: json, data }: EncodedState, file: string): Shard {
  const manifest = parseManifest(json, file);
  const refuse = (found: string, expected: string) =>
    new DataError([{ place: { file }, found, expected, mend: REWRITE }]);
  if (data.length !== manifest.data.bytes)
    throw refuse(`${data.length} bytes of numbers`, `${manifest.data.bytes}, as the manifest says`);
  const found = sha256(data);
  if (found !== manifest.data.sha256)
    throw refuse(
      `numbers with the digest ${found.slice(0, 12)}…`,
      `${manifest.data.sha256.slice(0, 12)}…, as the manifest says`,
    );
  const numbers = new Unpacked(manifest.data.sections, data, file);
  const census = readCensus(manifest, numbers);
  if (censusDigest(census) !== manifest.census.sha256) throw refuse('a census that is not its own', 'its own digest');
  return { file, manifest, state: readState(manifest, census, numbers) };
}

function readCensus({ cells, census: { rows, keys } }: Manifest, numbers: Unpacked): Census {
  const way = (side: (typeof SIDES)[number]) => {
    const first = numbers.starts(`census.${side}.first`, cells.length);
    const count = first[cells.length]!;
    return {
      slots: Slots.of(first, numbers.take(`census.${side}.bucket`, 'u16', count)),
      share: numbers.take(`census.${side}.share`, 'f64', count),
      within: numbers.take(`census.${side}.within`, 'f64', cells.length),
    };
  };
  const [query, item] = [way('query'), way('item')];
  const geometry = Geometry.of(query.slots, item.slots, {
    total: numbers.take('census.total', 'f64', cells.length),
    pairs: numbers.take('census.pairs', 'f64', cells.length),
    query,
    item,
  });
  return { cells, all: { rows, keys }, geometry };
}

function readState(manifest: Manifest, census: Census, numbers: Unpacked): SummedState {
  const { columns, quantities, denominators, lacks, held, clipped } = manifest;
  const cells = census.cells.length;
  const clustersOf = (side: (typeof SIDES)[number]) => {
    const first = numbers.starts(`clusters.${side}.first`, cells);
    const keys = numbers.take(`clusters.${side}.key`, 'u64', first[cells]!);
    const values = denominators.map((name): [Denominator, Float64Array] => [
      name,
      numbers.take(`clusters.${side}.${name}`, 'f64', first[cells]!),
    ]);
    return new ClusterSums(first, () => keys, new Map(values));
  };
  const differences = new Differences(cells, columns.length);
  differences.found.set(numbers.take('differences', 'u8', differences.found.length));
  const sums = quantities.map((quantity): [QuantityKey, PartialSums] => {
    const partial = new PartialSums(LEADING + columns.length, census.geometry);
    for (const name of SUM_ARRAYS)
      partial[name].set(numbers.take(`sums.${quantity}.${name}`, 'f64', partial[name].length));
    return [quantity, partial];
  });
  const tally = (name: keyof CellTallies) => numbers.take(`cells.${name}`, 'f64', cells);
  return {
    census,
    held,
    columns,
    clipped,
    tallies: {
      rows: tally('rows'),
      positives: tally('positives'),
      weightedPositives: tally('weightedPositives'),
      positiveMass: tally('positiveMass'),
      negativeMass: tally('negativeMass'),
    },
    clusters: { query: clustersOf('query'), item: clustersOf('item') },
    differences,
    sums: new Map(sums),
    metrics: new Map(),
    lacks,
  };
}

function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
