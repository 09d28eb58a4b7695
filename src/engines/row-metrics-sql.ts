/** The tables of metrics of ordered or binned rows: values with their bounds, and sums of influences. */
import type { ColumnKey } from '../estimation/state/keys.js';
import { DIAGRAM_TABLE, ROW_TABLES, type StateTable } from '../estimation/state-tables/layout.js';
import { BINNED_ROWS, BinsSql } from './bins-sql.js';
import { type CutsSql, massesOf } from './cuts-sql.js';
import { marginalsOf, momentsOf, type Summed } from './moments-sql.js';
import { movesOf, type RowMetric } from './moves-sql.js';
import { CELLS } from './names.js';
import { CENSUS } from './sums-sql.js';

export class RowMetricsSql {
  private readonly bins: BinsSql;
  private readonly metrics: readonly RowMetric[];
  /** With ECE, whose bins diagrams have. */
  private readonly asked: readonly RowMetric[];

  constructor(private readonly cuts: CutsSql) {
    this.bins = new BinsSql(cuts);
    this.metrics = [...cuts.plan.ordered, ...cuts.plan.binned];
    this.asked = cuts.plan.diagrams ? [...this.metrics, 'ece'] : this.metrics;
  }

  /** Tables that the state's are made of; of one metric after the other, as rows by cut are many. */
  prepared(): readonly string[] {
    const { cuts } = this;
    const { d } = cuts;
    return [
      ...this.bins.prepared(),
      ...[...new Set(this.asked.map(binsOf))].flatMap((bins) => [
        ...d.create(counts(bins), this.counts(bins)),
        ...d.create(sums(bins), this.sums(bins)),
        d.drop(counts(bins)),
      ]),
      ...this.metrics.flatMap((metric) => [
        ...d.create(moves(metric), movesOf(cuts, metric, `SELECT * FROM ${sums(binsOf(metric))}`)),
        ...d.create(
          influences(metric),
          cuts.byCut((n) => this.influences(metric, n)),
        ),
        ...d.create(result('row_marginals', metric), marginalsOf(cuts, this.summed(metric))),
        ...d.create(result('row_moments', metric), momentsOf(cuts, this.summed(metric))),
        ...d.create(result('row_values', metric), this.values(metric)),
        d.drop(influences(metric)),
        d.drop(moves(metric)),
      ]),
      d.drop(BINNED_ROWS),
    ];
  }

  /** By the names of the state's tables. */
  tables(): [name: StateTable, query: string][] {
    const { cuts } = this;
    const all = (name: (typeof ROW_TABLES)[number]) =>
      this.metrics.map((metric) => `SELECT * FROM ${result(name, metric)}`).join('\nUNION ALL\n');
    const ofMetrics = this.metrics.length > 0 ? ROW_TABLES : [];
    return [
      ...ofMetrics.map((name): [StateTable, string] => [name, cuts.named(all(name))]),
      ...(cuts.plan.diagrams
        ? [
            [
              DIAGRAM_TABLE,
              cuts.named(`SELECT cell, state, bin, weight, predicted, positive FROM ${sums('own')}`),
            ] satisfies [StateTable, string],
          ]
        : []),
    ];
  }

  private values(metric: RowMetric): string {
    return (
      `SELECT ${this.cuts.d.text(metric)} AS metric, cell, state, MAX(value) AS value, MAX(bound) AS bound ` +
      `FROM ${moves(metric)} GROUP BY cell, state`
    );
  }

  private summed(metric: RowMetric): Summed {
    const columns = this.cuts.plan.tables.columns.map((_, s) => `c${s}`);
    return { column: 'metric', name: metric, pairs: influences(metric), census: CENSUS, columns };
  }

  /** The bin that a version's row counts in. */
  private binOf(bins: Bins, p: number): string {
    return bins === 'aligned' ? `e${this.cuts.plan.aligned}` : `${bins === 'order' ? 'b' : 'e'}${p}`;
  }

  /** Sums by bin of every cell, pair of versions and production's histogram: rows of one share their masses. */
  private counts(bins: Bins): string {
    const { cuts } = this;
    const { plan } = cuts;
    const masses = massesOf(plan).map((_, j) => `m${j}`);
    return cuts.byCut((n) =>
      plan.pairs
        .map((_, p) => {
          const scored = bins === 'order' ? `CASE WHEN w <> 0 THEN o${p} END` : '0';
          const fields = [
            `${p} AS pair`,
            ...masses,
            `${this.binOf(bins, p)} AS bin`,
            'SUM(w) AS weight',
            'SUM(w * y) AS positive',
            'SUM(w * (1 - y)) AS negative',
            `SUM(${bins === 'order' ? '0' : `w * p${p}`}) AS predicted`,
            `MIN(${scored}) AS low`,
            `MAX(${scored}) AS high`,
          ];
          return cuts.fromRows(n, fields, BINNED_ROWS, [...masses, this.binOf(bins, p)]);
        })
        .join('\nUNION ALL\n'),
    );
  }

  /** Sums by bin of every cell and state; rows of a mix count once a version, by its mass. */
  private sums(bins: Bins): string {
    const { cuts } = this;
    const ofPart = (part: ColumnKey['parts'][number], state: number) => {
      const mass = cuts.massOf(part);
      const own = (name: string) => (mass === undefined ? name : `${name} * ${mass} AS ${name}`);
      const within = (name: string) =>
        mass === undefined ? name : `CASE WHEN ${mass} <> 0 THEN ${name} END AS ${name}`;
      const fields = [...['weight', 'positive', 'negative', 'predicted'].map(own), ...['low', 'high'].map(within)];
      return `SELECT cell, ${state} AS state, bin, ${fields.join(', ')} FROM ${counts(bins)} WHERE pair = ${cuts.pairAt(part)}`;
    };
    const all = cuts.plan.tables.columns.flatMap(({ parts }, state) => parts.map((part) => ofPart(part, state)));
    const added = ['weight', 'positive', 'negative', 'predicted'].map((name) => `SUM(${name}) AS ${name}`).join(', ');
    return (
      `SELECT cell, state, bin, ${added}, MIN(low) AS low, MAX(high) AS high ` +
      `FROM (\n${all.join('\nUNION ALL\n')}\n) AS parts GROUP BY cell, state, bin`
    );
  }

  /** Influences of rows that share cluster and item, summed, in each cell of a cut: a column a state. */
  private influences(metric: RowMetric, n: number): string {
    const { cuts } = this;
    const [own] = cuts.sliced(n);
    const of = `cell IN (SELECT cell FROM ${CELLS} WHERE cut = ${n})`;
    const joins: string[] = [];
    const columns = cuts.plan.tables.columns.map(({ parts }, state) => {
      const terms = parts.map((part) => {
        const p = cuts.pairAt(part);
        const from = `m${joins.length}_of`;
        const cell = own === undefined ? [] : [`${from}.cell = own.${own}`];
        joins.push(
          `LEFT JOIN (SELECT cell, bin, a, b, c FROM ${moves(metric)} WHERE state = ${state} AND ${of}) AS ${from} ON ` +
            [`${from}.bin = own.${this.binOf(binsOf(metric), p)}`, ...cell].join(' AND '),
        );
        const predicted = MOVED_BY_PREDICTION.includes(metric) ? `${from}.a * p${p} + ` : '';
        return `${cuts.weightOf(part)} * (${predicted}${from}.b * y + ${from}.c)`;
      });
      return [terms.join(' + '), `c${state}`] as const;
    });
    const small = cuts.d.small(joins.map((_, j) => `m${j}_of`));
    const keys = `${cuts.cellOf(n)}, g, i, qb, ib`;
    const from = `FROM ${BINNED_ROWS} AS own\n${joins.join('\n')}`;
    const lone = columns.map(([value, name]) => `${value} AS ${name}`);
    const summed = columns.map(([value, name]) => `SUM(${value}) AS ${name}`);
    const group = [...cuts.sliced(n), 'g', 'i', 'qb', 'ib'].join(', ');
    return (
      `SELECT ${small}${keys},\n  ${lone.join(',\n  ')}\n${from}\nWHERE again = 0\nUNION ALL\n` +
      `SELECT ${small}${keys},\n  ${summed.join(',\n  ')}\n${from}\nWHERE again = 1 GROUP BY ${group}`
    );
  }
}

/** Metrics of which an influence is of the row's prediction too (a of moves-sql.ts). */
const MOVED_BY_PREDICTION: readonly RowMetric[] = ['ece', 'log_mae'];

/** Bins of the scores in order; of a prediction at each version, or of the aligned one at all of them. */
type Bins = 'order' | 'own' | 'aligned';

function binsOf(metric: RowMetric): Bins {
  if (metric === 'ece') return 'own';
  return metric === 'log_mae' ? 'aligned' : 'order';
}

const counts = (bins: Bins) => `skewgate_counts_${bins}`;
const sums = (bins: Bins) => `skewgate_sums_${bins}`;
const moves = (metric: RowMetric) => `skewgate_moves_${metric}`;
const result = (name: (typeof ROW_TABLES)[number], metric: RowMetric) => `skewgate_${name}_${metric}`;
const influences = (metric: RowMetric) => `skewgate_influences_${metric}`;
