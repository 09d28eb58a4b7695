/** A place that vectors are taken from in place of being embedded, and kept in. */
import type { VectorBlock } from './vector-block.js';

export interface VectorStore {
  /** The folder or the command, as messages name it. */
  readonly name: string;
  /** The remedy where it holds what a checkpoint does not give. */
  readonly mend: string;
  /** Entities of a checkpoint from which on it is asked. */
  readonly least: number;
  /** True where nobody else can have written it; if not, some of what is found is embedded again. */
  readonly trusted: boolean;
  /**
   * The vectors under a key, which is the digest of all that they depend on; undefined where they must be embedded.
   * They stand until the next are asked for.
   */
  find(key: string): VectorBlock | undefined;
  /** Keeps vectors that were embedded, as far as it can. */
  keep(key: string, block: VectorBlock): void;
  /** Hears that some of what was found was embedded again, and was the same. */
  held(entities: number): void;
}
