/** Shards of one run, as whoever merges them sees them: which are of another run, doubled or missing. */
import { list } from '../../lib/text.js';

/** A shard, as far as it says whose it is. */
export interface ShardName {
  /** As shown in messages. */
  readonly file: string;
  /** Counted from 1. */
  readonly index: number;
  readonly of: number;
}

/** A reason that keeps shards from being merged. @typeParam Shared what shards of a run have in common */
export type ShardFault<Shared extends string> =
  /** A shard of another run: it differs from the first one. */
  | { readonly kind: 'foreign'; readonly file: string; readonly than: string; readonly in: readonly Shared[] }
  | { readonly kind: 'doubled'; readonly index: number; readonly files: readonly string[] }
  | { readonly kind: 'missing'; readonly indices: readonly number[]; readonly of: number };

/**
 * Everything that keeps shards from being merged; none where they are one run. Missing and doubled ones are told of one
 * run alone.
 *
 * @param texts everything that shards of a run agree on, each as one text
 */
export function shardFaults<Shared extends string, S extends ShardName>(
  shards: readonly S[],
  texts: Readonly<Record<Shared, (shard: S) => string>>,
): ShardFault<Shared>[] {
  const first = shards[0];
  if (!first) return [{ kind: 'missing', indices: [1], of: 1 }];
  const foreign = shards.slice(1).flatMap((shard): ShardFault<Shared>[] => {
    const differs = (Object.keys(texts) as Shared[]).filter((name) => texts[name](shard) !== texts[name](first));
    return differs.length > 0 ? [{ kind: 'foreign', file: shard.file, than: first.file, in: differs }] : [];
  });
  if (foreign.length > 0) return foreign;
  const files = Array.from({ length: first.of }, (_, i) =>
    shards.filter(({ index }) => index === i + 1).map(({ file }) => file),
  );
  const missing = files.flatMap((own, i) => (own.length === 0 ? [i + 1] : []));
  return [
    ...files.flatMap((own, i): ShardFault<Shared>[] =>
      own.length > 1 ? [{ kind: 'doubled', index: i + 1, files: own }] : [],
    ),
    ...(missing.length > 0 ? [{ kind: 'missing', indices: missing, of: first.of } as const] : []),
  ];
}

/** A fault in words, with the way out of it. */
export function faultInWords(fault: ShardFault<string>): {
  readonly place?: { readonly file: string };
  readonly found: string;
  readonly expected: string;
  readonly mend: string;
} {
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
  }
}
