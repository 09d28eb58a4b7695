/**
 * The evidence to write next: what open hypotheses lack, by what was seen (seen.ts), by layer, by what it takes, then
 * by how much it would settle. The needs of a hypothesis and their costs are declared beside the checks
 * (checks/ways.ts, `TableSpec.cost`).
 */

import type { Evidence } from '../../checks/evidence.js';
import { CHECKS, checkOf } from '../../checks/registry.js';
import { settledBy, THE_GAP, type Way } from '../../checks/ways.js';
import type { TableSpec } from '../../data/evidence/evidence-table.js';
import { inDialectOf, type Sql } from '../../data/evidence/sql.js';
import type { Hypothesis, NextStep } from './diagnosis.js';
import {
  byCost,
  byPlace,
  type Candidate,
  costOf,
  dearest,
  firstOfThem,
  idsOf,
  inOrder,
  missingOf,
  type Shelf,
  settledWith,
  type Wish,
} from './next-order.js';
import { LAST, NOTHING_SEEN, placeOf, type Seen } from './seen.js';

/** A hypothesis that evidence could still settle. */
type Open = Pick<Hypothesis, 'id' | 'verdict' | 'settle'>;

/**
 * Each step settles, with those before it, what it says; the first is the one to take.
 *
 * @param gapUnknown whether a ledger of scores offline and online is wanted in any case
 * @param seen what the evidence that is there says of the hypotheses
 */
export function nextSteps(
  hypotheses: readonly Open[],
  evidence: Evidence,
  gapUnknown: boolean,
  seen: Seen = NOTHING_SEEN,
): NextStep[] {
  const open = hypotheses.filter(({ verdict }) => verdict === 'not_tested' || verdict === 'inconclusive');
  const wishes = CHECKS.flatMap(({ id, layer, ways }): Wish[] =>
    open.some((hypothesis) => hypothesis.id === id) ? [{ id, layer, place: placeOf(id, layer, seen), ways }] : [],
  );
  if (gapUnknown) wishes.unshift({ layer: 1, place: 0, ways: [settledBy(THE_GAP)] });
  const tested = wishes.filter(({ ways }) => ways.some((way) => way.settles && held(way, evidence)));
  const untested = wishes.filter((wish) => !tested.includes(wish));
  return withReasons(merged(written(untested, evidence), moreRows(tested, open, evidence)), seen);
}

/** More rows at their places among what is written; the order of that is kept, as its steps build on each other. */
function merged(written: readonly Unreasoned[], more: readonly Unreasoned[]): Unreasoned[] {
  const steps = [...written];
  for (const step of more.toSorted(byPlace)) {
    const at = steps.findIndex((other) => byPlace(step, other) < 0);
    steps.splice(at < 0 ? steps.length : at, 0, step);
  }
  return steps;
}

type Unreasoned = Omit<NextStep, 'why'> & { readonly place: number; readonly why?: string };

function held(way: Way, evidence: Evidence): boolean {
  return way.needs.every((need) => evidence.has(need));
}

/** Hypotheses whose evidence is there and does not suffice: more of it, by its table. */
function moreRows(tested: readonly Wish[], open: readonly Open[], evidence: Evidence): Unreasoned[] {
  const byTable = new Map<TableSpec, [Wish, ...Wish[]]>();
  for (const wish of tested) {
    const needs = wish.ways.find((way) => way.settles && held(way, evidence))?.needs ?? [];
    // A hypothesis with a table of its own is open by that before it is by the ledger.
    const spec = (needs.find((need) => need.table !== THE_GAP.table) ?? THE_GAP).table;
    if (!wish.id) continue;
    const own = byTable.get(spec);
    if (own) own.push(wish);
    else byTable.set(spec, [wish]);
  }
  return [...byTable].map(([spec, wishes]) => {
    const { layer, place } = firstOfThem(wishes);
    const ids = idsOf(wishes);
    return {
      layer,
      place,
      cost: spec.cost,
      table: spec.name,
      what: 'rows',
      columns: [],
      settles: ids,
      shows: [],
      why: open.flatMap(({ id, settle }) => (ids.includes(id) && settle !== '' ? [`${id}: ${settle}`] : [])).join('; '),
      query: inDialectOf(evidence.release, spec.sql),
    };
  });
}

/** Tables and columns to write, one after the other, each the next best given those before it. */
function written(wishes: readonly Wish[], evidence: Evidence): Unreasoned[] {
  const planned = new Map<TableSpec, Set<string>>();
  const shelf: Shelf = (spec, column) => {
    const own = planned.get(spec);
    return column === undefined
      ? own !== undefined || evidence.has({ table: spec, columns: [] })
      : own?.has(column) === true || evidence.has({ table: spec, columns: [column] });
  };
  const steps: Unreasoned[] = [];
  let left = wishes;
  for (;;) {
    const best = bestOf(left, shelf);
    if (!best) return steps;
    for (const [spec, columns] of tablesOf(best)) {
      const whole = !shelf(spec);
      const all = whole ? withFreeColumns(spec, columns, left) : columns;
      const before = left.filter((wish) => wish.id && isShown(wish, shelf));
      planned.set(spec, new Set([...(planned.get(spec) ?? []), ...(whole ? spec.required : []), ...all]));
      const settled = left.filter((wish) => settledWith(wish, shelf));
      const shown = left.filter((wish) => isShown(wish, shelf) && !before.includes(wish) && !settled.includes(wish));
      left = left.filter((wish) => !settled.includes(wish));
      steps.push({
        layer: best.layer,
        place: best.place,
        cost: costOf(spec, all, whole),
        table: spec.name,
        what: whole ? 'table' : 'columns',
        columns: whole ? [...spec.required, ...all] : all,
        settles: idsOf(settled),
        shows: idsOf(shown),
        query: inDialectOf(evidence.release, queryOf(spec, all, whole)),
      });
    }
  }
}

function isShown({ ways }: Wish, shelf: Shelf): boolean {
  return ways.some((way) => !way.settles && missingOf(way, shelf).length === 0);
}

/** The candidate that comes first; undefined where nothing is wanted that could be written. */
function bestOf(wishes: readonly Wish[], shelf: Shelf): Candidate | undefined {
  const all = wishes.flatMap((wish) => {
    const of = (settles: boolean) =>
      wish.ways
        .filter((way) => way.settles === settles && !way.given)
        .map((way) => candidate(way, wishes, shelf))
        .toSorted((a, b) => byCost(a.cost, b.cost));
    // Of what only shows something, the first that takes least is enough.
    return [...of(true), ...(isShown(wish, shelf) ? [] : of(false).slice(0, 1))];
  });
  return inOrder(all.filter(({ settles, shows }) => settles.length + shows.length > 0))[0];
}

/** The step that gives a way all that it lacks, with the wishes that it would settle or show something of. */
function candidate(way: Way, wishes: readonly Wish[], shelf: Shelf): Candidate {
  const missing = missingOf(way, shelf);
  const lacking = new Map<TableSpec, Set<string>>();
  for (const { table, column } of missing) {
    const columns = lacking.get(table) ?? new Set();
    if (column !== undefined) columns.add(column);
    lacking.set(table, columns);
  }
  const after: Shelf = (spec, column) =>
    shelf(spec, column) || (lacking.has(spec) && (column === undefined || lacking.get(spec)?.has(column) === true));
  const settles = wishes.filter((wish) => settledWith(wish, after));
  const shows = wishes.filter((wish) => !settles.includes(wish) && isShown(wish, after) && !isShown(wish, shelf));
  const [one, ...others] = settles.length > 0 ? settles : shows;
  const { layer, place } = one ? firstOfThem([one, ...others]) : NOBODY;
  const costs = [...lacking].map(([spec, columns]) => costOf(spec, [...columns], !shelf(spec)));
  return {
    missing,
    layer,
    place,
    cost: dearest(costs),
    settles,
    shows,
  };
}

/** The place of what tells nothing of any hypothesis. */
const NOBODY = { layer: 3, place: Number.POSITIVE_INFINITY } as const;

/** The tables of a step, each with the columns that it lacks; what takes least is written first. */
function tablesOf({ missing }: Candidate): [TableSpec, string[]][] {
  const tables = [...new Set(missing.map(({ table }) => table))].toSorted((a, b) => byCost(a.cost, b.cost));
  return tables.map((spec) => [spec, missing.flatMap(({ table, column }) => (table === spec ? (column ?? []) : []))]);
}

/** A table that is to be written anyway has the columns that its query gives for nothing and that are wanted. */
function withFreeColumns(spec: TableSpec, columns: readonly string[], wishes: readonly Wish[]): string[] {
  const wanted = wishes
    .flatMap(({ ways }) => ways.flatMap(({ needs, given }) => (given ? [] : needs)))
    .flatMap((need) => (need.table === spec ? need.columns : []));
  const free = wanted.filter((column) => spec.byColumn?.cost(column) === 'column');
  return [...new Set([...columns, ...free])];
}

/** The whole query, or that of the columns alone where the table has such. */
function queryOf({ sql, byColumn, required }: TableSpec, columns: readonly string[], whole: boolean): Sql {
  return byColumn ? byColumn.sql(whole ? [...required, ...columns] : columns) : sql;
}

/** The reasons for which a layer comes where it does. */
const LAYER_FIRST = {
  1: 'whether the gain offline can be trusted comes before where it is lost',
  2: 'what serving loses comes before what the funnel makes of it',
  3: 'what is left is whether what is served reaches the online metric',
} as const;

function withReasons(steps: readonly Unreasoned[], seen: Seen): NextStep[] {
  return steps.map(({ place, why, ...step }, i) => ({
    ...step,
    why: [
      ...(place === steps[i - 1]?.place && place < LAST ? [] : placeInWords({ ...step, place }, seen)),
      why ?? reasonOf({ ...step, place }, steps[i + 1]),
    ].join('; '),
  }));
}

/** The reason for which a step has its turn: what was seen, or its layer. */
function placeInWords({ place, layer, settles, shows }: Unreasoned, { points, cannot, afterServing }: Seen): string[] {
  if (place >= LAST) return cannot ? [`it comes last: ${cannot.why}`] : [];
  const pointed = [...settles, ...shows].map((id) => points.get(id)).find((point) => point !== undefined);
  if (place === 0 && pointed !== undefined) return [pointed];
  return [afterServing === undefined ? LAYER_FIRST[layer] : layer === 3 ? afterServing : AFTER_THAT[layer]];
}

/** The same where layer 3 comes first. */
const AFTER_THAT = {
  1: 'after that, whether the gain offline can be trusted',
  2: 'after that, what serving loses',
} as const;

function reasonOf({ table, settles, shows, what }: Unreasoned, next: Unreasoned | undefined): string {
  if (table === THE_GAP.table.name && what === 'table')
    return 'without it there is no gap that anything could be a share of';
  if (settles.length > 1) return `it settles ${settles.length} hypotheses at once`;
  if (settles.length === 0 && shows.length === 0 && next)
    return `it is read together with ${next.table}, which follows`;
  const [first] = settles;
  return first ? `it answers: ${checkOf(first).question}` : 'it shows where to look, and settles nothing alone';
}
