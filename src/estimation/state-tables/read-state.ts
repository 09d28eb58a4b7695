/** A folder of tables → the state that they are, with everything that must add up held against it. */
import { present } from '../../lib/lookup.js';
import { list, quoted } from '../../lib/text.js';
import type { Clusters } from '../state/cluster-sums.js';
import { Differences } from '../state/differences.js';
import type { GivenState } from '../state/given-state.js';
import { byCodeUnit, type CellKey, type Denominator, LEADING, type QuantityKey } from '../state/keys.js';
import { PartialSums } from '../state/partial-sums.js';
import type { RowFacts } from '../state/row-facts.js';
import { numbered, type StateTable, type TablesPlan, valueColumns } from './layout.js';
import { readManifest, refusal, type StateOf, type TablesManifest } from './read-manifest.js';
import { readDiagrams, readQueryMetrics, readRowMetrics } from './read-metrics.js';
import { pairColumns, readPairs } from './read-pairs.js';
import { type BothMarginals, type CellTables, geometryOf, ROUNDING, readMarginals, readMoments } from './read-sums.js';
import { ReadTable } from './state-table.js';

/** Reads a state. DataError where a part is missing, cut off, of another writing, or does not add up. */
export async function readStateTables(folder: string, shown: string, wanted: StateOf): Promise<GivenState> {
  const manifest = readManifest(folder, shown, wanted);
  const reader = new StateReader(folder, shown, manifest);
  return reader.read();
}

class StateReader implements CellTables {
  readonly cells: CellKey[] = [];
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

  get plan(): TablesPlan {
    return this.manifest.plan;
  }

  async read(): Promise<GivenState> {
    const { plan, rows, keys } = this.manifest;
    const { tallies, fixed } = await this.readCells();
    // First, as every sum lacks the mass of a row that no histogram is for.
    const histograms = await this.readHistograms(tallies.rows);
    const marginals = await this.readMarginals(tallies.positiveMass, tallies.negativeMass);
    const moments = await readMoments(this, 'moments', plan.quantities, LEADING + plan.columns.length);
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
      ...(plan.diagrams ? { diagrams: await readDiagrams(this) } : {}),
      state: {
        census: { cells: this.cells, all, geometry },
        held: all,
        columns: plan.columns,
        clipped,
        tallies,
        clusters: await this.readClusters(),
        differences: await this.readDifferences(),
        sums: new Map(sums),
        metrics: new Map([
          ...(await readRowMetrics(this, marginals)),
          ...(await readQueryMetrics(this, tallies.positives)),
        ]),
      },
    };
  }

  table(name: StateTable, columns: readonly string[]): Promise<ReadTable> {
    const keys = name === 'pairs' ? [] : ['cut', ...this.values];
    return ReadTable.of(this.folder, this.shown, name, [...keys, ...columns], this.manifest.stamp);
  }

  /** Shape (rows): the cell of each row of a table. */
  places(table: ReadTable): Int32Array {
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
    const [positiveMass, negativeMass] = [of('positive_mass'), of('negative_mass')];
    if (rows[0] === 0)
      throw refusal(
        table.file,
        'a state without rows',
        'at least one row',
        'Fill the scored table, and write it again.',
      );
    // The first cell is that of all rows.
    if (!(positiveMass[0]! + negativeMass[0]! > 0))
      throw refusal(
        table.file,
        'a state of rows whose weights are all 0',
        'at least one row that counts',
        'Mend the weights of the scored table, and write the state again.',
      );
    return {
      tallies: {
        rows,
        positives: of('positives'),
        weightedPositives: of('weighted_positives'),
        positiveMass,
        negativeMass,
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

  private async readMarginals(positive: Float64Array, negative: Float64Array): Promise<BothMarginals> {
    const { quantities, columns } = this.plan;
    const { query, item, table } = await readMarginals(this, 'marginals', quantities, LEADING + columns.length);
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
      if (!names.includes(name))
        throw refusal(
          table.file,
          `rows with the slice value ${quoted(name)}, of which production has no histogram`,
          `those that have one: ${list(names.map(quoted), 5)}`,
          'Write one under production.distances.slices of the policy, and then the state again.',
        );
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
