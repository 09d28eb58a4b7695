/** `skewgate merge`: judges a release by the vectors that the jobs of a matrix have written. */
import { MergedShards } from '../data/vectors/merged-shards.js';
import { gate } from '../gate.js';
import { originNamed } from '../host/base-policy.js';
import { openThreads } from '../host/threads.js';
import { type Command, optional, required, several } from './command.js';
import { POLICY, RELEASE } from './options.js';
import { blocksOf, sharedBy } from './shared-out.js';

export const merge: Command = {
  name: 'merge',
  does: [
    'judge by the shards in all DIRs: the report, and the exit status, of `run` on one machine; foreign, doubled, missing',
    'and damaged shards are refused by name',
  ],
  options: {
    policy: { ...POLICY, required: true },
    release: { ...RELEASE, required: true },
    out: { value: 'DIR', example: 'skewgate-report', reportFolder: true },
    format: { value: 'text|json', choices: ['text', 'json'] },
    'policy-ref': { value: 'REF', example: 'origin/main' },
    threads: { value: 'N', example: '2' },
    quiet: {},
  },
  argument: { name: 'DIR...', expected: 'the folder of every shard', example: 'shards/*', several: true },
  async run(values, host) {
    const out = optional(values, 'out');
    const ref = optional(values, 'policy-ref');
    const threads = optional(values, 'threads');
    if (threads !== undefined) openThreads(threads);
    const args = {
      policy: required(values, 'policy'),
      release: required(values, 'release'),
      ...(out === undefined ? {} : { out }),
      ...(ref === undefined ? {} : { origin: originNamed(host.workspace, ref) }),
      vectors: () => mergedOf(several(values)),
    };
    return gate(args, host.showing(values.format === 'json' ? 'json' : 'text', values.quiet === true));
  },
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
