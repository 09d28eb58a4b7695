/** `skewgate shard`: embeds what falls to one job of a matrix, and writes it to be merged. */
import { Workspace } from '../data/artefacts/files.js';
import { ShardFolder } from '../data/vectors/shard-folder.js';
import { ConfigError } from '../errors.js';
import { gather, guarded } from '../gate.js';
import { originNamed } from '../host/base-policy.js';
import { plural, quoted } from '../lib/text.js';
import { type Command, optional, required, type Values } from './command.js';
import { POLICY, RELEASE } from './options.js';
import { blocksOf, sharedBy } from './shared-out.js';

/** A matrix of GitHub has no more jobs. */
const MOST = 256;

export const shard: Command = {
  name: 'shard',
  does: [
    'embed what falls to shard i of n (1 to n) and write it to DIR, for `merge`; each job of a matrix does one;',
    'REF: as of `run`',
  ],
  options: {
    policy: { ...POLICY, required: true },
    release: { ...RELEASE, required: true },
    index: { value: 'i', required: true, expected: 'the number of this shard', example: '1' },
    of: { value: 'n', required: true, expected: 'the number of shards', example: '4' },
    out: { value: 'DIR', required: true, expected: 'a folder', example: 'shard-1' },
    'policy-ref': { value: 'REF', example: 'origin/main' },
  },
  run: (values, host) =>
    guarded(host, async () => {
      const number = numberOf(values);
      const folder = new ShardFolder(required(values, 'out'));
      const ref = optional(values, 'policy-ref');
      const origin = ref === undefined ? {} : { origin: originNamed(host.workspace, ref) };
      const files = { policy: required(values, 'policy'), release: required(values, 'release'), ...origin };
      const progress = host.progress.bind(host);
      const run = await gather(files, new Workspace(host.workspace), progress);
      const shared = sharedBy(run);
      // As `validate` does: refused before an hour is spent on it.
      for (const check of run.gathered.checks) await check.outlook();
      const blocks = blocksOf(shared.works, progress);
      const own = blocks.filter((_, b) => b % number.of === number.index - 1);
      for (const work of shared.works) {
        const places = new Set(own.filter((block) => block.work === work).map(({ place }) => place));
        const step = { stage: 'towers', detail: work.name, total: places.size, unit: 'blocks' };
        let made = 0;
        progress({ ...step, done: made });
        await work.make(
          (place) => places.has(place),
          (key, block) => {
            folder.keep(key, block);
            // One at a time there are more than blocks.
            progress({ ...step, done: Math.min(++made, places.size) });
          },
        );
      }
      const keys = (list: typeof blocks) => list.map(({ key }) => key);
      folder.close(shared.origin, number, keys(own), keys(blocks));
      host.output(
        `shard ${number.index} of ${number.of}: ${own.length.toLocaleString('en-US')} of ` +
          `${plural(blocks.length, 'block')} of vectors in ${required(values, 'out')}\n`,
      );
      return 0;
    }),
};

function numberOf(values: Values): { readonly index: number; readonly of: number } {
  const [index, of] = (['index', 'of'] as const).map((name) => {
    const text = required(values, name);
    if (/^[1-9]\d{0,2}$/.test(text) && Number(text) <= MOST) return Number(text);
    throw new ConfigError([
      { found: `--${name} ${quoted(text)}`, expected: `a number from 1 to ${MOST}`, mend: 'Write: --index 1 --of 4' },
    ]);
  }) as [number, number];
  if (index <= of) return { index, of };
  throw new ConfigError([
    {
      found: `--index ${index} --of ${of}`,
      expected: `a shard from 1 to ${of}`,
      mend: `Write: --index ${of} --of ${of}`,
    },
  ]);
}
