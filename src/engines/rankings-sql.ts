/**
 * The tables of metrics that are means over queries: what every relevant row adds to the value of its query in its
 * cell, by the rules of estimation/metrics and estimation/tabulation/query-tables.ts, ties included.
 */
import type { ColumnKey } from '../estimation/state/keys.js';
import { QUERY_TABLES } from '../estimation/state-tables/layout.js';
import { type CutsSql, massesOf } from './cuts-sql.js';
import { bucketsOf, momentsOf, type Summed } from './moments-sql.js';
import { ROWS } from './names.js';
import { addsUp, CONSTANT, modelsOf, PLACED, placedRows, relevantColumns } from './placement-sql.js';
import type { Ranking } from './plan.js';

/** A metric's columns: the weight of a relevant row, what it adds by state, and under one score for all candidates. */
function columnsOf({ plan }: CutsSql): string[] {
  return Array.from({ length: plan.tables.columns.length + 2 }, (_, c) => `c${c}`);
}

export class RankingsSql {
  /** Masses that a mix has in the rows of a query and cell, each once. */
  private readonly masses: readonly string[];

  constructor(private readonly cuts: CutsSql) {
    this.masses = massesOf(cuts.plan).map((_, j) => `m${j}`);
  }

  /** Tables that the state's are made of; of one metric after the other, as rows by cut are many. */
  prepared(): readonly string[] {
    const { cuts } = this;
    const { d, plan } = cuts;
    const placed = placedRows(cuts);
    return [
      ...placed,
      ...plan.rankings.flatMap((ranking, m) => [
        ...d.create(
          VALUED,
          this.relevantRows(
            ranking,
            m,
            0,
            relevantColumns(cuts).filter((column) => column !== 'y'),
          ),
        ),
        ...d.create(
          relevant(m),
          cuts.byCut((n) => this.byCell(ranking, m, n)),
        ),
        d.drop(VALUED),
        ...d.create(shares(m), bucketsOf(this.pairsOf(m), columnsOf(cuts), 'c0')),
        ...d.create(result('query_counts', m), this.counts(m, ranking.id)),
        ...d.create(result('query_marginals', m), this.marginals(m, ranking.id)),
        ...d.create(result('query_moments', m), momentsOf(cuts, this.summed(m, ranking.id))),
        d.drop(relevant(m)),
        d.drop(shares(m)),
      ]),
      ...(placed.length > 0 ? [d.drop(PLACED)] : []),
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
  private marginals(m: number, id: string): string {
    const fields = columnsOf(this.cuts).map((c) => (c === 'c0' ? 'weight AS c0' : c));
    return `SELECT ${this.cuts.d.text(id)} AS metric, cell, side, bucket, ${fields.join(', ')} FROM ${shares(m)}`;
  }

  private summed(m: number, id: string): Summed {
    return { column: 'metric', name: id, pairs: this.pairsOf(m), census: shares(m), columns: columnsOf(this.cuts) };
  }

  /** Relevant rows that share cluster and item as one, in each cell. */
  private pairsOf(m: number): string {
    const columns = columnsOf(this.cuts);
    const keys = 'cell, g, i, qb, ib';
    const sums = columns.map((c) => `SUM(${c}) AS ${c}`).join(', ');
    return (
      `(\nSELECT ${keys}, ${columns.join(', ')} FROM ${relevant(m)} WHERE again = 0\nUNION ALL\n` +
      `SELECT ${keys}, ${sums} FROM ${relevant(m)} WHERE again = 1 GROUP BY ${keys}\n)`
    );
  }

  /** Counts of queries, and the sums of weights of those that could move over clusters and their squares. */
  private counts(m: number, id: string): string {
    const moving = 'moves = 1 AND e > 0';
    const ofQueries =
      `SELECT cell, q, SUM(c0) AS weight, MAX(CASE WHEN e > 0 THEN 1 ELSE 0 END) AS counted, ` +
      `MAX(CASE WHEN ${moving} THEN 1 ELSE 0 END) AS queries, SUM(CASE WHEN ${moving} AND w > 0 THEN 1 ELSE 0 END) AS positives ` +
      `FROM ${relevant(m)} GROUP BY cell, q`;
    const sums = ['weight', 'counted', 'queries', 'positives'].map((name) => `SUM(${name}) AS ${name}`).join(', ');
    const clusters = (side: string, by: string) =>
      `JOIN (SELECT cell, SUM(own) AS ${side}_total, SUM(own * own) AS ${side}_squares FROM (` +
      `SELECT cell, SUM(CASE WHEN ${moving} THEN c0 ELSE 0 END) AS own FROM ${relevant(m)} GROUP BY cell, ${by}) AS by_${side} ` +
      `GROUP BY cell) AS ${side}_side ON ${side}_side.cell = counted.cell`;
    const fields = ['query', 'item'].flatMap((side) => [`${side}_total`, `${side}_squares`]);
    return (
      `SELECT ${this.cuts.d.text(id)} AS metric, counted.*, ${fields.join(', ')} FROM (\n` +
      `SELECT cell, ${sums} FROM (\n${ofQueries}\n) AS of_queries GROUP BY cell\n) AS counted\n` +
      `${clusters('query', 'g')}\n${clusters('item', 'i')}`
    );
  }

  /** The relevant rows of a cut. Queries that are in one of its cells have there what they have over all rows. */
  private byCell(ranking: Ranking, m: number, n: number): string {
    const columns = ['q', 'g', 'i', 'qb', 'ib', 'w', 'again', 'moves', 'e', ...columnsOf(this.cuts)].join(', ');
    const whole = `SELECT ${this.cuts.cellOf(n)}, ${columns} FROM ${VALUED}`;
    if (n === 0) return whole;
    const split = this.relevantRows(ranking, m, n, [this.cuts.cellOf(n), 'q', 'g', 'i', 'qb', 'ib', 'w', 'again']);
    return `${whole} WHERE u${n} = 0\nUNION ALL\n${split}`;
  }

  /** Relevant rows of the queries that a cut splits: their query's weight (e), whether it could move, the columns. */
  private relevantRows(ranking: Ranking, m: number, n: number, own: readonly string[]): string {
    const { cuts } = this;
    const valued = ranking.name === 'gauc' ? this.pairsInOrder(n) : this.positions(ranking, m, n);
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

  /** Queries that a cut splits; all of them where it does not cut. */
  private splitBy(n: number): string {
    return n === 0 ? '' : ` WHERE u${n} = 1`;
  }

  /** Rows with what is summed over all rows of their query in the cell. */
  private withEntries(from: string, n: number, needed: boolean): string {
    if (!needed) return `${from} AS placed`;
    const by = ['q', ...this.cuts.sliced(n)];
    const sums = this.masses.flatMap((mass, at) => [
      `SUM(w * ${mass}) AS mass_of${at}`,
      `SUM(${mass}) AS plain_of${at}`,
    ]);
    const named = by.map((column) => `${column} AS in_${column}`);
    const fields = [...named, 'SUM(w) AS weight_in', 'COUNT(*) AS rows_in', ...sums];
    return (
      `${from} AS placed JOIN (SELECT ${fields.join(', ')} FROM ${ROWS}${this.splitBy(n)} GROUP BY ${by.join(', ')}) AS entries ` +
      `ON ${by.map((column) => `placed.${column} = entries.in_${column}`).join(' AND ')}`
    );
  }

  /** Metrics of the positions of relevant rows. */
  private positions(ranking: Ranking, m: number, n: number): string {
    const { weightQueries, grades } = this.cuts.plan.policy.evalSet;
    const entry = `OVER (PARTITION BY ${['q', ...this.cuts.sliced(n)].join(', ')})`;
    // Windows carry every column of their rows along.
    const places = modelsOf(this.cuts).flatMap((p) => (addsUp(ranking) ? [`x${m}_${p}`] : [`a${p}`, `t${p}`]));
    const own = [...relevantColumns(this.cuts), ...places, ...(addsUp(ranking) ? [`t${CONSTANT}`] : [])].join(', ');
    const placed = `(SELECT ${own} FROM ${PLACED}${this.splitBy(n)})`;
    const from = this.withEntries(placed, n, weightQueries || this.masses.length > 0);
    const gain = ranking.exponential ? `POWER(2, y * ${grades}) - 1` : 'y';
    const gained = `SELECT *, ${gain} AS gain FROM ${from}`;
    const e = weightQueries ? 'weight_in' : '1';
    const value = addsUp(ranking)
      ? this.summedValues(ranking, m, entry, gained)
      : this.firstValues(ranking, entry, gained);
    return `SELECT *, ${e} AS e, CASE WHEN ${movesIf(ranking)} THEN 1 ELSE 0 END AS moves FROM (\n${value}\n) AS found`;
  }

  /** Recall and nDCG: a sum over the relevant rows. */
  private summedValues({ name, k }: Ranking, m: number, entry: string, gained: string): string {
    const counted =
      `SELECT *, COUNT(*) ${entry} AS relevant, SUM(gain) ${entry} AS gains, MIN(gain) ${entry} AS least, ` +
      `MAX(gain) ${entry} AS most, ROW_NUMBER() ${entry.slice(0, -1)} ORDER BY gain DESC) AS best\n` +
      `FROM (\n${gained}\n) AS gained`;
    const values = (of: (worth: string) => string) => modelsOf(this.cuts).map((p) => `${of(`x${m}_${p}`)} AS v${p}`);
    if (name === 'recall')
      return `SELECT *, 1 / relevant AS share,\n  ${values((worth) => `${worth} / relevant`).join(',\n  ')}\nFROM (\n${counted}\n) AS counted`;
    const ideal = `SUM(CASE WHEN best <= ${k} THEN gain * LN(2) / LN(1 + best) ELSE 0 END) ${entry} AS ideal`;
    return (
      `SELECT *, gain / gains AS share,\n  ${values((worth) => `gain * ${worth} / ideal`).join(',\n  ')}\n` +
      `FROM (\nSELECT *, ${ideal} FROM (\n${counted}\n) AS counted\n) AS compared`
    );
  }

  /** Hit rate and reciprocal rank: of the first relevant row, or of those that are tied for it, shared out. */
  private firstValues({ name, k }: Ranking, entry: string, gained: string): string {
    const models = modelsOf(this.cuts);
    const first = models.map((p) => `MIN(a${p}) ${entry} AS f${p}`);
    const counted =
      `SELECT *, COUNT(*) ${entry} AS relevant, SUM(gain) ${entry} AS gains,\n  ${first.join(',\n  ')}\n` +
      `FROM (\n${gained}\n) AS gained`;
    const tied = models.flatMap((p) => [
      `MAX(CASE WHEN a${p} = f${p} THEN t${p} ELSE 0 END) ${entry} AS n${p}`,
      `SUM(CASE WHEN a${p} = f${p} THEN 1 ELSE 0 END) ${entry} AS r${p}`,
    ]);
    const { aligned } = this.cuts.plan;
    const share =
      name === 'hit' ? 'gain / gains' : `CASE WHEN a${aligned} = f${aligned} THEN 1 / r${aligned} ELSE 0 END`;
    const shared = `SELECT *, ${share} AS share FROM (\nSELECT *, ${tied.join(',\n  ')}\nFROM (\n${counted}\n) AS counted\n) AS compared`;
    const { d } = this.cuts;
    const value = (p: string) => {
      if (name === 'mrr')
        return `CASE WHEN n${p} = r${p} THEN 1 / (f${p} + 1) ELSE ${d.reciprocalOfFirst(`f${p}`, `n${p}`, `r${p}`)} END`;
      const within = `LEAST(${k} - f${p}, n${p})`;
      return (
        `CASE WHEN f${p} >= ${k} THEN 0 WHEN ${within} > n${p} - r${p} THEN 1 ` +
        `ELSE 1 - ${d.noneWithin(`n${p}`, `r${p}`, within)} END`
      );
    };
    return `SELECT *,\n  ${models.map((p) => `share * (${value(p)}) AS v${p}`).join(',\n  ')}\nFROM (\n${shared}\n) AS shared`;
  }

  /** GAUC: what a positive row adds is the share of the query's pairs that it stands on the right side of. */
  private pairsInOrder(n: number): string {
    const by = ['q', ...this.cuts.sliced(n)].join(', ');
    const { pairs } = this.cuts.plan;
    const entry = `OVER (PARTITION BY ${by})`;
    const cumulated = pairs.map((_, p) => {
      const over = (frame: string) =>
        `SUM(w * (1 - y)) OVER (PARTITION BY ${by} ORDER BY z${p} RANGE BETWEEN ${frame} AND CURRENT ROW)`;
      return `${over('UNBOUNDED PRECEDING')} - ${over('CURRENT ROW')} / 2 AS below${p}`;
    });
    const own = [...relevantColumns(this.cuts), ...pairs.map((_, p) => `z${p}`)].join(', ');
    const walked =
      `SELECT ${relevantColumns(this.cuts).join(', ')}, SUM(w) ${entry} AS mass, SUM(w * y) ${entry} AS positive, ` +
      `SUM(w * (1 - y)) ${entry} AS negative,\n  ${cumulated.join(',\n  ')}\n` +
      `FROM (SELECT ${own} FROM ${ROWS}${this.splitBy(n)}) AS given`;
    const from = this.withEntries(`(SELECT * FROM (\n${walked}\n) AS walked WHERE y > 0)`, n, this.masses.length > 0);
    const both = 'positive * negative';
    const when = (value: string) => `CASE WHEN ${both} > 0 THEN ${value} ELSE 0 END`;
    const values = pairs.map((_, p) => `${when(`w * y * below${p} / NULLIF(${both}, 0)`)} AS v${p}`);
    return (
      `SELECT *, ${when('mass')} AS e, ${when('1')} AS moves, ${when('w * y / NULLIF(positive, 0)')} AS share,\n  ` +
      `${when('w * y / NULLIF(2 * positive, 0)')} AS v${CONSTANT},\n  ${values.join(',\n  ')}\n` +
      `FROM ${from}`
    );
  }
}

const VALUED = 'skewgate_valued';
const relevant = (m: number) => `skewgate_relevant${m}`;
const shares = (m: number) => `skewgate_share${m}`;
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
