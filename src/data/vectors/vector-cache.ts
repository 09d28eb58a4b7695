/**
 * The cache of vectors: a folder with one of each processor, in which every entry is a file named by the digest of all
 * that its vectors depend on. An entry that is damaged is embedded anew; whether one is true, no digest beside it can
 * say: that is held against the checkpoint itself (models/towers/hold-found.ts).
 */
import { lstatSync, mkdirSync, readdirSync, rmSync, type Stats, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigError } from '../../errors.js';
import { printable, quoted } from '../../lib/text.js';
import { MAX_BUFFER } from '../artefacts/files.js';
import { UNFINISHED, writeWhole } from './atomic-file.js';
import { processor, processorDigest } from './processor.js';
import { Scratch } from './scratch.js';
import { decodeBlock, encodeBlock, type VectorBlock } from './vector-block.js';
import type { VectorStore } from './vector-store.js';
import type { OpenVectors, VectorUse } from './vector-use.js';

/** Days after which an entry that no run has used is removed. */
export const KEPT_DAYS = 30;
const DAY = 86_400_000;
const ENTRY = /^[0-9a-f]{64}\.vec$/;
const FOLDER = /^[0-9a-f]{16}$/;

export class VectorCache implements VectorStore, OpenVectors {
  /** Of fewer entities, what is embedded again to hold it would be most of them. */
  readonly least = 2048;
  readonly trusted = false;
  readonly name: string;
  readonly mend: string;
  readonly store = this;
  private readonly root: string;
  private readonly folder: string;
  private use = { taken: 0, embedded: 0, damaged: 0, held: 0 };
  private readonly scratch = new Scratch();
  private failure: string | undefined;

  /** @throws ConfigError where the folder cannot be made or written */
  constructor(folder: string) {
    this.name = `cache ${quoted(folder)}`;
    this.mend =
      `Delete the cache and run again: rm -r ${quoted(folder)}; in a workflow also \`gh cache delete\` of what it was ` +
      'restored from.';
    this.root = resolve(folder);
    this.folder = join(this.root, processorDigest(processor()));
    const probe = join(this.folder, `probe${UNFINISHED}`);
    try {
      refuseLinks(this.root, this.folder);
      mkdirSync(this.folder, { recursive: true });
      writeFileSync(probe, '');
      unlinkSync(probe);
    } catch (error) {
      throw new ConfigError([
        {
          found: `${this.name}, which cannot be written (${printable((error as Error).message, 200)})`,
          expected: 'a folder that can be made and written',
          mend: 'Name another, or leave the cache out: the verdict is the same without it.',
        },
      ]);
    }
  }

  private pathOf(key: string): string {
    return join(this.folder, `${key}.vec`);
  }

  find(key: string): VectorBlock | undefined {
    const path = this.pathOf(key);
    const stats = statsOf(path);
    if (!stats?.isFile() || stats.size > MAX_BUFFER) return undefined;
    const block = decodeBlock(key, this.scratch.read(path));
    if (!block) {
      this.use.damaged++;
      return undefined;
    }
    this.use.taken++;
    const now = new Date();
    // The time of its last use; that of a file which is not ours stays, and it is kept for as long as it is young.
    attempt(() => utimesSync(path, now, now));
    return block;
  }

  keep(key: string, block: VectorBlock): void {
    this.use.embedded++;
    try {
      writeWhole(this.pathOf(key), encodeBlock(key, block));
    } catch (error) {
      this.failure ??= printable((error as Error).message, 200);
    }
  }

  held(entities: number): void {
    this.use.held += entities;
  }

  /** Removes what no run has used for long, and says how the run used the cache. */
  close(now = Date.now()): VectorUse {
    let [removed, entries, bytes] = [0, 0, 0];
    for (const path of filesOf(this.root)) {
      const stats = statsOf(path);
      if (!stats?.isFile()) continue;
      const unfinished = path.endsWith(UNFINISHED);
      const age = now - stats.mtimeMs;
      if (age > KEPT_DAYS * DAY || (unfinished && age > DAY)) {
        attempt(() => rmSync(path));
        if (!unfinished) removed++;
      } else if (!unfinished) {
        entries++;
        bytes += stats.size;
      }
    }
    const from = 'cache' as const;
    return {
      from,
      ...this.use,
      removed,
      entries,
      bytes,
      ...(this.failure === undefined ? {} : { failure: this.failure }),
    };
  }
}

/** Entries, and what was left unfinished, of all processors: no other file is ever touched, no link followed. */
function filesOf(root: string): string[] {
  return readdirSync(root).flatMap((name) => {
    const folder = join(root, name);
    if (!FOLDER.test(name) || !statsOf(folder)?.isDirectory()) return [];
    return readdirSync(folder)
      .filter((file) => ENTRY.test(file) || file.endsWith(UNFINISHED))
      .map((file) => join(folder, file));
  });
}

/** A cache may come out of an archive: it leads nowhere else. */
function refuseLinks(...folders: readonly string[]): void {
  for (const folder of folders) if (statsOf(folder)?.isSymbolicLink()) throw new Error(`${folder} is a symbolic link`);
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

function attempt(work: () => void): void {
  try {
    work();
  } catch {}
}
