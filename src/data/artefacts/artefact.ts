/**
 * An artefact is what a path of a policy or a release names: a file, a folder of part files, or a glob. Whoever reads
 * it reads its parts in their order, which is that of the bytes of their relative paths; its digest covers the same
 * parts (digests.ts).
 */

/** One file of an artefact. */
export interface Part {
  /** Absolute path. */
  readonly path: string;
  /** Path below the artefact's folder, with forward slashes; of a file its name. */
  readonly name: string;
}

export interface Artefact {
  /** `array`: a NumPy array and the file of its ids, which are one. */
  readonly kind: 'file' | 'array' | 'folder' | 'glob';
  /** Absolute path; of a glob with its wildcards. */
  readonly path: string;
  /** The folder that the names of the parts are relative to. */
  readonly folder: string;
  /** At least one, sorted by the bytes of their names. */
  readonly parts: readonly Part[];
}
