/** The tables of metrics of ordered or binned rows: values with their bounds, and sums of influences. */
import type { ColumnKey } from '../estimation/state/keys.js';
import { DIAGRAM_TABLE, ROW_TABLES, type StateTable } from '../estimation/state-tables/layout.js';
import { BINNED_ROWS, BinsSql } from './bins-sql.js';
import type { CutsSql } from './cuts-sql.js';
import { marginalsOf, momentsOf, type Summed } from './moments-sql.js';
import { movesOf, type RowMetric } from './moves-sql.js';
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
      ...[...new Set(this.asked.map(binsOf))].flatMap((bins) => d.create(sums(bins), this.sums(bins))),
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
    const keys = [...cuts.keys(), 'state', 'bin'].join(', ');
    const all = (name: (typeof ROW_TABLES)[number]) =>
      this.metrics.map((metric) => `SELECT * FROM ${result(name, metric)}`).join('\nUNION ALL\n');
    const ofMetrics = this.metrics.length > 0 ? ROW_TABLES : [];
    return [
      ...ofMetrics.map((name): [StateTable, string] => [name, cuts.stamped(all(name))]),
      ...(cuts.plan.diagrams
        ? [
            [DIAGRAM_TABLE, cuts.stamped(`SELECT ${keys}, weight, predicted, positive FROM ${sums('own')}`)] satisfies [
              StateTable,
              string,
            ],
          ]
        : []),
    ];
  }

  private values(metric: RowMetric): string {
    const keys = [...this.cuts.keys(), 'state'].join(', ');
    return (
      `SELECT ${this.cuts.d.text(metric)} AS metric, ${keys}, MAX(value) AS value, MAX(bound) AS bound ` +
      `FROM ${moves(metric)} GROUP BY ${keys}`
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

  /** Sums by bin of every cell and state; rows of a mix count once a version, by its mass. */
  private sums(bins: Bins): string {
    const { cuts } = this;
    const ofPart = (part: ColumnKey['parts'][number], state: number, n: number) => {
      const p = cuts.pairAt(part);
      const weight = cuts.weightOf(part);
      const scored = `CASE WHEN ${weight} <> 0 THEN ${this.bins.order(p)} END`;
      const fields = [
        `${state} AS state`,
        `${this.binOf(bins, p)} AS bin`,
        `SUM(${weight}) AS weight`,
        `SUM(${weight} * y) AS positive`,
        `SUM(${weight} * (1 - y)) AS negative`,
        `SUM(${weight} * p${p}) AS predicted`,
        `MIN(${scored}) AS low`,
        `MAX(${scored}) AS high`,
      ];
      return cuts.fromRows(n, fields, BINNED_ROWS, [this.binOf(bins, p)]);
    };
    const all = cuts.byCut((n) =>
      cuts.plan.tables.columns
        .flatMap(({ parts }, state) => parts.map((part) => ofPart(part, state, n)))
        .join('\nUNION ALL\n'),
    );
    const keys = [...cuts.keys(), 'state', 'bin'].join(', ');
    const added = ['weight', 'positive', 'negative', 'predicted'].map((name) => `SUM(${name}) AS ${name}`).join(', ');
    return `SELECT ${keys}, ${added}, MIN(low) AS low, MAX(high) AS high FROM (\n${all}\n) AS parts GROUP BY ${keys}`;
  }

  /** Influences of rows that share cluster and item, summed, in each cell of a cut: a column a state. */
  private influences(metric: RowMetric, n: number): string {
    const { cuts } = this;
    const sliced = cuts.sliced(n);
    const wanted = [...sliced.map((_, v) => `v${v}`), 'bin', 'a', 'b', 'c'];
    const joins: string[] = [];
    const columns = cuts.plan.tables.columns.map(({ parts }, state) => {
      const terms = parts.map((part) => {
        const p = cuts.pairAt(part);
        const from = `m${joins.length}`;
        const keys = sliced.map((slice, v) => `${from}.v${v} = own.${slice}`);
        joins.push(
          `LEFT JOIN (SELECT ${wanted.join(', ')} FROM ${moves(metric)} WHERE cut = ${n} AND state = ${state}) AS ${from} ON ` +
            [`${from}.bin = own.${this.binOf(binsOf(metric), p)}`, ...keys].join(' AND '),
        );
        return `${cuts.weightOf(part)} * (${from}.a * p${p} + ${from}.b * y + ${from}.c)`;
      });
      return `SUM(${terms.join(' + ')}) AS c${state}`;
    });
    const group = [...sliced, 'g', 'i', 'qb', 'ib'].join(', ');
    return (
      `SELECT ${cuts.d.small(joins.map((_, j) => `m${j}`))}${cuts.cellOf(n)}, g, i, qb, ib,\n  ${columns.join(',\n  ')}\nFROM ${BINNED_ROWS} AS own\n` +
      `${joins.join('\n')}\nGROUP BY ${group}`
    );
  }
}

/** Bins of the scores in order; of a prediction at each version, or of the aligned one at all of them. */
type Bins = 'order' | 'own' | 'aligned';

function binsOf(metric: RowMetric): Bins {
  if (metric === 'ece') return 'own';
  return metric === 'log_mae' ? 'aligned' : 'order';
}

const sums = (bins: Bins) => `skewgate_sums_${bins}`;
const moves = (metric: RowMetric) => `skewgate_moves_${metric}`;
const result = (name: (typeof ROW_TABLES)[number], metric: RowMetric) => `skewgate_${name}_${metric}`;
const influences = (metric: RowMetric) => `skewgate_influences_${metric}`;
