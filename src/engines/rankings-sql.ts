/**
 * The tables of metrics that are means over queries: what every relevant row adds to the value of its query in its
 * cell, by the rules of estimation/metrics and estimation/tabulation/query-tables.ts, ties included.
 */
import type { ColumnKey } from '../estimation/state/keys.js';
import { QUERY_TABLES } from '../estimation/state-tables/layout.js';
import { type CutsSql, massesOf } from './cuts-sql.js';
import { EntriesSql } from './entries-sql.js';
import { bucketsOf, momentsOf, type Summed } from './moments-sql.js';
import { ROWS } from './names.js';
import { CONSTANT, discounts, modelsOf, PLACED, placedRows, relevantColumns } from './placement-sql.js';
import type { Ranking } from './plan.js';

/** A metric's columns: the weight of a relevant row, what it adds by state, and under one score for all candidates. */
function columnsOf({ plan }: CutsSql): string[] {
  return Array.from({ length: plan.tables.columns.length + 2 }, (_, c) => `c${c}`);
}

export class RankingsSql {
  /** Masses that a mix has in the rows of a query and cell, each once. */
  private readonly masses: readonly string[];
  private readonly entries: EntriesSql;

  constructor(private readonly cuts: CutsSql) {
    this.masses = massesOf(cuts.plan).map((_, j) => `m${j}`);
    this.entries = new EntriesSql(cuts);
  }

  /** Tables that the state's are made of; of one metric after the other, as rows by cut are many. */
  prepared(): readonly string[] {
    const { cuts, entries } = this;
    const { d, plan } = cuts;
    const placed = placedRows(cuts);
    const columns = relevantColumns(cuts).filter((column) => column !== 'y');
    return [
      ...placed,
      ...entries.prepared(),
      ...plan.rankings.flatMap((ranking, m) => [
        ...d.create(VALUED, this.relevantRows(ranking, m, 0, columns)),
        ...(this.splitCuts().length > 0 ? d.create(SPLIT_VALUED, this.splitRows(ranking, m)) : []),
        ...d.create(SHARES, bucketsOf(this.pairs(), columnsOf(cuts), 'c0')),
        ...d.create(result('query_counts', m), this.counts(ranking.id)),
        ...d.create(result('query_marginals', m), this.marginals(ranking.id)),
        ...d.create(result('query_moments', m), momentsOf(cuts, this.summed(ranking.id))),
        ...[VALUED, ...(this.splitCuts().length > 0 ? [SPLIT_VALUED] : []), SHARES].map(d.drop),
      ]),
      ...(placed.length > 0 ? [d.drop(PLACED)] : []),
      ...entries.dropped(),
    ];
  }

  /** By the names of the state's tables. */
  tables(): [name: (typeof QUERY_TABLES)[number], query: string][] {
    const { cuts } = this;
    const all = (name: (typeof QUERY_TABLES)[number]) =>
      cuts.plan.rankings.map((_, m) => `SELECT * FROM ${result(name, m)}`).join('\nUNION ALL\n');
    return QUERY_TABLES.map((name) => [name, cuts.named(all(name))]);
  }

  /** Sums by bucket, of which the first is called weight. */
  private marginals(id: string): string {
    const fields = columnsOf(this.cuts).map((c) => (c === 'c0' ? 'weight AS c0' : c));
    return `SELECT ${this.cuts.d.text(id)} AS metric, cell, side, bucket, ${fields.join(', ')} FROM ${SHARES}`;
  }

  private summed(id: string): Summed {
    return { column: 'metric', name: id, pairs: this.pairs(), census: SHARES, columns: columnsOf(this.cuts) };
  }

  /** Cuts but that of all rows. */
  private splitCuts(): number[] {
    return this.cuts.cells().map((_, n) => n + 1);
  }

  /** Relevant rows of every cell: of queries that a cut leaves whole they are those over all rows. */
  private relevant(columns: readonly string[], only = ''): string {
    const where = (conditions: readonly string[]) => {
      const all = conditions.filter((condition) => condition !== '');
      return all.length > 0 ? ` WHERE ${all.join(' AND ')}` : '';
    };
    const whole = this.cuts.byCut(
      (n) =>
        `SELECT ${[this.cuts.cellOf(n), ...columns].join(', ')} FROM ${VALUED}` +
        where([n === 0 ? '' : `u${n} = 0`, only]),
    );
    if (this.splitCuts().length === 0) return whole;
    return `${whole}\nUNION ALL\nSELECT ${['cell', ...columns].join(', ')} FROM ${SPLIT_VALUED}${where([only])}`;
  }

  /** Relevant rows that share cluster and item as one, in each cell. */
  private pairs(): string {
    const columns = columnsOf(this.cuts);
    const ids = ['g', 'i', 'qb', 'ib'];
    const keys = ['cell', ...ids].join(', ');
    const sums = columns.map((c) => `SUM(${c}) AS ${c}`).join(', ');
    const repeated = this.relevant([...ids, ...columns], 'again = 1');
    return (
      `(\n${this.relevant([...ids, ...columns], 'again = 0')}\nUNION ALL\n` +
      `SELECT ${keys}, ${sums} FROM (\n${repeated}\n) AS repeated GROUP BY ${keys}\n)`
    );
  }

  /** Counts of queries, and the sums of weights of those that could move over clusters and their squares. */
  private counts(id: string): string {
    const moving = 'moves = 1 AND e > 0';
    const rows = (columns: readonly string[]) => `(\n${this.relevant(columns)}\n) AS relevant`;
    const ofQueries =
      `SELECT cell, q, SUM(c0) AS weight, MAX(CASE WHEN e > 0 THEN 1 ELSE 0 END) AS counted, ` +
      `MAX(CASE WHEN ${moving} THEN 1 ELSE 0 END) AS queries, SUM(CASE WHEN ${moving} AND w > 0 THEN 1 ELSE 0 END) AS positives ` +
      `FROM ${rows(['q', 'w', 'c0', 'e', 'moves'])} GROUP BY cell, q`;
    const sums = ['weight', 'counted', 'queries', 'positives'].map((name) => `SUM(${name}) AS ${name}`).join(', ');
    const clusters = (side: string, by: string) =>
      `JOIN (SELECT cell, SUM(own) AS ${side}_total, SUM(own * own) AS ${side}_squares FROM (\n` +
      `SELECT cell, SUM(CASE WHEN ${moving} THEN c0 ELSE 0 END) AS own FROM ${rows([by, 'c0', 'e', 'moves'])} ` +
      `GROUP BY cell, ${by}) AS by_${side} GROUP BY cell) AS ${side}_side ON ${side}_side.cell = counted.cell`;
    const fields = ['query', 'item'].flatMap((side) => [`${side}_total`, `${side}_squares`]);
    return (
      `SELECT ${this.cuts.d.text(id)} AS metric, counted.*, ${fields.join(', ')} FROM (\n` +
      `SELECT cell, ${sums} FROM (\n${ofQueries}\n) AS of_queries GROUP BY cell\n) AS counted\n` +
      `${clusters('query', 'g')}\n${clusters('item', 'i')}`
    );
  }

  /** The relevant rows of the queries that cuts split. */
  private splitRows(ranking: Ranking, m: number): string {
    const columns = ['q', 'g', 'i', 'qb', 'ib', 'w', 'again'];
    return this.splitCuts()
      .map((n) => this.relevantRows(ranking, m, n, [this.cuts.cellOf(n), ...columns]))
      .join('\nUNION ALL\n');
  }

  /** Relevant rows of the queries that a cut splits: their query's weight (e), whether it could move, the columns. */
  private relevantRows(ranking: Ranking, m: number, n: number, own: readonly string[]): string {
    const { cuts } = this;
    const valued = ranking.name === 'gauc' ? this.pairsInOrder(ranking, n) : this.positions(ranking, m, n);
    const columns = [
      'e * share',
      ...cuts.plan.tables.columns.map((column) => `e * (${this.ofState(column)})`),
      `e * v${CONSTANT}`,
    ];
    const fields = columns.map((column, c) => `${column} AS c${c}`);
    return `SELECT ${own.join(', ')}, moves, e,\n  ${fields.join(',\n  ')}\nFROM (\n${valued}\n) AS valued`;
  }

  /** Each query sees one version: the mean over versions, by the mass that the query's rows have in the cell. */
  private ofState({ parts }: ColumnKey): string {
    return parts
      .map((part) => {
        const value = `v${this.cuts.pairAt(part)}`;
        const mass = this.cuts.massOf(part);
        if (mass === undefined) return value;
        const at = this.masses.indexOf(mass);
        if (at < 0) return `${value} * ${mass}`;
        return `${value} * CASE WHEN weight_in > 0 THEN mass_of${at} / NULLIF(weight_in, 0) ELSE plain_of${at} / rows_in END`;
      })
      .join(' + ');
  }

  /** Metrics of the positions of relevant rows. */
  private positions(ranking: Ranking, m: number, n: number): string {
    const e = this.cuts.plan.policy.evalSet.weightQueries ? 'weight_in' : '1';
    const own = [...relevantColumns(this.cuts), ...this.placesOf(ranking, m), `t${CONSTANT}`].join(', ');
    const placed = `(SELECT ${own} FROM ${PLACED}${this.entries.splitBy(n)})`;
    const beside = this.entries.beside(placed, n, ranking);
    const value =
      ranking.name === 'ndcg' ? this.gainedValues(ranking, m, n, beside) : this.countedValues(ranking, m, beside);
    return `SELECT *, ${e} AS e, CASE WHEN ${movesIf(ranking)} THEN 1 ELSE 0 END AS moves FROM (\n${value}\n) AS found`;
  }

  /** The columns of placed rows that a metric reads. */
  private placesOf({ name }: Ranking, m: number): string[] {
    const models = modelsOf(this.cuts);
    if (name === 'recall' || name === 'ndcg') return models.map((p) => `x${m}_${p}`);
    return models.map((p) => `a${p}`);
  }

  /** nDCG: gains times the worth of their places, over that of the best order, which is counted by gain. */
  private gainedValues({ k, exponential }: Ranking, m: number, n: number, beside: string): string {
    const { cuts } = this;
    const gain = exponential ? `POWER(2, y * ${cuts.plan.policy.evalSet.grades}) - 1` : 'y';
    const by = ['q', ...cuts.sliced(n)].join(', ');
    const levels = `SELECT ${by}, ${gain} AS gain, COUNT(*) AS alike FROM ${PLACED}${this.entries.splitBy(n)} GROUP BY ${by}, ${gain}`;
    const reached =
      `SELECT *, SUM(alike) OVER (PARTITION BY ${by} ORDER BY gain DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) ` +
      `AS reached FROM (\n${levels}\n) AS levels`;
    const [to, from] = ['reached', 'reached - alike'].map((rank) =>
      cuts.d.element(discounts(k), `LEAST(${k}, ${rank})`),
    );
    const named = ['q', ...cuts.sliced(n)].map((column) => `${column} AS of_${column}`).join(', ');
    const best =
      `SELECT ${named}, SUM(gain * alike) AS gained, MIN(gain) AS least, MAX(gain) AS most, SUM(gain * (${to} - ${from})) AS ideal ` +
      `FROM (\n${reached}\n) AS reached GROUP BY ${by}`;
    const same = ['q', ...cuts.sliced(n)].map((column) => `of_${column} = ${column}`).join(' AND ');
    const values = modelsOf(cuts).map((p) => `gain * x${m}_${p} / ideal AS v${p}`);
    return (
      `SELECT *, gain / gained AS share,\n  ${values.join(',\n  ')}\nFROM (\n` +
      `SELECT beside.*, best.*, ${gain} AS gain FROM (\n${beside}\n) AS beside JOIN (\n${best}\n) AS best ON ${same}\n) AS gained`
    );
  }

  /** Recall; hit rate and reciprocal rank, of the first relevant row, or of those that are tied for it, shared out. */
  private countedValues({ name, k }: Ranking, m: number, beside: string): string {
    const models = modelsOf(this.cuts);
    if (name === 'recall') {
      const values = models.map((p) => `x${m}_${p} / relevant AS v${p}`);
      return `SELECT *, 1 / relevant AS share,\n  ${values.join(',\n  ')}\nFROM (\n${beside}\n) AS beside`;
    }
    const { d, plan } = this.cuts;
    const { aligned } = plan;
    const share = name === 'hit' ? 'y / gains' : `CASE WHEN a${aligned} = f${aligned} THEN 1 / r${aligned} ELSE 0 END`;
    const value = (p: string) => {
      if (name === 'mrr')
        return `CASE WHEN n${p} = r${p} THEN 1 / (f${p} + 1) ELSE ${d.reciprocalOfFirst(`f${p}`, `n${p}`, `r${p}`)} END`;
      const within = `LEAST(${k} - f${p}, n${p})`;
      return (
        `CASE WHEN f${p} >= ${k} THEN 0 WHEN ${within} > n${p} - r${p} THEN 1 ` +
        `ELSE 1 - ${d.noneWithin(`n${p}`, `r${p}`, within)} END`
      );
    };
    const values = models.map((p) => `share * (${value(p)}) AS v${p}`);
    return `SELECT *,\n  ${values.join(',\n  ')}\nFROM (\nSELECT *, ${share} AS share FROM (\n${beside}\n) AS beside\n) AS shared`;
  }

  /** GAUC: what a positive row adds is the share of the query's pairs that it stands on the right side of. */
  private pairsInOrder(ranking: Ranking, n: number): string {
    const by = ['q', ...this.cuts.sliced(n)].join(', ');
    const { pairs } = this.cuts.plan;
    const cumulated = pairs.map((_, p) => {
      const over = (frame: string) =>
        `SUM(w * (1 - y)) OVER (PARTITION BY ${by} ORDER BY z${p} RANGE BETWEEN ${frame} AND CURRENT ROW)`;
      return `${over('UNBOUNDED PRECEDING')} - ${over('CURRENT ROW')} / 2 AS below${p}`;
    });
    const columns = relevantColumns(this.cuts).join(', ');
    const walked =
      `SELECT ${columns},\n  ${cumulated.join(',\n  ')}\n` +
      `FROM (SELECT ${columns}, ${pairs.map((_, p) => `z${p}`).join(', ')} FROM ${ROWS}${this.entries.splitBy(n)}) AS given`;
    const beside = this.entries.beside(`(SELECT * FROM (\n${walked}\n) AS walked WHERE y > 0)`, n, ranking);
    const both = 'positive_in * negative_in';
    const when = (value: string) => `CASE WHEN ${both} > 0 THEN ${value} ELSE 0 END`;
    const values = pairs.map((_, p) => `${when(`w * y * below${p} / NULLIF(${both}, 0)`)} AS v${p}`);
    return (
      `SELECT *, ${when('weight_in')} AS e, ${when('1')} AS moves, ${when('w * y / NULLIF(positive_in, 0)')} AS share,\n  ` +
      `${when('w * y / NULLIF(2 * positive_in, 0)')} AS v${CONSTANT},\n  ${values.join(',\n  ')}\n` +
      `FROM (\n${beside}\n) AS beside`
    );
  }
}

const SPLIT_VALUED = 'skewgate_split_valued';
const SHARES = 'skewgate_shares';
const VALUED = 'skewgate_valued';
const result = (name: (typeof QUERY_TABLES)[number], m: number) => `skewgate_${name}${m}`;

/** Says whether some order of a query's candidates would give another value than some other one (`canMove`). */
function movesIf({ name, k }: Ranking): string {
  const candidates = `t${CONSTANT}`;
  switch (name) {
    case 'recall':
      return `${candidates} > ${k} AND ${candidates} > relevant`;
    case 'hit':
      return `${candidates} - relevant >= ${k}`;
    case 'ndcg':
      return `${candidates} > relevant OR most <> least`;
    case 'mrr':
      return `${candidates} > relevant`;
    case 'gauc':
      return '1 = 1';
  }
}
