/** The tables of metrics that are no sums over rows: of ordered or binned rows, and of means over queries. */
import { lookUp } from '../../lib/lookup.js';
import type { Geometry } from '../state/geometry.js';
import type { MetricParts, QueryCounts, WayParts } from '../state/metric-parts.js';
import { refusal } from './read-manifest.js';
import {
  type BothMarginals,
  type CellTables,
  geometryOf,
  type Marginals,
  ROUNDING,
  readMarginals,
  readMoments,
} from './read-sums.js';
import type { ReadTable } from './state-table.js';

type Named = [id: string, parts: MetricParts];

/**
 * Values with their bounds, and sums of influences. DataError where a cell, a state or a bucket is missing.
 *
 * @param places the buckets of all rows
 */
export async function readRowMetrics(tables: CellTables, places: BothMarginals): Promise<Named[]> {
  const { rowMetrics: ids, columns } = tables.plan;
  if (ids.length === 0) return [];
  const found = await readValues(tables);
  const { query, item, table } = await readMarginals(tables, 'row_marginals', ids, columns.length);
  if (!sameBuckets(query, places.query) || !sameBuckets(item, places.item))
    throw refusal(table.file, 'other buckets than those of the table marginals', 'the buckets of all rows');
  const moments = await readMoments(tables, 'row_moments', ids, columns.length);
  return ids.map((id, m) => [
    id,
    {
      kind: 'rows',
      parts: {
        sums: { queryMarginals: query.sums[m]!, itemMarginals: item.sums[m]!, ...moments[m]! },
        values: found.map(({ value }) => value[m]!),
        bounds: found.map(({ bound }) => bound[m]!),
      },
    },
  ]);
}

function sameBuckets(a: Marginals, b: Marginals): boolean {
  const alike = (one: ArrayLike<number>, other: ArrayLike<number>) =>
    one.length === other.length && Array.from(one).every((x, i) => x === other[i]);
  return alike(a.first, b.first) && alike(a.bucket, b.bucket);
}

/** By state and metric, shape (cells). */
interface Values {
  readonly value: readonly Float64Array[];
  readonly bound: readonly Float64Array[];
}

async function readValues(tables: CellTables): Promise<Values[]> {
  const { rowMetrics: ids, columns } = tables.plan;
  const cells = tables.cells.length;
  const table = await tables.table('row_values', ['metric', 'state', 'value', 'bound']);
  const place = tables.places(table);
  const metric = table.texts('metric').map((id) => ids.indexOf(id));
  const [state, value, bound] = ['state', 'value', 'bound'].map((name) => table.numbers(name)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const perMetric = () => ids.map(() => new Float64Array(cells));
  const found = columns.map(() => ({ value: perMetric(), bound: perMetric() }));
  const seen = new Set<number>();
  for (let r = 0; r < table.rows; r++) {
    const own = found[state[r]!];
    const m = metric[r]!;
    if (!own || m < 0)
      throw refusal(table.file, 'a state or a metric that the plan does not have', 'those of the plan');
    own.value[m]![place[r]!] = value[r]!;
    own.bound[m]![place[r]!] = bound[r]!;
    seen.add((place[r]! * columns.length + state[r]!) * ids.length + m);
  }
  const wanted = cells * columns.length * ids.length;
  if (seen.size !== wanted || table.rows !== wanted)
    throw refusal(table.file, `${table.rows} values`, `${wanted}: one of each metric, cell and state`);
  return found;
}

/** Bins of a diagram, and their sums. */
const BINS = 10;
const SUMS = ['weight', 'predicted', 'positive'] as const;

/** Sums of reliability diagrams by state, shape (cells · bins · 3); a bin without rows has none. */
export async function readDiagrams(tables: CellTables): Promise<Float64Array[]> {
  const table = await tables.table('diagrams', ['state', 'bin', ...SUMS]);
  const place = tables.places(table);
  const [state, bin] = [table.numbers('state'), table.numbers('bin')];
  const found = tables.plan.columns.map(() => new Float64Array(tables.cells.length * BINS * SUMS.length));
  for (const [n, name] of SUMS.entries())
    for (const [r, value] of table.numbers(name).entries()) {
      const own = found[state[r]!];
      if (!own || !(bin[r]! < BINS))
        throw refusal(table.file, 'a state or a bin that no diagram has', 'those of the plan');
      own[(place[r]! * BINS + bin[r]!) * SUMS.length + n] = value;
    }
  return found;
}

/**
 * Means over queries, with the places of their relevant rows.
 *
 * @param positives shape (cells): a cell without any has no row in these tables
 */
export async function readQueryMetrics(tables: CellTables, positives: Float64Array): Promise<Named[]> {
  const { queryMetrics: ids, columns } = tables.plan;
  if (ids.length === 0) return [];
  const width = columns.length + 2;
  const held = (cell: number) => positives[cell]! > 0;
  const counts = await readCounts(tables, held);
  const marginals = await readMarginals(tables, 'query_marginals', ids, width);
  const moments = await readMoments(tables, 'query_moments', ids, width, held);
  return ids.map((id, m) => {
    const geometry = geometryOf(marginals, moments, m);
    const { evidence, weight } = counts[m]!;
    holdWeights(marginals.table, marginals, m, width, weight);
    return [
      id,
      {
        kind: 'queries',
        parts: {
          query: wayOf(marginals.query, geometry.query),
          item: wayOf(marginals.item, geometry.item),
          total: geometry.total,
          pairs: geometry.pairs,
          sums: { queryMarginals: marginals.query.sums[m]!, itemMarginals: marginals.item.sums[m]!, ...moments[m]! },
          evidence,
          realisations: new Map<string, number>(),
        },
      },
    ];
  });
}

function wayOf({ first, bucket }: Marginals, { share, within }: Geometry['query']): WayParts {
  return { first, bucket, share, within };
}

/** Buckets of both sides hold all of a cell's weight. */
function holdWeights(
  { file }: ReadTable,
  { query, item }: BothMarginals,
  m: number,
  width: number,
  weight: Float64Array,
): void {
  for (const { first, sums } of [query, item])
    for (const [cell, total] of weight.entries()) {
      let found = 0;
      for (let slot = first[cell]!; slot < first[cell + 1]!; slot++) found += sums[m]![slot * width]!;
      if (!(Math.abs(found - total) <= ROUNDING * total))
        throw refusal(file, `buckets of weight ${found} in a cell of weight ${total}`, 'all buckets of every cell');
    }
}

/** By metric. */
interface Counts {
  readonly evidence: readonly QueryCounts[];
  /** Shape (cells). */
  readonly weight: Float64Array;
}

const NOTHING: QueryCounts = { positives: 0, queryClusters: 0, itemClusters: 0, queries: 0, counted: 0 };

const FIGURES = [
  'weight',
  'positives',
  'queries',
  'counted',
  'query_total',
  'query_squares',
  'item_total',
  'item_squares',
] as const;

async function readCounts(tables: CellTables, held: (cell: number) => boolean): Promise<Counts[]> {
  const { queryMetrics: ids } = tables.plan;
  const table = await tables.table('query_counts', ['metric', ...FIGURES]);
  const place = tables.places(table);
  const metric = table.texts('metric');
  const numbers = new Map(FIGURES.map((name) => [name, table.numbers(name)]));
  const at = (name: (typeof FIGURES)[number], r: number) => lookUp(numbers, name, 'column')[r]!;
  const effective = (side: 'query' | 'item', r: number) =>
    at(`${side}_squares`, r) > 0 ? at(`${side}_total`, r) ** 2 / at(`${side}_squares`, r) : 0;
  return ids.map((id) => {
    const evidence = tables.cells.map(() => NOTHING);
    const weight = new Float64Array(tables.cells.length);
    const own = Array.from(metric.keys()).filter((r) => metric[r] === id);
    for (const r of own) {
      weight[place[r]!] = at('weight', r);
      evidence[place[r]!] = {
        positives: at('positives', r),
        queryClusters: effective('query', r),
        itemClusters: effective('item', r),
        queries: at('queries', r),
        counted: at('counted', r),
      };
    }
    const wanted = evidence.filter((_, cell) => held(cell)).length;
    if (own.length !== wanted || evidence.some((counts, cell) => held(cell) !== (counts !== NOTHING)))
      throw refusal(table.file, `${own.length} cells of ${id}`, `the ${wanted} that have relevant rows, each once`);
    return { evidence, weight };
  });
}
