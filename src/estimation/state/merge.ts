/** Shards of a run added up: refused where they are not of one run, or not all of it. */

import { DataError, type Problem } from '../../errors.js';
import { lookUp, present } from '../../lib/lookup.js';
import { list, plural } from '../../lib/text.js';
import { addClusters } from './cluster-sums.js';
import { Differences } from './differences.js';
import { type QuantityKey, textOf } from './keys.js';
import type { Manifest } from './manifest.js';
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
  /** A shard of another run: it differs from the first one. */
  | { readonly kind: 'foreign'; readonly file: string; readonly than: string; readonly in: readonly Shared[] }
  | { readonly kind: 'doubled'; readonly index: number; readonly files: readonly string[] }
  | { readonly kind: 'missing'; readonly indices: readonly number[]; readonly of: number }
  /** No number is missing, but the rows are not those of the census: shards that were cut by different rules. */
  | { readonly kind: 'rows'; readonly found: number; readonly expected: number };

type Named = Pick<Shard, 'file' | 'manifest'>;

/** Everything that shards of one run agree on, each as one text; an order that a key replaces does not count. */
const SHARED: Readonly<Record<Shared, (manifest: Manifest) => string>> = {
  policy: ({ origin }) => origin.policy,
  release: ({ origin }) => origin.release,
  compared: ({ origin }) => origin.compared ?? '',
  eval_set: ({ origin }) => JSON.stringify(Object.entries(origin.evalSet).sort()),
  // A number beyond them is of another run too.
  'number of shards': ({ origin: { shard } }) => String(Math.max(shard.index, shard.of)),
  hashes: ({ hashes: { bucket, buckets, cluster } }) => JSON.stringify([bucket, buckets, cluster]),
  census: ({ census }) => census.sha256,
  columns: ({ columns }) => JSON.stringify(columns.map(textOf).sort()),
  quantities: ({ quantities }) => JSON.stringify([...quantities].sort()),
  denominators: ({ denominators }) => JSON.stringify([...denominators].sort()),
  'missing metrics': ({ lacks }) => JSON.stringify(lacks.map(({ metric, needs }) => `${metric}: ${needs}`).sort()),
};

/** Everything that keeps these shards from being merged, by their manifests alone; none where they are one run. */
export function mergeFaults(shards: readonly Named[]): MergeFault[] {
  const first = shards[0];
  if (!first) return [{ kind: 'missing', indices: [1], of: 1 }];
  const foreign = shards.slice(1).flatMap(({ file, manifest }): MergeFault[] => {
    const differs = Object.entries(SHARED).flatMap(([name, textIn]) =>
      textIn(manifest) === textIn(first.manifest) ? [] : [name as Shared],
    );
    return differs.length > 0 ? [{ kind: 'foreign', file, than: first.file, in: differs }] : [];
  });
  if (foreign.length > 0) return foreign;
  const { of } = first.manifest.origin.shard;
  const files = Array.from({ length: of }, (_, i) =>
    shards.filter(({ manifest }) => manifest.origin.shard.index === i + 1).map(({ file }) => file),
  );
  const missing = files.flatMap((list, i) => (list.length === 0 ? [i + 1] : []));
  const faults: MergeFault[] = [
    ...files.flatMap((list, i): MergeFault[] =>
      list.length > 1 ? [{ kind: 'doubled', index: i + 1, files: list }] : [],
    ),
    ...(missing.length > 0 ? [{ kind: 'missing', indices: missing, of } as const] : []),
  ];
  if (faults.length > 0) return faults;
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
  switch (fault.kind) {
    case 'foreign':
      return {
        place: { file: fault.file },
        found: `a shard of another run (${list(fault.in)} differ from ${fault.than})`,
        expected: 'shards of one policy, release and eval set',
        mend: 'Write all shards from the same commit, with the same --of.',
      };
    case 'doubled':
      return {
        place: { file: fault.files[1]! },
        found: `shard ${fault.index} again (first in ${fault.files[0]})`,
        expected: 'every shard once',
        mend: 'Give each job an --index of its own, and merge each folder once.',
      };
    case 'missing':
      return {
        found: `no shard ${list(fault.indices.map(String))}`,
        expected: `all ${fault.of} shards`,
        mend: 'Run what is missing again: a verdict is never reached on part of the data.',
      };
    case 'rows':
      return {
        found: `shards of ${plural(fault.found, 'row')} that are not those of the eval set`,
        expected: `every one of its ${plural(fault.expected, 'row')} in one shard`,
        mend: 'Write all shards by one version of skewgate: each query cluster belongs to one shard.',
      };
  }
}
