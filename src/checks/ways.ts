/**
 * The ways to test a hypothesis: what each needs, declared beside the check, so that what is missing can be put in the
 * order in which it is best written (verdict/diagnosis/next.ts).
 */

import type { TableSpec } from '../data/evidence/evidence-table.js';
import { LEDGER } from '../data/evidence/ledger.js';

/** A table of evidence, with the columns beside its required ones. */
export interface Need {
  readonly table: TableSpec;
  readonly columns: readonly string[];
}

/** Everything that one way of testing a hypothesis takes. */
export interface Way {
  readonly needs: readonly [Need, ...Need[]];
  /**
   * True where enough of it settles the hypothesis; false where it shows something, such as facts, or a part that can
   * convict and not acquit.
   */
  readonly settles: boolean;
  /** True of evidence that counts where a team has it, and that nobody is asked to write, as another way takes less. */
  readonly given?: true;
}

/** Evidence that settles the hypothesis, once there is enough of it. */
export function settledBy(...needs: readonly [Need, ...Need[]]): Way {
  return { needs, settles: true };
}

/** Evidence that settles it where it is given already. */
export function alsoSettledBy(...needs: readonly [Need, ...Need[]]): Way {
  return { needs, settles: true, given: true };
}

/** Evidence that shows something of it. */
export function shownBy(...needs: readonly [Need, ...Need[]]): Way {
  return { needs, settles: false };
}

/** Evidence that shows something of it where it is given already. */
export function alsoShownBy(...needs: readonly [Need, ...Need[]]): Way {
  return { needs, settles: false, given: true };
}

/** A table, with optional columns that are needed. */
export function ofTable(spec: TableSpec, ...columns: readonly string[]): Need {
  return { table: spec, columns };
}

/** Columns of the ledger beside the required ones. */
export function ofLedger(...columns: readonly string[]): Need {
  return { table: LEDGER, columns };
}

/** A ledger of scores offline and online, which what is a share of the gap is held against. */
export const THE_GAP: Need = ofLedger('s5');
