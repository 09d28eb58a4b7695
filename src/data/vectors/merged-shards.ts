/** The vectors of all shards of a run; refused where one is foreign, doubled, missing, cut off or changed. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, DataError, type Problem } from '../../errors.js';
import { list, plural } from '../../lib/text.js';
import { sha256 } from '../artefacts/digests.js';
import { processor } from './processor.js';
import { Scratch } from './scratch.js';
import { faultInWords, shardFaults } from './shard-faults.js';
import { blockFile, MANIFEST } from './shard-folder.js';
import { keySet, type Origin, parseShardManifest, REWRITE, type ShardManifest } from './shard-manifest.js';
import { decodeBlock, type VectorBlock } from './vector-block.js';
import type { VectorStore } from './vector-store.js';
import type { OpenVectors, VectorUse } from './vector-use.js';

interface Shard {
  readonly folder: string;
  readonly manifest: ShardManifest;
}

type Entry = ShardManifest['entries'][number] & { readonly file: string };

export class MergedShards implements VectorStore, OpenVectors {
  readonly name = 'shards';
  readonly mend = REWRITE;
  readonly least = 0;
  /** They are of the run that merges them: whoever could change one could change the program. */
  readonly trusted = true;
  readonly store = this;
  private readonly entries = new Map<string, Entry>();
  private readonly scratch = new Scratch();
  private use = { taken: 0, embedded: 0 };

  private constructor(private readonly shards: readonly Shard[]) {
    for (const { folder, manifest } of shards)
      for (const entry of manifest.entries)
        this.entries.set(entry.key, { ...entry, file: join(folder, blockFile(entry.key)) });
  }

  /** Reads the manifests. @throws DataError naming the shards that do not belong together */
  static open(folders: readonly string[]): MergedShards {
    const shards = folders.map((folder) => ({ folder, manifest: manifestIn(folder) }));
    const named = shards.map(({ folder, manifest }) => ({ file: folder, manifest, ...manifest.shard }));
    const faults = shardFaults(named, {
      policy: ({ manifest }) => manifest.origin.policy,
      release: ({ manifest }) => manifest.origin.release,
      compared: ({ manifest }) => manifest.origin.compared ?? '',
      'eval set': ({ manifest }) => JSON.stringify(Object.entries(manifest.origin.evalSet).sort()),
      // A number beyond them is of another run too.
      'number of shards': ({ index, of }) => String(Math.max(index, of)),
      'version of skewgate': ({ manifest }) => manifest.version,
      vectors: ({ manifest }) => JSON.stringify([manifest.all.blocks, manifest.all.keys]),
    });
    if (faults.length > 0) throw new DataError(faults.map(faultInWords));
    return new MergedShards(shards);
  }

  /**
   * Holds them against the run that they are merged for, before any is taken.
   *
   * @param keys of everything that the run embeds
   */
  accept(origin: Origin, keys: readonly string[]): void {
    const { folder, manifest } = this.shards[0]!;
    const differs = (['policy', 'release', 'compared'] as const).filter(
      (name) => manifest.origin[name] !== origin[name],
    );
    const rows = Object.entries(manifest.origin.evalSet).some(([file, digest]) => origin.evalSet[file] !== digest);
    if (differs.length > 0 || rows)
      throw new DataError([
        {
          place: { file: folder },
          found: `shards of another run (${list([...differs, ...(rows ? ['eval set'] : [])])} differ from what is judged)`,
          expected: 'shards of this policy, release and eval set',
          mend: 'Write the shards and merge them from the same commit, by the same policy.',
        },
      ]);
    const all = keySet(keys);
    const lacking = keys.filter((key) => !this.entries.has(key)).length;
    if (lacking > 0 || all.keys !== manifest.all.keys || all.blocks !== manifest.all.blocks)
      throw new DataError([
        {
          found: `shards without ${plural(lacking, 'block')} of vectors that this run asks for`,
          expected: `all ${plural(all.blocks, 'block')} of them`,
          mend: 'Write all shards by this version of skewgate, from this commit’s checkpoints and tables.',
        },
      ]);
    const problems = [...this.entries.values()].flatMap((entry) => sizeProblem(entry));
    if (problems.length > 0) throw new DataError(problems);
  }

  find(key: string): VectorBlock | undefined {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    const bytes = this.scratch.read(entry.file);
    const digest = sha256(bytes);
    const block = digest === entry.sha256 ? decodeBlock(key, bytes) : undefined;
    if (!block)
      throw new DataError([
        {
          place: { file: entry.file },
          found: `vectors with the digest ${digest.slice(0, 12)}…`,
          expected: `${entry.sha256.slice(0, 12)}…, as the manifest beside them says`,
          mend: REWRITE,
        },
      ]);
    this.use.taken++;
    return block;
  }

  keep(): void {
    this.use.embedded++;
  }

  held(): void {}

  close(): VectorUse {
    const own = processor();
    const processors = [...new Set(this.shards.map(({ manifest }) => manifest.processor))];
    const others = processors.some((words) => words !== own);
    return { from: 'shards', ...this.use, damaged: 0, held: 0, ...(others ? { processors: processors.sort() } : {}) };
  }
}

function manifestIn(folder: string): ShardManifest {
  const file = join(folder, MANIFEST);
  if (!existsSync(folder))
    throw new ConfigError([{ place: { file: folder }, found: 'no such folder', expected: 'the folder of a shard' }]);
  if (!existsSync(file))
    throw new DataError([
      {
        place: { file: folder },
        found: `no ${MANIFEST}: a shard that has not come to its end`,
        expected: 'the folder of a shard that is whole',
        mend: REWRITE,
      },
    ]);
  return parseShardManifest(readFileSync(file, 'utf8'), file);
}

function sizeProblem({ file, bytes }: Entry): Problem[] {
  let size: number | undefined;
  try {
    size = statSync(file).size;
  } catch {}
  if (size === bytes) return [];
  const found = size === undefined ? 'no such file' : plural(size, 'byte');
  return [
    { place: { file }, found, expected: `${plural(bytes, 'byte')}, as the manifest beside it says`, mend: REWRITE },
  ];
}
