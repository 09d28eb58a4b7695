/** The pinned eval set in typed arrays: who was asked about what, with which label, weight and slices. */

import type { EvalFile } from '../../documents/policy/policy.js';
import { gatherFloats } from '../../lib/gather.js';
import type { Side } from '../checkpoints/checkpoint.js';
import type { Coded } from '../tables/identity.js';
import type { Table } from '../tables/table.js';

/** The table that holds a tower's features, and the row of it that each eval row reads. */
export interface FeatureTable {
  readonly side: Side;
  readonly table: Table;
  /** Shape (rows): eval row → row of `table`. */
  readonly tableRow: Int32Array;
  /** The id of a row of `table`, for messages and for precomputed embeddings. */
  readonly ids: Coded;
  /** False where the eval set's rows themselves carry the features, which may then vary within one id. */
  readonly ownTable: boolean;
  /** Shape (ids): 1 for an id that no catalogue holds at some version; absent where all are there. */
  readonly absent?: Uint8Array;
}

export interface EvalSet {
  readonly rows: number;
  readonly positives: number;
  /** Shape (rows): query id, item id and cluster of every row. */
  readonly query: Coded;
  readonly item: Coded;
  readonly cluster: Coded;
  /** Shape (rows), in [0, 1]: a grade as a share of the highest. */
  readonly label: Float64Array;
  /** The grade that a label of 1 stands for; 1 where left out. */
  readonly grades?: number;
  /** Shape (rows), non-negative. */
  readonly weight: Float64Array;
  readonly slices: ReadonlyMap<string, Coded>;
  readonly features: Readonly<Record<Side, FeatureTable>>;
  /** Shape (rows) each: columns of scores by name; absent where no release asks for any. */
  readonly scores?: ReadonlyMap<string, Float64Array>;
  /** Rows whose (query, item) pair stands in an earlier row too; undefined where nobody has counted. */
  readonly repeatedPairs?: number;
  /** Sentences to be said of its tables. */
  readonly notices?: readonly string[];
  readonly sha256: Readonly<Partial<Record<EvalFile, string>>>;
}

/** The rows themselves, without what towers read or cells are cut by. */
export type EvalRows = Pick<
  EvalSet,
  'rows' | 'positives' | 'query' | 'item' | 'cluster' | 'label' | 'grades' | 'weight'
>;

/** The rows that are kept; codes and names shrink with them. `absent`: items that leave the catalogue. */
export function selectRows(evalSet: EvalSet, keep: (r: number) => boolean, absent: Uint8Array): EvalSet {
  const rows = Int32Array.from({ length: evalSet.rows }, (_, r) => r).filter(keep);
  const { query, item } = evalSet.features;
  const of = (values: Float64Array) => gatherFloats(values, rows);
  const label = of(evalSet.label);
  return {
    ...evalSet,
    rows: rows.length,
    positives: label.filter((y) => y > 0).length,
    query: recoded(evalSet.query, rows),
    item: recoded(evalSet.item, rows),
    cluster: recoded(evalSet.cluster, rows),
    label,
    weight: of(evalSet.weight),
    slices: new Map([...evalSet.slices].map(([name, coded]) => [name, recoded(coded, rows)])),
    ...(evalSet.scores ? { scores: new Map([...evalSet.scores].map(([name, values]) => [name, of(values)])) } : {}),
    features: {
      query: { ...query, tableRow: Int32Array.from(rows, (r) => query.tableRow[r]!) },
      item: { ...item, tableRow: Int32Array.from(rows, (r) => item.tableRow[r]!), absent },
    },
  };
}

function recoded({ codes, names }: Coded, rows: Int32Array): Coded {
  const code = new Map<number, number>();
  const kept: string[] = [];
  const fresh = Int32Array.from(rows, (r) => {
    let now = code.get(codes[r]!);
    if (now === undefined) {
      now = kept.push(names[codes[r]!]!) - 1;
      code.set(codes[r]!, now);
    }
    return now;
  });
  return { codes: fresh, names: kept };
}
