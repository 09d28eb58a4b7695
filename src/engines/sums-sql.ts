/** The SQL of a state's tables, over the rows of rows-sql.ts: a census of weights first, then sums divided by it. */
import type { ColumnKey } from '../estimation/state/keys.js';
import { STAMP } from '../estimation/state-tables/layout.js';
import { type CutsSql, STAMPED } from './cuts-sql.js';
import type { Dialect } from './dialects.js';
import { censusOf, marginalsOf, momentsOf, type Summed } from './moments-sql.js';
import type { EnginePlan } from './plan.js';
import { clippedRow, GIVEN, ROWS } from './rows-sql.js';

export const PAIRS = 'skewgate_pairs';
const SCORED = 'skewgate_scored';
const COPIED = 'skewgate_copied';
/** The weight of every bucket and cell, over all rows. */
export const CENSUS = 'skewgate_census';

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

  /** The weight of every bucket and cell: the shares that the second statement divides by. */
  census(): readonly string[] {
    return [
      ...this.d.create(
        PAIRS,
        this.cuts.byCut((n) => this.pairsOf(n)),
      ),
      ...this.d.create(CENSUS, censusOf(this.cuts, PAIRS, 'w')),
    ];
  }

  /** Rows that share cluster and item are one pair, in each cell of a cut. */
  private pairsOf(n: number): string {
    const { tables } = this.plan;
    const sums = tables.quantities.flatMap((quantity, at) =>
      tables.columns.map((column, s) => `SUM(${this.ofState(column, quantity)}) AS x${at}_${s}`),
    );
    const group = [...this.cuts.sliced(n), 'g', 'i', 'qb', 'ib'].join(', ');
    return (
      `SELECT ${this.cuts.cellOf(n)}, g, i, qb, ib, SUM(w) AS w, SUM(w * y) AS wy` +
      `${sums.map((sum) => `,\n  ${sum}`).join('')}\nFROM ${ROWS} GROUP BY ${group}`
    );
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
    return this.cuts.stamped(
      this.cuts.byCut((n) =>
        softmax
          ? this.cuts.fromRows(
              n,
              [...fields, 'MIN(whole) AS fixed_predictions'],
              `(${this.wholeQueries(n)}) AS by_query`,
            )
          : this.cuts.fromRows(n, [...fields, '0 AS fixed_predictions']),
      ),
    );
  }

  /** Rows of queries that are in one cell of a cut with one weight: under a softmax their predictions sum to 1. */
  private wholeQueries(n: number): string {
    const alike = ['w', ...this.cuts.sliced(n)].map(
      (column) => `MIN(${column}) OVER (PARTITION BY q) = MAX(${column}) OVER (PARTITION BY q)`,
    );
    const own = ['y', 'w', ...this.cuts.sliced(n)].join(', ');
    return `SELECT ${own}, CASE WHEN ${alike.join(' AND ')} THEN 1 ELSE 0 END AS whole FROM ${ROWS}`;
  }

  /** The rows of each of production's histograms, in every cell. */
  histograms(): string {
    const { histogramsBy } = this.plan;
    const by = histogramsBy === undefined ? [] : [this.cuts.slice(histogramsBy)];
    const name = by[0] ?? "''";
    return this.cuts.stamped(
      this.cuts.byCut((n) =>
        this.cuts.fromRows(n, [`${name} AS histogram`, 'SUM(w) AS weight', 'COUNT(*) AS row_count'], ROWS, by),
      ),
    );
  }

  /** Facts of all pairs of versions as one row each of the given and of the scored rows, which are read once. */
  facts(): readonly string[] {
    const { pairs } = this.plan;
    const scored = pairs.flatMap((pair, p) => [
      `SUM(${clippedRow(pair, p)}) AS clipped${p}, MIN(p${p}) AS least${p}, MAX(p${p}) AS most${p}`,
      `MIN(z${p}) AS lowest_score${p}, MAX(z${p}) AS highest_score${p}, VAR_POP(z${p}) * COUNT(*) AS spread${p}`,
      ...pairs.slice(0, p).map((_, other) => `SUM((z${p} - z${other}) * (z${p} - z${other})) AS a${p}_${other}`),
    ]);
    const copied = pairs.flatMap((_, p) => [`MAX(n${p}) AS not_label${p}`, `MAX(o${p}) AS not_opposite${p}`]);
    return [
      ...this.d.create(SCORED, `SELECT ${scored.join(',\n  ')}\nFROM ${ROWS}`),
      ...this.d.create(COPIED, `SELECT ${copied.join(', ')} FROM ${GIVEN}`),
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
    const sums = denominators.map((name, n) => {
      const of = name.startsWith('aligned:')
        ? `x${quantities.indexOf(name.slice('aligned:'.length))}_${aligned}`
        : name;
      return `SUM(${of}) AS d${n}`;
    });
    const keys = this.cuts.keys().join(', ');
    const fields = denominators.map((_, n) => `SUM(d${n}) AS total${n}, SUM(d${n} * d${n}) AS squares${n}`).join(', ');
    const side = (name: string, id: string) =>
      `SELECT ${keys}, '${name}' AS side, ${fields} FROM (\n` +
      `SELECT ${keys}, ${sums.join(', ')} FROM ${PAIRS} GROUP BY ${keys}, ${id}\n) AS by_${name} GROUP BY ${keys}`;
    return this.cuts.stamped(`${side('query', 'g')}\nUNION ALL\n${side('item', 'i')}`);
  }

  /** By the number of a pair of columns: 1 where their scores differ in some row of a cell. */
  differences(): string {
    const { columns } = this.plan.tables;
    const ranges = columns.flatMap((column, s) => [
      `${this.extreme(column, 'LEAST')} AS lo${s}`,
      `${this.extreme(column, 'GREATEST')} AS hi${s}`,
    ]);
    const slices = this.plan.policy.evalSet.slices.map((_, n) => `s${n}`);
    const from = `(SELECT ${[...slices, ...ranges].join(', ')} FROM ${ROWS}) AS ranges`;
    const fields = columns.flatMap((_, b) =>
      Array.from({ length: b }, (__, a) => {
        const differ = `GREATEST(hi${a}, hi${b}) > LEAST(lo${a}, lo${b})`;
        return `MAX(CASE WHEN ${differ} THEN 1 ELSE 0 END) AS c${(b * (b - 1)) / 2 + a}`;
      }),
    );
    return this.cuts.stamped(this.cuts.byCut((n) => this.cuts.fromRows(n, fields, from)));
  }

  /** The least or the largest score of the versions that carry mass in a row; NULL where none does. */
  private extreme({ parts }: ColumnKey, which: 'LEAST' | 'GREATEST'): string {
    const { histogramsBy } = this.plan;
    const over = (carrying: ColumnKey['parts']) => {
      const scores = carrying.map((part) => `z${this.cuts.pairAt(part)}`);
      return scores.length === 0 ? 'NULL' : scores.length === 1 ? scores[0]! : `${which}(${scores.join(', ')})`;
    };
    const carries = (h: number) => (part: ColumnKey['parts'][number]) => !part.mass || (part.mass[h]?.[1] ?? 0) > 0;
    if (histogramsBy === undefined || parts.every(({ mass }) => !mass)) return over(parts.filter(carries(0)));
    const names = parts.find(({ mass }) => mass)?.mass ?? [];
    const cases = names.map(([name], h) => `WHEN ${this.d.text(name)} THEN ${over(parts.filter(carries(h)))}`);
    return `CASE ${this.cuts.slice(histogramsBy)} ${cases.join(' ')} END`;
  }

  /** Sums by bucket. Columns c0, c1, … are w, wy and the states of a quantity. */
  marginals(): string {
    return this.cuts.stamped(
      this.summed()
        .map((one) => marginalsOf(this.cuts, one))
        .join('\nUNION ALL\n'),
    );
  }

  moments(): string {
    return this.cuts.stamped(
      this.summed()
        .map((one) => momentsOf(this.cuts, one))
        .join('\nUNION ALL\n'),
    );
  }

  private summed(): Summed[] {
    const { quantities, columns } = this.plan.tables;
    return quantities.map((name, at) => ({
      column: 'quantity',
      name,
      pairs: PAIRS,
      census: CENSUS,
      columns: ['w', 'wy', ...columns.map((_, s) => `x${at}_${s}`)],
    }));
  }

  /** The manifest: the plan, and what all rows are. */
  manifest(plan: string, digest: string, engine: string): string {
    const { pairs, policy } = this.plan;
    // Rows of one pair of ids may differ in their label where something else tells them apart.
    const telling = ['q', 'i', 'g', ...policy.evalSet.slices.map((_, n) => `s${n}`), ...pairs.map((_, p) => `z${p}`)];
    const contradicted = `SELECT q FROM ${ROWS} GROUP BY ${telling.join(', ')} HAVING MIN(y) <> MAX(y) OR MIN(w) <> MAX(w)`;
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
