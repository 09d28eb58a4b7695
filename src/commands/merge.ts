/** `skewgate merge`: judges a release by the vectors that the jobs of a matrix have written. */
import { MergedShards } from '../data/vectors/merged-shards.js';
import { type Command, several } from './command.js';
import { JUDGED, judge, SHOWN } from './judging.js';
import { blocksOf, sharedBy } from './shared-out.js';

export const merge: Command = {
  name: 'merge',
  does: [
    'judge by the shards in all DIRs: the report, and the exit status, of `run` on one machine; foreign, doubled, missing',
    'and damaged shards are refused by name',
  ],
  options: { ...JUDGED, ...SHOWN },
  argument: { name: 'DIR...', expected: 'the folder of every shard', example: 'shards/*', several: true },
  run: async (values, host) => judge(values, host, { vectors: () => mergedOf(several(values)) }),
};

function mergedOf(folders: readonly string[]) {
  const shards = MergedShards.open(folders);
  return {
    store: shards,
    close: () => shards.close(),
    async accept(run: Parameters<typeof sharedBy>[0], progress: Parameters<typeof blocksOf>[1]): Promise<void> {
      const { origin, works } = sharedBy(run);
      shards.accept(
        origin,
        blocksOf(works, progress).map(({ key }) => key),
      );
    },
  };
}
