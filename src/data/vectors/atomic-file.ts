/** A file that is there whole or not at all. */
import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** The end of the name of a file that is being written. */
export const UNFINISHED = '.part';

/** Writes beside the path and renames; throws what the system says, and leaves nothing behind. */
export function writeWhole(path: string, bytes: Uint8Array | string): void {
  const temporary = `${path}.${randomUUID()}${UNFINISHED}`;
  try {
    writeFileSync(temporary, bytes, { flag: 'wx' });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
