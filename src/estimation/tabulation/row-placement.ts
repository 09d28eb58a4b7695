/** The places of an eval set's rows in partial sums: their pairs, and their slots in every cell. No score is needed. */

import { type Cells, cellKeys } from '../../data/evalset/cells.js';
import type { EvalRows } from '../../data/evalset/evalset.js';
import { combineCodes, type Grouping, groupBy } from '../../lib/sort.js';
import { Geometry, type GeometryParts, geometryParts } from '../state/geometry.js';
import { rowSetOf } from '../state/row-set.js';
import { adoptRowBuckets, rowBuckets, Slots } from '../state/slots.js';
import type { Census, RowSet } from '../state/summed-state.js';
import { measure, type Placement, type Way } from './accumulate.js';

/** Pairs and slots need no score: found once, however many tabulations there are of the same rows and cells. */
const pairsOf = new WeakMap<EvalRows, Grouping>();
const inCells = new WeakMap<Cells, InCells>();

interface InCells {
  readonly evalSet: EvalRows;
  readonly query: Slots;
  readonly item: Slots;
  geometry?: Geometry;
}

/** Pairs and slots as arrays. */
export interface PlacementParts {
  readonly pairs: Grouping;
  readonly query: PlacedWay;
  readonly item: PlacedWay;
  /** Left out where values alone are wanted. */
  readonly geometry?: GeometryParts;
}

interface PlacedWay {
  /** Shape (rows). */
  readonly bucket: Uint16Array;
  /** Shape (cells + 1), and shape (slots): as of `Slots.of`. */
  readonly first: Uint32Array;
  readonly buckets: Uint16Array;
}

/** Takes what was found elsewhere of the places of these rows in these cells. */
export function adoptPlacement(
  evalSet: EvalRows,
  cells: Cells,
  { pairs, query, item, geometry }: PlacementParts,
): void {
  pairsOf.set(evalSet, pairs);
  adoptRowBuckets(evalSet.cluster.codes, query.bucket);
  adoptRowBuckets(evalSet.item.codes, item.bucket);
  const [own, other] = [Slots.of(query.first, query.buckets), Slots.of(item.first, item.buckets)];
  inCells.set(cells, {
    evalSet,
    query: own,
    item: other,
    ...(geometry ? { geometry: Geometry.of(own, other, geometry) } : {}),
  });
}

export class RowPlacement implements Placement {
  /** Shape (rows). */
  private readonly queryBucket: Uint16Array;
  private readonly itemBucket: Uint16Array;
  private ownRows?: RowSet;

  /**
   * @param whole the census of all rows, where these are a shard of them; its cells are those of `cells`. Left out:
   * these rows are all.
   */
  constructor(
    readonly evalSet: EvalRows,
    readonly cells: Cells,
    private readonly whole?: Census,
  ) {
    this.queryBucket = rowBuckets(evalSet.cluster);
    this.itemBucket = rowBuckets(evalSet.item);
  }

  get query(): Way {
    return { slots: this.slots().query, bucket: this.queryBucket };
  }

  get item(): Way {
    return { slots: this.slots().item, bucket: this.itemBucket };
  }

  /** Rows grouped by (cluster, item), in order of first appearance. */
  get pairs(): Grouping {
    const { cluster, item } = this.evalSet;
    let found = pairsOf.get(this.evalSet);
    if (!found) {
      const { codes, count } = combineCodes(cluster.codes, item.codes, item.names.length);
      found = groupBy(codes, count);
      pairsOf.set(this.evalSet, found);
    }
    return found;
  }

  /** The distribution of the weight of all rows over clusters, in every cell. */
  geometry(): Geometry {
    if (this.whole) return this.whole.geometry;
    const { evalSet, cells } = this;
    const own = this.inCells();
    if (!own.geometry) {
      own.geometry = new Geometry(cells.count, own.query, own.item);
      const weights = cells.cuts.map(() => evalSet.weight);
      measure(own.geometry, this, cells.cuts, weights);
    }
    return own.geometry;
  }

  protected slots(): { readonly query: Slots; readonly item: Slots } {
    if (!this.whole) return this.inCells();
    const { query, item } = this.whole.geometry;
    return { query: query.slots, item: item.slots };
  }

  private inCells(): InCells {
    const { evalSet, cells } = this;
    const known = inCells.get(cells);
    if (known?.evalSet === evalSet) return known;
    const query = new Slots(cells.count);
    const item = new Slots(cells.count);
    for (const cut of cells.cuts)
      for (let r = 0; r < evalSet.rows; r++) {
        const cell = cut.first + cut.cell[r]!;
        query.claim(cell, this.queryBucket[r]!);
        item.claim(cell, this.itemBucket[r]!);
      }
    query.close();
    item.close();
    const found = { evalSet, query, item };
    inCells.set(cells, found);
    return found;
  }

  /** The places as arrays; of rows that are all of a run. */
  parts(withGeometry: boolean): PlacementParts {
    const way = ({ slots, bucket }: Way): PlacedWay => ({ bucket, first: slots.first, buckets: slots.buckets() });
    return {
      pairs: this.pairs,
      query: way(this.query),
      item: way(this.item),
      ...(withGeometry ? { geometry: geometryParts(this.geometry()) } : {}),
    };
  }

  /** These rows as a set. */
  held(): RowSet {
    this.ownRows ??= rowSetOf(this.evalSet.query, this.evalSet.item);
    return this.ownRows;
  }

  /** The census that these rows are summed under. It is taken only where something asks for it. */
  census(): Census {
    if (this.whole) return this.whole;
    const [held, geometry] = [() => this.held(), () => this.geometry()];
    return {
      cells: cellKeys(this.cells),
      get all() {
        return held();
      },
      get geometry() {
        return geometry();
      },
    };
  }
}
