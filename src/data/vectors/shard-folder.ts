/** A shard on disk: a file a block, and a manifest that comes last, so that a folder that has one is whole. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../../errors.js';
import { printable, quoted } from '../../lib/text.js';
import { VERSION } from '../../lib/version.js';
import { sha256 } from '../artefacts/digests.js';
import { UNFINISHED, writeWhole } from './atomic-file.js';
import { processor } from './processor.js';
import { FORMAT, keySet, type Origin, type ShardManifest } from './shard-manifest.js';
import { encodeBlock, type VectorBlock } from './vector-block.js';

export const MANIFEST = 'manifest.json';
/** The file of a block. */
export function blockFile(key: string): string {
  return `${key}.vec`;
}

const OURS = /^([0-9a-f]{64}\.vec|manifest\.json)(\..*)?$/;

export class ShardFolder {
  private readonly entries: ShardManifest['entries'][number][] = [];

  /** Removes what an earlier shard has left, its manifest first. @throws ConfigError where nothing can be written */
  constructor(private readonly folder: string) {
    this.attempt(() => {
      rmSync(join(folder, MANIFEST), { force: true });
      mkdirSync(folder, { recursive: true });
      for (const name of readdirSync(folder))
        if (OURS.test(name) || name.endsWith(UNFINISHED)) rmSync(join(folder, name));
    });
  }

  /** Writes a block; one of a key that is there already is the same. */
  readonly keep = (key: string, block: VectorBlock): void => {
    const bytes = encodeBlock(key, block);
    this.attempt(() => writeWhole(join(this.folder, blockFile(key)), bytes));
    this.entries.push({ key, bytes: bytes.length, sha256: sha256(bytes) });
  };

  /** @param own keys of the blocks that fell to it @param all those of all shards */
  close(origin: Origin, shard: ShardManifest['shard'], own: readonly string[], all: readonly string[]): ShardManifest {
    const manifest: ShardManifest = {
      format: FORMAT,
      version: VERSION,
      origin,
      shard,
      processor: processor(),
      held: keySet(own),
      all: keySet(all),
      entries: this.entries,
    };
    this.attempt(() => writeWhole(join(this.folder, MANIFEST), `${JSON.stringify(manifest, undefined, 1)}\n`));
    return manifest;
  }

  private attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw new ConfigError([
        {
          found: `the shard folder ${quoted(this.folder)}, which cannot be written (${printable((error as Error).message, 200)})`,
          expected: 'a folder that can be made and written, with room for the vectors',
          mend: 'Make room, or name another: --out DIR. Nothing of this shard can be merged.',
        },
      ]);
    }
  }
}
