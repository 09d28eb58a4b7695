/** The order of what could be written next, and what a way of testing a hypothesis still lacks. */

import type { Way } from '../../checks/ways.js';
import { COSTS, type Cost, type TableSpec } from '../../data/evidence/evidence-table.js';
import type { CheckId } from '../../documents/policy/policy.js';

/** A hypothesis to be settled; without an id the gap itself, which all of them are held against. */
export interface Wish {
  readonly id?: CheckId;
  readonly layer: 1 | 2 | 3;
  /** Its turn by what was seen (seen.ts): less comes first. */
  readonly place: number;
  readonly ways: readonly Way[];
}

/** Tells whether a table, or a column of it, is there or planned. */
export type Shelf = (spec: TableSpec, column?: string) => boolean;

/** A table that is missing, or a column of it. */
export interface Missing {
  readonly table: TableSpec;
  readonly column?: string;
}

/** A step that could be next. */
export interface Candidate extends Placed {
  readonly missing: readonly Missing[];
  readonly settles: readonly Wish[];
  readonly shows: readonly Wish[];
}

/** The place of a step: the first of those of its hypotheses, with the layer of that one. */
export interface Placed {
  readonly layer: 1 | 2 | 3;
  readonly place: number;
  readonly cost: Cost;
}

/**
 * By place, then by what it takes; what settles something before what only shows it, one table before two, what settles
 * most, then the fewest columns; else as they stand.
 */
export function inOrder(candidates: readonly Candidate[]): Candidate[] {
  return candidates.toSorted(
    (a, b) =>
      byPlace(a, b) ||
      Number(a.settles.length === 0) - Number(b.settles.length === 0) ||
      tablesIn(a) - tablesIn(b) ||
      b.settles.length - a.settles.length ||
      a.missing.length - b.missing.length,
  );
}

function tablesIn({ missing }: Candidate): number {
  return new Set(missing.map(({ table }) => table)).size;
}

/** By what was seen and by layer, then by what it takes. */
export function byPlace(a: Pick<Placed, 'place' | 'cost'>, b: Pick<Placed, 'place' | 'cost'>): number {
  return a.place - b.place || byCost(a.cost, b.cost);
}

/** The hypothesis whose turn comes first; of equals the first. */
export function firstOfThem(wishes: readonly [Wish, ...Wish[]]): Wish {
  return wishes.reduce((first, wish) => (wish.place < first.place ? wish : first));
}

/** Ids in the order of their places; the gap has none. */
export function idsOf(wishes: readonly Wish[]): CheckId[] {
  return wishes.toSorted((a, b) => a.place - b.place).flatMap(({ id }) => id ?? []);
}

/** Less comes before more. */
export function byCost(a: Cost, b: Cost): number {
  return COSTS.indexOf(a) - COSTS.indexOf(b);
}

/** The tables and columns that a way lacks. */
export function missingOf({ needs }: Way, has: Shelf): Missing[] {
  return needs.flatMap(({ table, columns }) => [
    ...(has(table) ? [] : [{ table }]),
    ...columns.filter((column) => !has(table, column)).map((column) => ({ table, column })),
  ]);
}

/** True where one of the ways that settle it lacks nothing. */
export function settledWith({ ways }: Wish, has: Shelf): boolean {
  return ways.some((way) => way.settles && missingOf(way, has).length === 0);
}

/** The most that a part of a step takes. A column of a join that is written anyway takes nothing more. */
export function costOf({ cost, byColumn }: TableSpec, columns: readonly string[], whole: boolean): Cost {
  const ofColumns = byColumn ? columns.map((column) => byColumn.cost(column)) : [];
  return dearest([cost, ...ofColumns.map((one) => (whole && one === 'column' ? cost : one))]);
}

/** The cost of all of them together: that of the one which takes most. */
export function dearest(costs: readonly Cost[]): Cost {
  return COSTS.findLast((cost) => costs.includes(cost)) ?? COSTS[0];
}
