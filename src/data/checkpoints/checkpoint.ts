/** One version of one tower, as the files say it. */

import type { Malformed } from '../../lib/wire.js';
import type { OnnxInfo } from './onnx-file.js';

export type Side = 'query' | 'item';

/** One version of one tower: an ONNX file, or a table of precomputed embeddings (a file, a folder of parts, a glob). */
export interface Checkpoint {
  readonly side: Side;
  readonly version: string;
  readonly kind: 'onnx' | 'embeddings';
  /** Absolute path, inside the workspace. */
  readonly path: string;
  /** Path as shown to the user. */
  readonly shown: string;
  /** Covers the external data too. */
  readonly sha256: string;
  /** Files of external data, as paths relative to the .onnx file's folder. */
  readonly external: readonly string[];
  /** The files as they were when they were digested, so that one which has not changed is not digested again. */
  readonly identity?: string;
  /** Folder of the release, out of which no external data may lie. */
  readonly folder: string;
  /** Of embeddings: the columns that hold ids and vectors, where they have other names. */
  readonly columns?: { readonly id?: string; readonly vector?: string };
  /** An .onnx file’s own account of itself, or the reason for which it is none. */
  readonly onnx?: OnnxInfo | Malformed;
}

/** The columns of precomputed embeddings. */
export function embeddingColumns({ columns }: Pick<Checkpoint, 'columns'>): {
  readonly id: string;
  readonly vector: string;
} {
  return { id: columns?.id ?? 'id', vector: columns?.vector ?? 'vector' };
}
