/** A state on disk: a folder with `manifest.json` and `state.bin`. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from '../../errors.js';
import { REWRITE } from './container.js';
import type { Origin } from './manifest.js';
import { decodeState, encodeState, type Shard } from './state-format.js';
import type { SummedState } from './summed-state.js';

const MANIFEST = 'manifest.json';
const DATA = 'state.bin';

/**
 * Writes a state into a folder, which is made where it is not there. The manifest comes last and by renaming: a folder
 * that has one is whole.
 */
export function writeState(folder: string, state: SummedState, origin: Origin): void {
  const { manifest, data } = encodeState(state, origin);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, DATA), data);
  const unfinished = join(folder, `${MANIFEST}.part`);
  writeFileSync(unfinished, manifest);
  renameSync(unfinished, join(folder, MANIFEST));
}

/**
 * Reads a state; a DataError where a file is missing, cut off or changed.
 *
 * @param shown the folder as shown in messages
 */
export function readState(folder: string, shown: string): Shard {
  const read = (name: string): Buffer => {
    try {
      return readFileSync(join(folder, name));
    } catch (error) {
      const found =
        error instanceof Error && 'code' in error && error.code === 'ENOENT'
          ? 'no such file'
          : 'a file that cannot be read';
      throw new DataError([
        { place: { file: `${shown}/${name}` }, found, expected: `the ${name} of a state`, mend: REWRITE },
      ]);
    }
  };
  return decodeState({ manifest: read(MANIFEST).toString('utf8'), data: read(DATA) }, shown);
}
