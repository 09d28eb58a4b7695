/**
 * The weighted mean over queries of a value a query and cell. A stale item moves every query that wants it, so that a
 * query's value is split over its relevant items and goes through the same two-way sums as every other metric.
 */

import type { Cells, Cut } from '../../data/evalset/cells.js';
import { gatherInts, gatherShorts } from '../../lib/gather.js';
import { combineCodes, groupBy } from '../../lib/sort.js';
import { Geometry } from '../state/geometry.js';
import { placedGeometry, type QueryParts, queryGeometry } from '../state/metric-parts.js';
import { PartialSums } from '../state/partial-sums.js';
import { Slots } from '../state/slots.js';
import { accumulate, measure, type Placement, type Target, type Weighed } from './accumulate.js';
import { buildEntries, type Entries, entryMass, requireOneCluster } from './entries.js';
import type { Mass, MetricTable, TabulateInputs } from './metric-table.js';
import type { MixedValues } from './mixed-ranking.js';
import { type QueryWeights, rankingEvidence } from './ranking-evidence.js';
import type { RowContext } from './row-context.js';

/** A metric gives these for the queries of a cut. */
export interface QueryValues extends QueryWeights {
  /** By score column, shape (positive rows): what a relevant row adds to its entry's value. */
  readonly credit: readonly Float64Array[];
  /** By state, for states of a mixed index. */
  readonly mixed: ReadonlyMap<number, MixedValues>;
}

/** The queries of one cut. */
export type QueryCut<Values extends QueryWeights = QueryValues> = Values & {
  /** The cut over the positive rows alone. */
  readonly cut: Cut;
  readonly entries: Entries;
};

/** The queries of every cut, and the places of their relevant rows. */
export interface RankedQueries<Values extends QueryWeights = QueryValues> {
  readonly cuts: readonly QueryCut<Values>[];
  readonly place: Pick<Placement, 'pairs'> & Readonly<Record<'query' | 'item', { readonly bucket: Uint16Array }>>;
  /** By cut, shape (positive rows): what each weighs. */
  readonly weights: readonly Float64Array[];
}

/**
 * Under a mix in which every query sees one version (`mix: per_request`) the expectation is the average over
 * versions; in a mixed index it is `mixed`.
 */
export function rankQueries<Values extends QueryWeights>(
  context: RowContext,
  evaluate: (entries: Entries) => Values,
): RankedQueries<Values> {
  const { evalSet, cells, sweep } = context.inputs;
  requireOneCluster(evalSet);
  const found: QueryCut<Values>[] = [];
  for (const [n, cut] of cells.cuts.entries()) {
    const entries = buildEntries(evalSet, cut);
    // Cuts that split queries alike, as those by what queries are do, have the same values.
    const alike = found.find((other) => splitAlike(other.entries, entries));
    const values = alike ?? context.share.part(n, cells.cuts.length, () => evaluate(entries));
    const ofRow = (alike?.entries ?? entries).ofRow;
    found.push({ ...values, cut: relevantCut(cut, sweep.positiveRows), entries: { ...entries, ofRow } });
  }
  const cuts: readonly QueryCut<Values>[] = found;
  return {
    cuts,
    place: placement(context),
    // One cut after the other: what a relevant row weighs is of its entry there.
    weights: cuts.map(({ entries, weight, share }) => weighed(sweep.positiveRows, entries, weight, share)),
  };
}

/** Shape (positive rows): the weight of each one's entry, by the share that it stands for. */
export function weighed(
  positiveRows: Int32Array,
  { ofRow }: Entries,
  weight: Float64Array,
  share: Float64Array,
): Float64Array {
  const found = new Float64Array(positiveRows.length);
  for (let i = 0; i < found.length; i++) found[i] = weight[ofRow[positiveRows[i]!]!]! * share[i]!;
  return found;
}

/** Says whether the rows are the same entries in two cuts: both number them as they appear. */
function splitAlike(a: Entries, b: Entries): boolean {
  return a.count === b.count && a.ofRow.every((e, r) => e === b.ofRow[r]);
}

/** Adds the weights of the relevant rows to a geometry. @param slots those that it has */
export function weighQueries(
  { cuts, place, weights }: RankedQueries<QueryWeights>,
  slots: Readonly<Record<'query' | 'item', Slots>>,
  geometry: Weighed,
): void {
  measure(
    geometry,
    placedIn(place, slots),
    cuts.map(({ cut }) => cut),
    weights,
  );
}

/** Adds the columns of the relevant rows to sums. */
export function sumQueries(inputs: TabulateInputs, { cuts, place, weights }: RankedQueries, sums: PartialSums): void {
  const { query, item } = sums.geometry;
  const placed = placedIn(place, { query: query.slots, item: item.slots });
  for (const [n, own] of cuts.entries())
    accumulate(placed, [own.cut], [{ sums, fill: columnsOf(inputs, own, weights[n]!) }]);
}

function placedIn(
  { pairs, query, item }: RankedQueries['place'],
  slots: Readonly<Record<'query' | 'item', Slots>>,
): Placement {
  return { pairs, query: { ...query, slots: slots.query }, item: { ...item, slots: slots.item } };
}

export function queryParts(context: RowContext, evaluate: (entries: Entries) => QueryValues): QueryParts {
  const { evalSet, cells, states, sweep, valuesAlone } = context.inputs;
  const ranked = rankQueries(context, evaluate);
  const { cuts: all, place } = ranked;
  const slots = { query: slotsOf(cells, all, place.query.bucket), item: slotsOf(cells, all, place.item.bucket) };
  const geometry = new Geometry(cells.count, slots.query, slots.item);
  if (!valuesAlone) weighQueries(ranked, slots, geometry);
  const sums = new PartialSums(1 + states.length, geometry, valuesAlone ? 'values' : 'errors');
  sumQueries(context.inputs, ranked, sums);
  return {
    ...placedGeometry(geometry),
    sums: sums.arrays(),
    evidence: all.flatMap((own) => {
      const at = rankingEvidence(evalSet, sweep.positiveRows, own.cut, own.entries, own);
      return own.cut.slices.map((_, local) => at(local));
    }),
    realisations: realisationsOf(all),
  };
}

/** @param states how many there are */
export function queryTable(parts: QueryParts, states: number, purpose: 'values' | 'errors'): MetricTable {
  const sums = new PartialSums(1 + states, queryGeometry(parts), purpose, parts.sums);
  const at = (cell: number) => parts.evidence[cell]!;
  return {
    sums,
    locate: (cell, state) => {
      const weight = sums.total(cell, 0);
      const value = weight > 0 ? sums.total(cell, 1 + state) / weight : Number.NaN;
      return { value, gradient: { columns: [0, 1 + state], weights: [-value / weight, 1 / weight] } };
    },
    effective: (cell) => {
      const { queryClusters, itemClusters } = at(cell);
      return { query: queryClusters, item: itemClusters };
    },
    ranking: at,
    realisation: (cell, state) => parts.realisations.get(`${cell}:${state}`),
  };
}

/** Masses of entries by the mass of the rows: every mix of the same versions, and every cut alike, asks for them. */
const knownMasses = new WeakMap<Int32Array, Map<Mass, Float64Array>>();

function massesOf(entries: Entries, mass: Mass, weight: Float64Array): Float64Array {
  const ofEntries = knownMasses.get(entries.ofRow) ?? new Map<Mass, Float64Array>();
  knownMasses.set(entries.ofRow, ofEntries);
  const found = ofEntries.get(mass) ?? entryMass(entries, mass, weight);
  ofEntries.set(mass, found);
  return found;
}

/** Writes the columns of positive row i: its weight, and what it adds to its entry's value under every state. */
function columnsOf(
  { evalSet, states, sweep: { positiveRows } }: TabulateInputs,
  { entries, weight, credit, mixed }: QueryCut,
  weights: Float64Array,
): Target['fill'] {
  const sources = states.map(({ parts }, s): readonly CreditPart[] => {
    const own = mixed.get(s);
    if (own) return [{ credit: own.credit, mass: undefined }];
    return parts.map(({ column, mass }) => ({
      credit: credit[column]!,
      mass: mass && massesOf(entries, mass, evalSet.weight),
    }));
  });
  let entryOf = new Int32Array(0);
  return (rows, out, stride) => {
    if (entryOf.length < rows.length) entryOf = new Int32Array(rows.length);
    for (let n = 0; n < rows.length; n++) {
      entryOf[n] = entries.ofRow[positiveRows[rows[n]!]!]!;
      out[n * stride] = weights[rows[n]!]!;
    }
    for (const [s, parts] of sources.entries()) {
      const at = 1 + s;
      for (let n = 0; n < rows.length; n++) out[n * stride + at] = 0;
      for (const part of parts) addCredit(part, rows, entryOf, out, at, stride);
      for (let n = 0; n < rows.length; n++) out[n * stride + at]! *= weight[entryOf[n]!]!;
    }
  };
}

/** The parts of their entries' values that positive rows have at a version. */
interface CreditPart {
  /** Shape (positive rows). */
  readonly credit: Float64Array;
  /** Shape (entries): how much the version counts; left out: 1. */
  readonly mass: Float64Array | undefined;
}

/** Adds a version to a column of rows. */
function addCredit(
  { credit, mass }: CreditPart,
  rows: Uint32Array,
  entryOf: Int32Array,
  out: Float64Array,
  at: number,
  stride: number,
): void {
  for (let n = 0; n < rows.length; n++)
    out[n * stride + at]! += mass ? credit[rows[n]!]! * mass[entryOf[n]!]! : credit[rows[n]!]!;
}

/** The same cut over the positive rows alone. */
function relevantCut(cut: Cut, positiveRows: Int32Array): Cut {
  return { ...cut, cell: gatherInts(cut.cell, positiveRows) };
}

/** The places of the positive rows; `i` counts positive rows. */
function placement({ inputs: { evalSet, sweep }, query, item }: RowContext): RankedQueries['place'] {
  const { positiveRows } = sweep;
  const way = ({ bucket }: { readonly bucket: Uint16Array }) => ({
    bucket: gatherShorts(bucket, positiveRows),
  });
  const { codes, count } = combineCodes(
    gatherInts(evalSet.cluster.codes, positiveRows),
    gatherInts(evalSet.item.codes, positiveRows),
    evalSet.item.names.length,
  );
  return { pairs: groupBy(codes, count), query: way(query), item: way(item) };
}

/** The slots that relevant rows are in. @param bucket shape (positive rows) */
function slotsOf(cells: Cells, cuts: readonly { readonly cut: Cut }[], bucket: Uint16Array): Slots {
  const slots = new Slots(cells.count);
  for (const { cut } of cuts) for (let i = 0; i < bucket.length; i++) slots.claim(cut.first + cut.cell[i]!, bucket[i]!);
  slots.close();
  return slots;
}

/**
 * By cell and state, `3:1`: how much the value varies from one assignment of versions to the next, where it was
 * averaged over some.
 */
function realisationsOf(cuts: readonly QueryCut[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { cut, entries, weight, mixed } of cuts)
    for (const [state, { replicates }] of mixed) {
      if (!replicates) continue;
      const sds = realisationSd(replicates, weight, entries.cell, cut.slices.length);
      for (const [cell, sd] of sds.entries()) found.set(`${cut.first + cell}:${state}`, sd);
    }
  return found;
}

/** Shape (cells): how much a cell's mean over queries varies from one assignment of versions to the next. */
function realisationSd(
  replicates: readonly Float64Array[],
  weight: Float64Array,
  cell: Int32Array,
  cells: number,
): Float64Array {
  const means = replicates.map((values) => {
    const sum = new Float64Array(cells);
    const total = new Float64Array(cells);
    for (let e = 0; e < weight.length; e++) {
      sum[cell[e]!]! += weight[e]! * values[e]!;
      total[cell[e]!]! += weight[e]!;
    }
    return sum.map((s, c) => s / total[c]!);
  });
  return Float64Array.from({ length: cells }, (_, c) => {
    const mean = means.reduce((s, m) => s + m[c]!, 0) / means.length;
    return Math.sqrt(means.reduce((s, m) => s + (m[c]! - mean) ** 2, 0) / (means.length - 1));
  });
}
