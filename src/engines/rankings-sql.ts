/**
 * The tables of metrics that are means over queries: what every relevant row adds to the value of its query in its
 * cell, by the rules of estimation/metrics and estimation/tabulation/query-tables.ts, ties included.
 */
import type { ColumnKey } from '../estimation/state/keys.js';
import { QUERY_TABLES } from '../estimation/state-tables/layout.js';
import type { CutsSql } from './cuts-sql.js';
import { censusOf, marginalsOf, momentsOf, type Summed } from './moments-sql.js';
import { addsUp, CONSTANT, modelsOf, PLACED, placedRows } from './placement-sql.js';
import type { Ranking } from './plan.js';
import { ROWS } from './rows-sql.js';

/** A metric's columns: the weight of a relevant row, what it adds by state, and under one score for all candidates. */
function columnsOf({ plan }: CutsSql): string[] {
  return Array.from({ length: plan.tables.columns.length + 2 }, (_, c) => `c${c}`);
}

export class RankingsSql {
  /** Masses that a mix has in the rows of a query and cell, each once. */
  private readonly masses: readonly string[];

  constructor(private readonly cuts: CutsSql) {
    const { histogramsBy, tables } = cuts.plan;
    const parts = tables.columns.flatMap((column) => column.parts);
    this.masses = [...new Set(histogramsBy === undefined ? [] : parts.flatMap((part) => cuts.massOf(part) ?? []))];
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
          relevant(m),
          cuts.byCut((n) => this.relevantRows(ranking, m, n)),
        ),
        ...d.create(shares(m), censusOf(cuts, relevant(m), 'c0')),
        ...d.create(result('query_counts', m), this.counts(m, ranking.id)),
        ...d.create(result('query_marginals', m), marginalsOf(cuts, this.summed(m, ranking.id))),
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
    return QUERY_TABLES.map((name) => [name, cuts.stamped(all(name))]);
  }

  private summed(m: number, id: string): Summed {
    const columns = columnsOf(this.cuts);
    const group = [...this.cuts.keys(), 'g', 'i', 'qb', 'ib'].join(', ');
    const sums = columns.map((c) => `SUM(${c}) AS ${c}`).join(', ');
    const pairs = `(SELECT ${group}, ${sums} FROM ${relevant(m)} GROUP BY ${group})`;
    return { column: 'metric', name: id, pairs, census: shares(m), columns };
  }

  /** Counts of queries, and the sums of weights of those that could move over clusters and their squares. */
  private counts(m: number, id: string): string {
    const keys = this.cuts.keys().join(', ');
    const moving = 'CASE WHEN moves = 1 AND e > 0 THEN';
    const counted =
      `SELECT ${keys}, SUM(c0) AS weight, COUNT(DISTINCT CASE WHEN e > 0 THEN q END) AS counted, ` +
      `COUNT(DISTINCT ${moving} q END) AS queries, SUM(${moving} CASE WHEN w > 0 THEN 1 ELSE 0 END ELSE 0 END) AS positives ` +
      `FROM ${relevant(m)} GROUP BY ${keys}`;
    const clusters = (side: string, by: string) =>
      `JOIN (SELECT ${keys}, SUM(own) AS ${side}_total, SUM(own * own) AS ${side}_squares FROM (` +
      `SELECT ${keys}, SUM(${moving} c0 ELSE 0 END) AS own FROM ${relevant(m)} GROUP BY ${keys}, ${by}) AS by_${side} ` +
      `GROUP BY ${keys}) AS ${side}_side ON ${this.cuts
        .keys()
        .map((key) => `${side}_side.${key} = counted.${key}`)
        .join(' AND ')}`;
    const fields = ['query', 'item'].flatMap((side) => [`${side}_total`, `${side}_squares`]);
    return (
      `SELECT ${this.cuts.d.text(id)} AS metric, counted.*, ${fields.join(', ')} FROM (\n${counted}\n) AS counted\n` +
      `${clusters('query', 'g')}\n${clusters('item', 'i')}`
    );
  }

  /** Every relevant row of a cut: the weight of its query (e), whether that could move, and the columns. */
  private relevantRows(ranking: Ranking, m: number, n: number): string {
    const { cuts } = this;
    const valued = ranking.name === 'gauc' ? this.pairsInOrder(n) : this.positions(ranking, m, n);
    const columns = [
      'e * share',
      ...cuts.plan.tables.columns.map((column) => `e * (${this.ofState(column)})`),
      `e * v${CONSTANT}`,
    ];
    const fields = columns.map((column, c) => `${column} AS c${c}`);
    return `SELECT ${cuts.cellOf(n)}, q, g, i, qb, ib, w, moves, e,\n  ${fields.join(',\n  ')}\nFROM (\n${valued}\n) AS valued`;
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

  /** Rows with what is summed over all rows of their query in the cell. */
  private withEntries(from: string, n: number, needed: boolean): string {
    if (!needed) return from;
    const by = ['q', ...this.cuts.sliced(n)];
    const sums = this.masses.flatMap((mass, at) => [
      `SUM(w * ${mass}) AS mass_of${at}`,
      `SUM(${mass}) AS plain_of${at}`,
    ]);
    const named = by.map((column) => `${column} AS in_${column}`);
    const fields = [...named, 'SUM(w) AS weight_in', 'COUNT(*) AS rows_in', ...sums];
    return (
      `${from} AS placed JOIN (SELECT ${fields.join(', ')} FROM ${ROWS} GROUP BY ${by.join(', ')}) AS entries ` +
      `ON ${by.map((column) => `placed.${column} = entries.in_${column}`).join(' AND ')}`
    );
  }

  /** Metrics of the positions of relevant rows. */
  private positions(ranking: Ranking, m: number, n: number): string {
    const { policy } = this.cuts.plan;
    const { weightQueries, grades } = policy.evalSet;
    const entry = `OVER (PARTITION BY ${['q', ...this.cuts.sliced(n)].join(', ')})`;
    const from = this.withEntries(PLACED, n, weightQueries || this.masses.length > 0);
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
    const cumulated = pairs.flatMap((_, p) => {
      const over = (frame: string) =>
        `SUM(w * (1 - y)) OVER (PARTITION BY ${by} ORDER BY z${p} RANGE BETWEEN ${frame} AND CURRENT ROW)`;
      return [`${over('UNBOUNDED PRECEDING')} AS upto${p}`, `${over('CURRENT ROW')} AS same${p}`];
    });
    const entry = `OVER (PARTITION BY ${by})`;
    const walked =
      `SELECT *, SUM(w) ${entry} AS mass, SUM(w * y) ${entry} AS positive, SUM(w * (1 - y)) ${entry} AS negative,\n  ` +
      `${cumulated.join(',\n  ')}\nFROM ${ROWS}`;
    const relevantOnes = this.withEntries(
      `(SELECT * FROM (\n${walked}\n) AS walked WHERE y > 0)`,
      n,
      this.masses.length > 0,
    );
    const both = 'positive * negative';
    const when = (value: string) => `CASE WHEN ${both} > 0 THEN ${value} ELSE 0 END`;
    const values = pairs.map((_, p) => `${when(`w * y * (upto${p} - same${p} / 2) / NULLIF(${both}, 0)`)} AS v${p}`);
    return (
      `SELECT *, ${when('mass')} AS e, ${when('1')} AS moves, ${when('w * y / NULLIF(positive, 0)')} AS share,\n  ` +
      `${when('w * y / NULLIF(2 * positive, 0)')} AS v${CONSTANT},\n  ${values.join(',\n  ')}\n` +
      `FROM ${this.masses.length > 0 ? relevantOnes : `${relevantOnes} AS placed`}`
    );
  }
}

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
