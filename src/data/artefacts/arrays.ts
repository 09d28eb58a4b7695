/** NumPy arrays of vectors, and the file of their ids that stands beside each. */
import { isFile } from './files.js';

/** Endings of a file of ids, in the place of `.npy`. */
const IDS = ['.ids.npy', '.ids.txt'];

/** Tells an array of vectors from other files by its name; a file of ids is none. */
export function isArray(path: string): boolean {
  return /\.npy$/i.test(path) && !isIdFile(path);
}

/** Tells a file of the ids of an array by its name. */
export function isIdFile(path: string): boolean {
  return /\.ids\.(npy|txt)$/i.test(path);
}

/** The files of ids that stand beside an array: one where its vectors can be told apart. */
export function idFilesOf(path: string): string[] {
  const stem = path.replace(/\.npy$/i, '');
  return IDS.map((ending) => stem + ending).filter(isFile);
}

/** The file of the ids of an array; undefined where there is none. */
export function idFileOf(path: string): string | undefined {
  return idFilesOf(path)[0];
}
