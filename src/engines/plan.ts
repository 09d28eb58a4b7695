/** What the SQL of a state is made from: the plan of its tables, and how the rows of the scored table are read. */
import type { SkewPolicy } from '../documents/policy/policy.js';
import type { Link } from '../documents/release/release.js';
import type { PairKey } from '../estimation/state/keys.js';
import type { TablesPlan } from '../estimation/state-tables/layout.js';

/** The scores of one pair of versions in the scored table: score = scale · column + bias. */
export interface PairColumn {
  readonly key: PairKey;
  readonly column: string;
  readonly scale: number;
  readonly bias: number;
  readonly link: Link;
}

export interface EnginePlan {
  readonly tables: TablesPlan;
  readonly policy: SkewPolicy;
  readonly pairs: readonly PairColumn[];
  /** By the slice column that chooses a row's histogram; left out: one for all rows. */
  readonly histogramsBy?: string;
  /** The pair at distance 0 of the candidate, as an index into the pairs. */
  readonly aligned: number;
}
