/** A folder of tables → the state that they are, with everything that must add up held against it. */
import { present } from '../../lib/lookup.js';
import type { Clusters } from '../state/cluster-sums.js';
import { Differences } from '../state/differences.js';
import { Geometry } from '../state/geometry.js';
import type { GivenState } from '../state/given-state.js';
import { byCodeUnit, type CellKey, type Denominator, LEADING, type QuantityKey } from '../state/keys.js';
import { PartialSums } from '../state/partial-sums.js';
import type { RowFacts } from '../state/row-facts.js';
import { Slots } from '../state/slots.js';
import { cornerOf, triangleOf } from '../state/sum-arrays.js';
import { numbered, type StateTable, type TablesPlan, valueColumns } from './layout.js';
import { readManifest, refusal, type StateOf, type TablesManifest } from './read-manifest.js';
import { pairColumns, readPairs } from './read-pairs.js';
import { ReadTable } from './state-table.js';

/** Sums of the same numbers in another order differ by no more than this, relative to their sizes. */
const ROUNDING = 1e-9;

/** Reads a state. DataError where a part is missing, cut off, of another writing, or does not add up. */
export async function readStateTables(folder: string, shown: string, wanted: StateOf): Promise<GivenState> {
  const manifest = readManifest(folder, shown, wanted);
  const reader = new StateReader(folder, shown, manifest);
  return reader.read();
}

class StateReader {
  private readonly cells: CellKey[] = [];
  /** By the text of its cut and values. */
  private readonly cellOf = new Map<string, number>();
  private readonly values: readonly string[];

  constructor(
    private readonly folder: string,
    private readonly shown: string,
    private readonly manifest: TablesManifest,
  ) {
    this.values = valueColumns(manifest.plan);
  }

  private get plan(): TablesPlan {
    return this.manifest.plan;
  }

  async read(): Promise<GivenState> {
    const { plan, rows, keys } = this.manifest;
    const { tallies, fixed } = await this.readCells();
    const marginals = await this.readMarginals(tallies.positiveMass, tallies.negativeMass);
    const moments = await this.readMoments();
    const geometry = geometryOf(marginals, moments);
    const sums = plan.quantities.map((quantity, at): [QuantityKey, PartialSums] => [
      quantity,
      new PartialSums(LEADING + plan.columns.length, geometry, 'errors', {
        queryMarginals: marginals.query.sums[at]!,
        itemMarginals: marginals.item.sums[at]!,
        ...moments[at]!,
      }),
    ]);
    const names = pairColumns(plan.pairs.length);
    const { clipped, ...ofPairs } = readPairs(await this.table('pairs', names), this.manifest);
    const histograms = await this.readHistograms(tallies.rows);
    const facts: RowFacts = {
      queries: this.manifest.queries,
      items: this.manifest.items,
      repeatedPairs: rows - this.manifest.distinctPairs,
      ...ofPairs,
      fixedPredictions: fixed,
      ...(histograms ? { histograms } : {}),
    };
    const all = { rows, keys };
    return {
      file: this.shown,
      facts,
      state: {
        census: { cells: this.cells, all, geometry },
        held: all,
        columns: plan.columns,
        clipped,
        tallies,
        clusters: await this.readClusters(),
        differences: await this.readDifferences(),
        sums: new Map(sums),
        metrics: new Map(),
      },
    };
  }

  private table(name: StateTable, columns: readonly string[]): Promise<ReadTable> {
    const keys = name === 'pairs' ? [] : ['cut', ...this.values];
    return ReadTable.of(this.folder, this.shown, name, [...keys, ...columns], this.manifest.stamp);
  }

  /** The rows of a table by cell: one of each, or `count` of each. */
  private places(table: ReadTable): Int32Array {
    const cut = table.numbers('cut');
    const values = this.values.map((name) => table.texts(name));
    return Int32Array.from(cut, (c, r) => {
      const text = JSON.stringify([c, ...values.map((column) => column[r]!)]);
      const cell = this.cellOf.get(text);
      if (cell === undefined) throw refusal(table.file, 'a cell that the table cells does not have', 'the same cells');
      return cell;
    });
  }

  private onceEach(table: ReadTable, places: Int32Array, times = 1): void {
    const seen = new Int32Array(this.cells.length);
    for (const cell of places) seen[cell]!++;
    if (seen.some((count) => count !== times))
      throw refusal(table.file, `${table.rows} rows`, `${this.cells.length * times}: each cell ${times} times`);
  }

  private async readCells() {
    const { plan } = this;
    const names = [
      'row_count',
      'positives',
      'weighted_positives',
      'positive_mass',
      'negative_mass',
      'fixed_predictions',
    ];
    const table = await this.table('cells', names);
    const cut = table.numbers('cut');
    const values = this.values.map((name) => table.texts(name));
    const order = Array.from(cut, (_, r) => r).sort(
      (a, b) => cut[a]! - cut[b]! || values.reduce((found, column) => found || byCodeUnit(column[a]!, column[b]!), 0),
    );
    for (const r of order) {
      const columns = plan.cuts[cut[r]!];
      if (!columns) throw refusal(table.file, `cut ${cut[r]}`, `one of ${plan.cuts.length}`);
      const own = values.map((column) => column[r]!);
      const text = JSON.stringify([cut[r], ...own]);
      if (this.cellOf.has(text))
        throw refusal(table.file, `a cell that stands there twice (${text})`, 'each cell once');
      this.cellOf.set(text, this.cells.push({ columns, values: own.slice(0, columns.length) }) - 1);
    }
    const of = (name: string) => {
      const numbers = table.numbers(name);
      return Float64Array.from(order, (r) => numbers[r]!);
    };
    const rows = of('row_count');
    this.holdRows(table, rows);
    return {
      tallies: {
        rows,
        positives: of('positives'),
        weightedPositives: of('weighted_positives'),
        positiveMass: of('positive_mass'),
        negativeMass: of('negative_mass'),
      },
      fixed: Uint8Array.from(of('fixed_predictions')),
    };
  }

  /** Every cut has all rows. */
  private holdRows({ file }: ReadTable, rows: Float64Array): void {
    for (const columns of this.plan.cuts) {
      const found = rows.reduce((sum, count, c) => (this.cells[c]!.columns === columns ? sum + count : sum), 0);
      if (found !== this.manifest.rows)
        throw refusal(
          file,
          `${found.toLocaleString('en-US')} rows in the cells of ${columns.join('*') || 'all rows'}`,
          `${this.manifest.rows.toLocaleString('en-US')}, as the manifest says`,
        );
    }
  }

  private async readMarginals(positive: Float64Array, negative: Float64Array) {
    const { quantities, columns } = this.plan;
    const names = numbered('c', LEADING + columns.length);
    const table = await this.table('marginals', ['quantity', 'side', 'bucket', ...names]);
    const read = {
      cells: this.cells.length,
      place: this.places(table),
      quantity: table.texts('quantity'),
      side: table.texts('side'),
      bucket: table.numbers('bucket'),
      columns: names.map((name) => table.numbers(name)),
    };
    const query = marginalsOf('query', read, quantities);
    const item = marginalsOf('item', read, quantities);
    if (!query || !item)
      throw refusal(table.file, 'buckets that differ from one quantity to the next', 'the same buckets');
    for (const way of [query, item])
      for (const sums of way.sums) this.holdWeights(table, way.first, sums, positive, negative);
    return { query, item };
  }

  /** Buckets hold all of a cell's weight, and of its positives'. */
  private holdWeights(
    { file }: ReadTable,
    first: Uint32Array,
    sums: Float64Array,
    positive: Float64Array,
    negative: Float64Array,
  ): void {
    const width = LEADING + this.plan.columns.length;
    for (let cell = 0; cell < this.cells.length; cell++) {
      let [w, wy] = [0, 0];
      for (let slot = first[cell]!; slot < first[cell + 1]!; slot++) {
        w += sums[slot * width]!;
        wy += sums[slot * width + 1]!;
      }
      const total = positive[cell]! + negative[cell]!;
      if (!(Math.abs(w - total) <= ROUNDING * total && Math.abs(wy - positive[cell]!) <= ROUNDING * total))
        throw refusal(file, `buckets of weight ${w} in a cell of weight ${total}`, 'all buckets of every cell');
    }
  }

  private async readMoments() {
    const { quantities, columns } = this.plan;
    const width = LEADING + columns.length;
    const triangle = triangleOf(width);
    const letters = ['m', 'q', 'i'] as const;
    const table = await this.table('moments', ['quantity', ...letters.flatMap((x) => numbered(x, triangle))]);
    const place = this.places(table);
    const quantity = table.texts('quantity');
    this.onceEach(table, place, quantities.length);
    const read = letters.map((letter) => numbered(letter, triangle).map((name) => table.numbers(name)));
    return quantities.map((name) => {
      const own = Array.from(quantity.keys()).filter((r) => quantity[r] === name);
      if (own.length !== this.cells.length)
        throw refusal(table.file, `${own.length} cells of ${name}`, `${this.cells.length}, each once`);
      const [moments, queryMoments, itemMoments] = read.map((corners) => {
        const found = new Float64Array(this.cells.length * triangle);
        for (const r of own) for (let c = 0; c < triangle; c++) found[place[r]! * triangle + c] = corners[c]![r]!;
        return found;
      }) as [Float64Array, Float64Array, Float64Array];
      const magnitudes = new Float64Array(this.cells.length * width);
      for (let at = 0; at < magnitudes.length; at++) {
        const column = at % width;
        // Of rows that share cluster and item their sum is known: the scale that rounding is held against.
        magnitudes[at] = moments[Math.floor(at / width) * triangle + cornerOf(column, column)]!;
      }
      return { moments, queryMoments, itemMoments, magnitudes };
    });
  }

  private async readClusters(): Promise<{ readonly query: Clusters; readonly item: Clusters }> {
    const { denominators } = this.plan;
    const names = denominators.flatMap((_, n) => [`total${n}`, `squares${n}`]);
    const table = await this.table('clusters', ['side', ...names]);
    const place = this.places(table);
    this.onceEach(table, place, 2);
    const side = table.texts('side');
    const numbers = names.map((name) => table.numbers(name));
    const of = (which: 'query' | 'item'): Clusters => {
      const row = new Int32Array(this.cells.length).fill(-1);
      for (const [r, cell] of place.entries()) if (side[r] === which) row[cell] = r;
      if (row.includes(-1))
        throw refusal(table.file, `cells without clusters of the ${which} side`, 'both sides of each');
      return new CountedClusters(denominators, row, numbers);
    };
    return { query: of('query'), item: of('item') };
  }

  private async readDifferences(): Promise<Differences> {
    const count = this.plan.columns.length;
    const pairs = (count * (count - 1)) / 2;
    const differences = new Differences(this.cells.length, count);
    if (pairs === 0) return differences;
    const table = await this.table('differences', numbered('c', pairs));
    const place = this.places(table);
    this.onceEach(table, place);
    for (const [pair, name] of numbered('c', pairs).entries())
      for (const [r, differ] of table.numbers(name).entries()) if (differ > 0) differences.mark(place[r]!, pair);
    return differences;
  }

  private async readHistograms(rows: Float64Array): Promise<RowFacts['histograms']> {
    const { histograms: names } = this.plan;
    if (!names) return undefined;
    const table = await this.table('histograms', ['histogram', 'weight', 'row_count']);
    const place = this.places(table);
    const found = { weight: table.numbers('weight'), rows: table.numbers('row_count') };
    const weight = new Float64Array(this.cells.length * names.length);
    const counts = new Float64Array(this.cells.length * names.length);
    const left = Float64Array.from(rows);
    for (const [r, name] of table.texts('histogram').entries()) {
      const at = place[r]! * names.length + names.indexOf(name);
      if (!names.includes(name)) throw refusal(table.file, `a histogram ${name}`, 'one of production’s');
      weight[at] = found.weight[r]!;
      counts[at] = found.rows[r]!;
      left[place[r]!]! -= found.rows[r]!;
    }
    if (left.some((count) => count !== 0))
      throw refusal(table.file, 'histograms of other rows than those of their cells', 'every row in one histogram');
    return { names, weight, rows: counts };
  }
}

/** Clusters by their effective numbers alone, which engines count. */
class CountedClusters implements Clusters {
  /**
   * @param row     by cell: its row in the numbers
   * @param numbers two columns a denominator: Σ_g D_g and Σ_g D_g²
   */
  constructor(
    private readonly denominators: readonly Denominator[],
    private readonly row: Int32Array,
    private readonly numbers: readonly Float64Array[],
  ) {}

  effective(cell: number, denominator: Denominator): number {
    const n = this.denominators.indexOf(denominator);
    if (n < 0) throw new Error(`no clusters are counted by ${denominator}`);
    const total = present(this.numbers[2 * n], 'sums')[this.row[cell]!]!;
    const squares = present(this.numbers[2 * n + 1], 'squares')[this.row[cell]!]!;
    return squares > 0 ? (total * total) / squares : 0;
  }
}

/** Rows of the table of marginals. */
interface ReadMarginals {
  readonly cells: number;
  readonly place: Int32Array;
  readonly quantity: readonly string[];
  readonly side: readonly string[];
  readonly bucket: Float64Array;
  readonly columns: readonly Float64Array[];
}

interface Marginals {
  readonly first: Uint32Array;
  readonly bucket: Uint16Array;
  /** By quantity, shape (slots, columns). */
  readonly sums: readonly Float64Array[];
}

/** The marginals of a side, by cell and bucket; undefined where quantities differ in their buckets. */
function marginalsOf(side: string, read: ReadMarginals, quantities: readonly string[]): Marginals | undefined {
  const byQuantity = quantities.map((quantity) =>
    Array.from(read.quantity.keys())
      .filter((r) => read.quantity[r] === quantity && read.side[r] === side)
      .sort((a, b) => read.place[a]! - read.place[b]! || read.bucket[a]! - read.bucket[b]!),
  );
  const order = byQuantity[0] ?? [];
  const alike = (rows: readonly number[]) =>
    rows.length === order.length &&
    rows.every((r, i) => read.place[r] === read.place[order[i]!] && read.bucket[r] === read.bucket[order[i]!]);
  if (!byQuantity.every(alike)) return undefined;
  const first = new Uint32Array(read.cells + 1);
  for (const r of order) first[read.place[r]! + 1]!++;
  for (let cell = 0; cell < read.cells; cell++) first[cell + 1]! += first[cell]!;
  const width = read.columns.length;
  const sums = byQuantity.map((rows) => {
    const found = new Float64Array(rows.length * width);
    for (const [slot, r] of rows.entries())
      for (let c = 0; c < width; c++) found[slot * width + c] = read.columns[c]![r]!;
    return found;
  });
  return { first, bucket: Uint16Array.from(order, (r) => read.bucket[r]!), sums };
}

/** Shares of weight by bucket, and sums of pairs' squared shares: from the sums of w and w² of any quantity. */
function geometryOf(
  marginals: { readonly query: Marginals; readonly item: Marginals },
  moments: readonly {
    readonly moments: Float64Array;
    readonly queryMoments: Float64Array;
    readonly itemMoments: Float64Array;
  }[],
): Geometry {
  const cells = marginals.query.first.length - 1;
  const total = new Float64Array(cells);
  const shares = (way: Marginals) => {
    const width = way.sums[0]!.length / Math.max(1, way.bucket.length);
    const share = Float64Array.from(way.bucket, (_, slot) => way.sums[0]![slot * width]!);
    for (let cell = 0; cell < cells; cell++) {
      const own = share.subarray(way.first[cell]!, way.first[cell + 1]!);
      const weight = own.reduce((sum, w) => sum + w, 0);
      total[cell] = weight;
      for (let slot = 0; slot < own.length; slot++) own[slot] = weight > 0 ? own[slot]! / weight : 0;
    }
    return share;
  };
  const item = shares(marginals.item);
  const query = shares(marginals.query);
  const first = present(moments[0], 'moments');
  const triangle = first.moments.length / cells;
  const ofWeights = (sums: Float64Array) =>
    total.map((weight, cell) => (weight > 0 ? sums[cell * triangle]! / (weight * weight) : 0));
  return Geometry.of(
    Slots.of(marginals.query.first, marginals.query.bucket),
    Slots.of(marginals.item.first, marginals.item.bucket),
    {
      total,
      pairs: ofWeights(first.moments),
      query: { share: query, within: ofWeights(first.queryMoments) },
      item: { share: item, within: ofWeights(first.itemMoments) },
    },
  );
}
