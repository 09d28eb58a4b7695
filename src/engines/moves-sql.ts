/**
 * Metrics of ordered or binned rows from sums by bin: the value, how far it may be from the exact one, and the
 * influence of a row of the bin, w·(a·p + b·y + c), p its prediction and y its label.
 *
 * ROC AUC and average precision count rows whose scores fall into one bin as tied. What the order within the bins could
 * change is the bound, of bins with several scores alone: a tie that is one is none of its unknowns
 * (docs/decisions/0015-streamed-rows.md; formulas in estimation/metrics).
 */
import type { CutsSql } from './cuts-sql.js';
import type { BINNED, ORDERED } from './plan.js';

export type RowMetric = (typeof ORDERED | typeof BINNED)[number];

/** Added to both sums of a group of log MAE. */
const SMOOTHING = 1;

/**
 * A query with cell, state, bin, a, b, c, value and bound.
 *
 * @param sums a query with cell, state, bin, and of rows of a bin: weight Σw, positive Σwy, negative Σw(1 - y),
 *   predicted Σwp, and the least and the largest score (low, high)
 */
export function movesOf(cuts: CutsSql, metric: RowMetric, sums: string): string {
  const of = new Moves(cuts);
  switch (metric) {
    case 'roc_auc':
      return of.areaUnderCurve(sums);
    case 'average_precision':
      return of.averagePrecision(sums);
    case 'ece':
      return of.calibrationError(sums);
    case 'log_mae':
      return of.groupedLogError(sums);
  }
}

class Moves {
  /** All bins of a cell and state. */
  private readonly all = 'OVER (PARTITION BY cell, state)';
  private readonly keys = 'cell, state, bin';

  constructor(private readonly cuts: CutsSql) {}

  /** Bins up to one's own, from below or from above. */
  private upTo(order: 'ASC' | 'DESC'): string {
    return `${this.all.slice(0, -1)} ORDER BY bin ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`;
  }

  private nan(): string {
    return this.cuts.number(Number.NaN);
  }

  areaUnderCurve(sums: string): string {
    const { all, keys } = this;
    const up = this.upTo('ASC');
    const walked =
      `SELECT *, SUM(positive) ${up} AS positive_upto, SUM(negative) ${up} AS negative_upto, ` +
      `SUM(positive) ${all} AS positives, SUM(negative) ${all} AS negatives FROM (\n${sums}\n) AS sums`;
    const placed =
      `SELECT *, negative_upto - negative / 2 AS below, positives - positive_upto + positive / 2 AS above, ` +
      `SUM(positive * (negative_upto - negative / 2)) ${all} AS area, ` +
      `SUM(CASE WHEN low < high THEN positive * negative ELSE 0 END) ${all} AS tied, positives * negatives AS pairs ` +
      `FROM (\n${walked}\n) AS walked`;
    const valued = `SELECT *, ${this.cuts.divided('area', 'pairs')} AS value FROM (\n${placed}\n) AS placed`;
    const moved =
      `SELECT *, ${this.cuts.divided('below', 'pairs')} - ${this.over('value', 'positives')} AS of_positive, ` +
      `${this.cuts.divided('above', 'pairs')} - ${this.over('value', 'negatives')} AS of_negative FROM (\n${valued}\n) AS valued`;
    return (
      `SELECT ${keys}, 0 AS a, of_positive - of_negative AS b, of_negative AS c, value, ` +
      `CASE WHEN pairs > 0 THEN tied / NULLIF(2 * pairs, 0) ELSE 0 END AS bound FROM (\n${moved}\n) AS moved`
    );
  }

  /** With brackets, as it is a term. */
  private over(a: string, b: string): string {
    return `(${this.cuts.divided(a, b)})`;
  }

  averagePrecision(sums: string): string {
    const { all, keys } = this;
    const [up, down] = [this.upTo('ASC'), this.upTo('DESC')];
    const walked =
      `SELECT *, SUM(positive) ${down} AS hits, SUM(negative) ${down} AS misses, SUM(positive) ${all} AS positives ` +
      `FROM (\n${sums}\n) AS sums`;
    const ratio = (a: string, b: string) => `CASE WHEN ${b} <> 0 THEN (${a}) / NULLIF(${b}, 0) ELSE 0 END`;
    const precise =
      `SELECT *, ${ratio('hits', '(hits + misses)')} AS tied, ${ratio('hits', '(hits + misses - negative)')} AS best, ` +
      `CASE WHEN hits - positive + misses > 0 THEN (hits - positive) / NULLIF(hits - positive + misses, 0) ELSE 1 END AS worst, ` +
      `${ratio('positive', '(positives * (hits + misses) * (hits + misses))')} AS share FROM (\n${walked}\n) AS walked`;
    const valued =
      `SELECT *, SUM(positive * tied) ${all} AS gained, SUM(share * misses) ${up} AS more, SUM(share * hits) ${up} AS less, ` +
      `SUM(CASE WHEN low < high AND positive > 0 THEN positive * GREATEST(best - tied, tied - worst) ` +
      `ELSE 0 END) ${all} AS unknown FROM (\n${precise}\n) AS precise`;
    const value = this.cuts.divided('gained', 'positives');
    const moved =
      `SELECT *, ${value} AS value, (${this.cuts.divided('tied', 'positives')}) - (${this.cuts.divided('gained', 'positives * positives')}) + more ` +
      `AS of_positive FROM (\n${valued}\n) AS valued`;
    return (
      `SELECT ${keys}, 0 AS a, of_positive + less AS b, -less AS c, value, ` +
      `CASE WHEN positives > 0 THEN unknown / NULLIF(positives, 0) ELSE 0 END AS bound FROM (\n${moved}\n) AS moved`
    );
  }

  calibrationError(sums: string): string {
    const { all, keys } = this;
    const gaps =
      `SELECT *, predicted - positive AS gap, SUM(weight) ${all} AS total, ` +
      `SUM(ABS(predicted - positive)) ${all} AS apart FROM (\n${sums}\n) AS sums`;
    const sign = (factor: number) => this.over(`${factor} * SIGN(gap)`, 'total');
    return (
      `SELECT ${keys}, ${sign(1)} AS a, ${sign(-1)} AS b, -${this.over('apart', 'total * total')} AS c, ` +
      `${this.cuts.divided('apart', 'total')} AS value, 0 AS bound FROM (\n${gaps}\n) AS gaps`
    );
  }

  groupedLogError(sums: string): string {
    const { all, keys } = this;
    const smoothed =
      `SELECT *, predicted + ${SMOOTHING} AS expected, positive + ${SMOOTHING} AS actual, SUM(weight) ${all} AS total ` +
      `FROM (\n${sums}\n) AS sums`;
    const ratios = `SELECT *, CASE WHEN expected > 0 THEN LN(expected / actual) ELSE ${this.nan()} END AS ratio FROM (\n${smoothed}\n) AS smoothed`;
    const valued = `SELECT *, SUM(weight * ABS(ratio)) ${all} AS apart FROM (\n${ratios}\n) AS ratios`;
    const pulled = (factor: number, by: string) => this.over(`${factor} * weight * SIGN(ratio)`, `(total * ${by})`);
    return (
      `SELECT ${keys}, ${pulled(1, 'expected')} AS a, ${pulled(-1, 'actual')} AS b, ` +
      `${this.over('ABS(ratio)', 'total')} - ${this.over('apart', 'total * total')} AS c, ` +
      `${this.cuts.divided('apart', 'total')} AS value, 0 AS bound FROM (\n${valued}\n) AS valued`
    );
  }
}
