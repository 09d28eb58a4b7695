/** The SQL of a state's tables, over the rows of rows-sql.ts: sums by bucket first, then moments divided by them. */
import type { ColumnKey } from '../estimation/state/keys.js';
import { STAMP } from '../estimation/state-tables/layout.js';
import { type CutsSql, STAMPED } from './cuts-sql.js';
import type { Dialect } from './dialects.js';
import { bucketsOf, momentsOf, type Summed } from './moments-sql.js';
import { CELLS, GIVEN, ROWS } from './names.js';
import type { EnginePlan } from './plan.js';
import { clippedRow } from './rows-sql.js';

export const PAIRS = 'skewgate_pairs';
const SCORED = 'skewgate_scored';
const COPIED = 'skewgate_copied';
const DIFFERENT = 'skewgate_different';
/** Sums by bucket and cell, over all rows: their weight among them. */
export const CENSUS = 'skewgate_census';

/** Beyond all scores that are judged. */
const FAR = '1e308';

/** The prefix of the columns of rows that hold a quantity, by pair of versions. */
const OF_QUANTITY: Readonly<Record<string, (p: number) => string>> = {
  loss: (p) => `l${p}`,
  prediction: (p) => `p${p}`,
  squared_error: (p) => `(p${p} - y) * (p${p} - y)`,
};

/** The SQL of one dialect over one plan. */
export class SumsSql {
  private readonly plan: EnginePlan;
  private readonly d: Dialect;

  constructor(private readonly cuts: CutsSql) {
    this.plan = cuts.plan;
    this.d = cuts.d;
  }

  /** A text that is another one for other rows or scores: it tells the tables of one writing from those of another. */
  stamp(): readonly string[] {
    const { pairs } = this.plan;
    const text = (expression: string) => `CAST(${expression} AS ${this.d.textType})`;
    const scores = pairs.flatMap((_, p) => [text(`MIN(z${p})`), text(`MAX(z${p})`)]);
    const parts = [text('COUNT(*)'), text('BIT_XOR(h)'), ...scores].join(", '/', ");
    return this.d.create(STAMPED, `SELECT CONCAT(${parts}) AS ${STAMP} FROM ${ROWS}`);
  }

  /** Pairs with several rows, and the sums by bucket, whose weights are the shares that moments are divided by. */
  census(): readonly string[] {
    const columns = ['w', 'wy', ...this.quantityColumns().map(([name]) => name)];
    const repeated = this.cuts.byCut((n) => {
      const sums = [['w', 'w'], ['wy', 'w * y'], ...this.quantityColumns()].map(
        ([name, of]) => `SUM(${of}) AS ${name}`,
      );
      const group = [...this.cuts.sliced(n), 'g', 'i', 'qb', 'ib'].join(', ');
      return `SELECT ${this.cuts.cellOf(n)}, g, i, qb, ib, ${sums.join(',\n  ')}\nFROM ${ROWS} WHERE again = 1 GROUP BY ${group}`;
    });
    return [
      ...this.d.create(PAIRS, repeated),
      ...this.d.create(CENSUS, bucketsOf(this.pairsOf(columns), columns, 'w')),
    ];
  }

  /** By name: w · quantity of every state. */
  private quantityColumns(): [name: string, of: string][] {
    const { quantities, columns } = this.plan.tables;
    return quantities.flatMap((quantity, at) =>
      columns.map((column, s): [string, string] => [`x${at}_${s}`, this.ofState(column, quantity)]),
    );
  }

  /** Rows that share cluster and item as one, in each cell: those that are alone in their pair as they stand. */
  private pairsOf(columns: readonly string[]): string {
    const of = new Map([['w', 'w'], ['wy', 'w * y'], ...this.quantityColumns()]);
    const fields = columns.map((name) => `${of.get(name)} AS ${name}`);
    const lone = this.cuts.byCut(
      (n) => `SELECT ${this.cuts.cellOf(n)}, g, i, qb, ib, ${fields.join(', ')} FROM ${ROWS} WHERE again = 0`,
    );
    return `(\n${lone}\nUNION ALL\nSELECT cell, g, i, qb, ib, ${columns.join(', ')} FROM ${PAIRS}\n)`;
  }

  /** w · quantity of a row: of one pair of versions, or of a mix by the mass of the row's histogram. */
  private ofState({ parts }: ColumnKey, quantity: string): string {
    const of = OF_QUANTITY[quantity];
    if (!of) throw new Error(`no SQL of the quantity ${quantity}`);
    return parts.map((part) => `${this.cuts.weightOf(part)} * ${of(this.cuts.pairAt(part))}`).join(' + ');
  }

  cells(): string {
    const fields = [
      'COUNT(*) AS row_count',
      'SUM(CASE WHEN y > 0 THEN 1 ELSE 0 END) AS positives',
      'SUM(CASE WHEN y > 0 AND w > 0 THEN 1 ELSE 0 END) AS weighted_positives',
      'SUM(w * y) AS positive_mass',
      'SUM(w * (1 - y)) AS negative_mass',
    ];
    const softmax = this.plan.pairs[this.plan.aligned]?.link === 'softmax';
    // Under a softmax the predictions of rows whose queries are in one cell with one weight sum to 1.
    const whole = (n: number) => ['uw', ...(n === 0 ? [] : [`u${n}`])].map((flag) => `1 - ${flag}`);
    const fixed = (n: number) =>
      softmax
        ? whole(n)
            .map((flag) => `MIN(${flag})`)
            .join(' * ')
        : '0';
    return this.cuts.named(
      this.cuts.byCut((n) => this.cuts.fromRows(n, [...fields, `${fixed(n)} AS fixed_predictions`])),
    );
  }

  /** The rows of each of production's histograms, in every cell. */
  histograms(): string {
    const { cuts } = this;
    const fields = ['SUM(w) AS weight', 'COUNT(*) AS row_count'];
    if (this.plan.histogramsBy === undefined)
      return cuts.named(cuts.byCut((n) => cuts.fromRows(n, ["'' AS histogram", ...fields])));
    const by = cuts.histogramCut();
    const own = `k${by}`;
    const counted = cuts.byCut((n) => cuts.fromRows(n, [`${own} AS own`, ...fields], ROWS, n === by ? [] : [own]));
    return cuts.named(
      `SELECT counted.cell, owner.v0 AS histogram, counted.weight, counted.row_count FROM (\n${counted}\n) AS counted ` +
        `JOIN ${CELLS} AS owner ON owner.cell = counted.own`,
    );
  }

  /** Says of every pair of versions whether its scores are the label in all rows, as one row. */
  copied(): readonly string[] {
    const fields = this.plan.pairs.map((_, p) => `MAX(n${p}) AS not_label${p}, MAX(o${p}) AS not_opposite${p}`);
    return this.d.create(COPIED, `SELECT ${fields.join(', ')} FROM ${GIVEN}`);
  }

  /** Facts of all pairs of versions as one row, and where columns differ by the cells of all cuts together. */
  facts(): readonly string[] {
    const { pairs } = this.plan;
    const scored = pairs.flatMap((pair, p) => [
      `SUM(${clippedRow(pair, p)}) AS clipped${p}, MIN(p${p}) AS least${p}, MAX(p${p}) AS most${p}`,
      `MIN(z${p}) AS lowest_score${p}, MAX(z${p}) AS highest_score${p}, VAR_POP(z${p}) * COUNT(*) AS spread${p}`,
      ...pairs.slice(0, p).map((_, other) => `SUM((z${p} - z${other}) * (z${p} - z${other})) AS a${p}_${other}`),
    ]);
    // Squares of scores that no run would judge may be beyond all numbers, at which some engines stop.
    return [
      ...this.d.create(SCORED, `SELECT ${scored.join(',\n  ')}\nFROM ${ROWS} WHERE bad = 0`),
      ...this.d.create(DIFFERENT, this.different()),
    ];
  }

  /**
   * Of every pair of versions the range of its predictions and scores, their spread Σ(z - mean z)², how far they are
   * apart from those of every other pair, Σ(z - other z)², and 1 where some row's score is not the label.
   */
  pairs(): string {
    const { pairs } = this.plan;
    const names = ['clipped', 'least', 'most', 'lowest_score', 'highest_score', 'spread', 'not_label', 'not_opposite'];
    const of = (p: number) => {
      const apart = pairs.map((_, other) =>
        other === p ? `0 * spread${p} AS a${p}` : `a${Math.max(p, other)}_${Math.min(p, other)} AS a${other}`,
      );
      const fields = [`${p} AS pair`, ...names.map((name) => `${name}${p} AS ${name}`), ...apart];
      return `SELECT ${fields.join(', ')} FROM ${SCORED} CROSS JOIN ${COPIED}`;
    };
    return this.cuts.stamped(pairs.map((_, p) => of(p)).join('\nUNION ALL\n'));
  }

  /** Sums of denominators and of their squares over clusters: effective numbers are counted from them. */
  clusters(): string {
    const { denominators, quantities } = this.plan.tables;
    const aligned = this.plan.tables.columns.findIndex(
      ({ parts, against }) =>
        parts.length === 1 &&
        !parts[0]!.mass &&
        this.cuts.pairAt(parts[0]!) === this.plan.aligned &&
        against.query === 0,
    );
    const sums = denominators.map((name, n): [string, string] => [
      `d${n}`,
      name.startsWith('aligned:') ? `x${quantities.indexOf(name.slice('aligned:'.length))}_${aligned}` : name,
    ]);
    const pairs = this.pairsOf(sums.map(([, of]) => of));
    const fields = denominators.map((_, n) => `SUM(d${n}) AS total${n}, SUM(d${n} * d${n}) AS squares${n}`).join(', ');
    const side = (name: string, id: string) =>
      `SELECT cell, '${name}' AS side, ${fields} FROM (\n` +
      `SELECT cell, ${sums.map(([d, of]) => `SUM(${of}) AS ${d}`).join(', ')} FROM ${pairs} AS pairs GROUP BY cell, ${id}\n) AS by_${name} GROUP BY cell`;
    return this.cuts.named(`${side('query', 'g')}\nUNION ALL\n${side('item', 'i')}`);
  }

  /** By the number of a pair of columns: 1 where their scores differ in some row of a cell. */
  differences(): string {
    const fields = this.pairsOfColumns().map(([n]) => `MAX(c${n}) AS c${n}`);
    return this.cuts.named(this.cuts.byCut((n) => this.cuts.fromRows(n, fields, DIFFERENT)));
  }

  /** The same by the cells of all cuts at once: the rows are read once. */
  private different(): string {
    const { columns } = this.plan.tables;
    const ranges = columns.flatMap((column, s) => [
      `${this.extreme(column, 'LEAST')} AS lo${s}`,
      `${this.extreme(column, 'GREATEST')} AS hi${s}`,
    ]);
    const fields = this.pairsOfColumns().map(
      ([n, a, b]) => `MAX(CASE WHEN GREATEST(hi${a}, hi${b}) > LEAST(lo${a}, lo${b}) THEN 1 ELSE 0 END) AS c${n}`,
    );
    const cells = this.cuts.cells();
    const from = `(SELECT ${[...cells, ...ranges].join(', ')} FROM ${ROWS}) AS ranges`;
    // A state of one column has no pair: its cells are there all the same.
    const selected = [...cells, ...fields].join(', ') || '0 AS none';
    return `SELECT ${selected}\nFROM ${from}${cells.length > 0 ? ` GROUP BY ${cells.join(', ')}` : ''}`;
  }

  private pairsOfColumns(): [n: number, a: number, b: number][] {
    return this.plan.tables.columns.flatMap((_, b) =>
      Array.from({ length: b }, (__, a): [number, number, number] => [(b * (b - 1)) / 2 + a, a, b]),
    );
  }

  /** The least or the largest score of the versions that carry mass in a row; beyond all others where none does. */
  private extreme({ parts }: ColumnKey, which: 'LEAST' | 'GREATEST'): string {
    const none = which === 'LEAST' ? FAR : `-${FAR}`;
    const scores = parts.map((part) => {
      const score = `z${this.cuts.pairAt(part)}`;
      const mass = this.cuts.massOf(part);
      // NaN is above all numbers to some engines.
      return mass === undefined ? score : `CASE WHEN ${mass} > 0 AND ${mass} < 2 THEN ${score} ELSE ${none} END`;
    });
    return scores.length === 1 ? scores[0]! : `${which}(${scores.join(', ')})`;
  }

  /** Sums by bucket. Columns c0, c1, … are w, wy and the states of a quantity. */
  marginals(): string {
    const of = this.summed().map(({ name, columns }) => {
      const fields = columns.map((column, n) => `${column === 'w' ? 'weight' : column} AS c${n}`);
      return `SELECT ${this.d.text(name)} AS quantity, cell, side, bucket, ${fields.join(', ')} FROM ${CENSUS}`;
    });
    return this.cuts.named(of.join('\nUNION ALL\n'));
  }

  moments(): string {
    return this.cuts.named(
      this.summed()
        .map((one) => momentsOf(this.cuts, one))
        .join('\nUNION ALL\n'),
    );
  }

  private summed(): Summed[] {
    const { quantities, columns } = this.plan.tables;
    return quantities.map((name, at) => {
      const own = ['w', 'wy', ...columns.map((_, s) => `x${at}_${s}`)];
      return { column: 'quantity', name, pairs: this.pairsOf(own), census: CENSUS, columns: own };
    });
  }

  /** The manifest: the plan, and what all rows are. */
  manifest(plan: string, digest: string, engine: string): string {
    const { pairs, policy } = this.plan;
    // Rows of one pair of ids may differ in their label where something else tells them apart.
    const cells = policy.evalSet.slices.map((_, n) => `k${n + 1}`);
    const telling = ['q', 'i', 'g', ...cells, ...pairs.map((_, p) => `z${p}`)];
    const contradicted = `SELECT q FROM ${ROWS} WHERE again = 1 GROUP BY ${telling.join(', ')} HAVING MIN(y) <> MAX(y) OR MIN(w) <> MAX(w)`;
    return (
      `SELECT ${this.d.text(this.plan.tables.format)} AS format, ${this.d.text(engine)} AS engine, ` +
      `${this.d.text(digest)} AS plan_sha256, ${this.d.text(plan)} AS plan, stamp.${STAMP}, facts.* FROM (\n` +
      `SELECT COUNT(*) AS row_count, BIT_XOR(h) AS keys, SUM(bad) AS bad_rows, COUNT(DISTINCT q) AS queries, ` +
      `COUNT(DISTINCT i) AS items, CASE WHEN MIN(y) = MAX(y) THEN 1 ELSE 0 END AS one_label, ` +
      `(SELECT COUNT(*) FROM (${contradicted}) AS contradicted) AS contradictions, ` +
      `(SELECT COUNT(*) FROM (SELECT q FROM ${ROWS} GROUP BY q HAVING MIN(g) <> MAX(g)) AS split) AS split_queries, ` +
      `(SELECT COUNT(*) FROM (SELECT DISTINCT q, i FROM ${ROWS}) AS distinct_pairs) AS distinct_pairs FROM ${ROWS}\n` +
      `) AS facts CROSS JOIN ${STAMPED} AS stamp`
    );
  }
}
