/** Shards of a run added up: refused where they are not of one run, or not all of it. */

import { DataError, type Problem } from '../../errors.js';
import { lookUp, present } from '../../lib/lookup.js';
import { faultInWords, type ShardFault, shardFaults } from '../../lib/shards.js';
import { plural } from '../../lib/text.js';
import { addClusters } from './cluster-sums.js';
import { Differences } from './differences.js';
import { type QuantityKey, textOf } from './keys.js';
import { PartialSums } from './partial-sums.js';
import { addRowSets, sameRowSet } from './row-set.js';
import type { Shard } from './state-format.js';
import { arrangedAs, type CellTallies, type Clipped, type SummedState, TALLIES } from './summed-state.js';

/** Something that two shards of a run have in common. */
export type Shared =
  | 'policy'
  | 'release'
  | 'compared'
  | 'eval_set'
  | 'number of shards'
  | 'hashes'
  | 'census'
  | 'columns'
  | 'quantities'
  | 'denominators'
  | 'missing metrics';

/** A reason that keeps shards from being merged. */
export type MergeFault =
  | ShardFault<Shared>
  /** No number is missing, but the rows are not those of the census: shards that were cut by different rules. */
  | { readonly kind: 'rows'; readonly found: number; readonly expected: number };

type Named = Pick<Shard, 'file' | 'manifest'>;

/** Everything that shards of one run agree on, each as one text; an order that a key replaces does not count. */
const SHARED: Readonly<Record<Shared, (shard: Named) => string>> = {
  policy: ({ manifest: { origin } }) => origin.policy,
  release: ({ manifest: { origin } }) => origin.release,
  compared: ({ manifest: { origin } }) => origin.compared ?? '',
  eval_set: ({ manifest: { origin } }) => JSON.stringify(Object.entries(origin.evalSet).sort()),
  // A number beyond them is of another run too.
  'number of shards': ({
    manifest: {
      origin: { shard },
    },
  }) => String(Math.max(shard.index, shard.of)),
  hashes: ({
    manifest: {
      hashes: { bucket, buckets, cluster },
    },
  }) => JSON.stringify([bucket, buckets, cluster]),
  census: ({ manifest: { census } }) => census.sha256,
  columns: ({ manifest: { columns } }) => JSON.stringify(columns.map(textOf).sort()),
  quantities: ({ manifest: { quantities } }) => JSON.stringify([...quantities].sort()),
  denominators: ({ manifest: { denominators } }) => JSON.stringify([...denominators].sort()),
  'missing metrics': ({ manifest: { lacks } }) =>
    JSON.stringify(lacks.map(({ metric, needs }) => `${metric}: ${needs}`).sort()),
};

/** Everything that keeps these shards from being merged, by their manifests alone; none where they are one run. */
export function mergeFaults(shards: readonly Named[]): MergeFault[] {
  const named = shards.map(({ file, manifest }) => ({ file, manifest, ...manifest.origin.shard }));
  const faults: MergeFault[] = shardFaults(named, SHARED);
  const first = shards[0];
  if (faults.length > 0 || !first) return faults;
  const held = shards.map(({ manifest }) => manifest.held).reduce(addRowSets);
  const { census } = first.manifest;
  return sameRowSet(held, census) ? [] : [{ kind: 'rows', found: held.rows, expected: census.rows }];
}

/**
 * The state of all rows. Shards are added in the order of their numbers, so that the result is the same to the bit in
 * whatever order they are given; a DataError says what is missing, doubled or foreign.
 */
export function mergeShards(shards: readonly Shard[]): SummedState {
  const faults = mergeFaults(shards);
  if (faults.length > 0) throw new DataError(faults.map(problemOf));
  const ordered = shards.toSorted((a, b) => a.manifest.origin.shard.index - b.manifest.origin.shard.index);
  const wanted = ordered[0]!.state.columns;
  // Columns that agree by their keys can be arranged: `foreign` has ruled out all others.
  return addStates(ordered.map(({ state }) => present(arrangedAs(state, wanted), 'state of these columns')));
}

function addStates(states: readonly SummedState[]): SummedState {
  const { census, columns, lacks, sums } = states[0]!;
  const differences = new Differences(census.cells.length, columns.length);
  for (const state of states) differences.add(state.differences);
  const tally = (name: keyof CellTallies) => {
    const total = new Float64Array(census.cells.length);
    for (const { tallies } of states) for (const [cell, value] of tallies[name].entries()) total[cell]! += value;
    return total;
  };
  return {
    census,
    held: states.map(({ held }) => held).reduce(addRowSets),
    columns,
    clipped: addClipped(states.flatMap(({ clipped }) => clipped)),
    tallies: Object.fromEntries(TALLIES.map((name) => [name, tally(name)])) as Record<keyof CellTallies, Float64Array>,
    clusters: {
      query: addClusters(states.map(({ clusters }) => clusters.query.sums())),
      item: addClusters(states.map(({ clusters }) => clusters.item.sums())),
    },
    differences,
    sums: new Map(
      [...sums].map(([quantity, { columns: width, geometry }]): [QuantityKey, PartialSums] => {
        const total = new PartialSums(width, geometry);
        // The same quantities are in all: `foreign` has ruled out others.
        for (const state of states) total.add(lookUp(state.sums, quantity, 'sums'));
        return [quantity, total];
      }),
    ),
    metrics: new Map(),
    lacks,
  };
}

/** Sums by pair of versions. */
export function addClipped(all: readonly Clipped[]): Clipped[] {
  const found = new Map<string, Clipped>();
  for (const { pair, rows } of all) {
    const key = JSON.stringify([pair.family, pair.query, pair.item]);
    found.set(key, { pair, rows: rows + (found.get(key)?.rows ?? 0) });
  }
  return [...found.values()];
}

function problemOf(fault: MergeFault): Problem {
  if (fault.kind !== 'rows') return faultInWords(fault);
  return {
    found: `shards of ${plural(fault.found, 'row')} that are not those of the eval set`,
    expected: `every one of its ${plural(fault.expected, 'row')} in one shard`,
    mend: 'Write all shards by one version of skewgate: each query cluster belongs to one shard.',
  };
}
