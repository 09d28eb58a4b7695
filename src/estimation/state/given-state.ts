/** A state of all rows that a run is given in place of rows. */
import type { RowFacts } from './row-facts.js';
import type { SummedState } from './summed-state.js';

export interface GivenState {
  /** As shown in messages. */
  readonly file: string;
  readonly state: SummedState;
  readonly facts: RowFacts;
}
