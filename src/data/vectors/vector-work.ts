/** The work that a matrix of jobs shares out: vectors of one checkpoint, in blocks that do not depend on each other. */
import type { VectorBlock } from './vector-block.js';

export interface VectorWork {
  /** As progress shows it: `item tower v41`. */
  readonly name: string;
  /** The keys of its blocks, in their order. No graph is loaded. */
  keys(): readonly string[];
  /**
   * Makes some of the blocks, in their order.
   *
   * @param wanted by the place of the block
   * @param keep   is given each as soon as it is made; more than the keys' own where one at a time may be asked for
   */
  make(wanted: (block: number) => boolean, keep: (key: string, block: VectorBlock) => void): Promise<void>;
}

/** Everything that a run embeds at scale, and the digests of the rows that it is of. */
export interface SharedWork {
  readonly works: readonly VectorWork[];
  /** By file of the eval set. */
  readonly evalSet: Readonly<Record<string, string>>;
}
