/** A state of all rows that a run is given in place of rows. */
import type { RowFacts } from './row-facts.js';
import type { SummedState } from './summed-state.js';

export interface GivenState {
  /** As shown in messages. */
  readonly file: string;
  readonly state: SummedState;
  readonly facts: RowFacts;
  /** By column, shape (cells · bins · 3): Σw, Σwp and Σwy of reliability diagrams. Left out: there are none. */
  readonly diagrams?: readonly Float64Array[];
}
