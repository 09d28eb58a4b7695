/** Rows with the bins that metrics of ordered or binned rows count them in. */
import { type CutsSql, massesOf } from './cuts-sql.js';
import { literal, ROWS } from './names.js';

/** Rows with b…, the bin of a pair's score, o…, the score itself, and e…, the bin of its prediction. */
export const BINNED_ROWS = 'skewgate_binned';

/** Bins of scores: beside twice the distance of their quartiles they are finest, and they reach to infinity. */
const ORDER_BINS = 2 ** 15;

/** Up to so many rows every distinct score is a bin of its own, so that AUC and average precision are exact. */
const RANKED_ROWS = 2 ** 16;
/** More than there are distinct scores then. */
const RANKS = 2 ** 32;
const RANKED = 'skewgate_ranked';

/** A prediction below which none are told apart. */
const LEAST = '1e-300';

const SCALE = 'skewgate_scale';
const EDGES = 'skewgate_edges';

/** Bins of calibration, each with about as many rows (estimation/metrics/bins.ts). */
const CALIBRATION_BINS = 10;
/** Parts in which the predictions are counted before the few are looked into that hold an edge. */
const COARSE = 2 ** 16;

export class BinsSql {
  constructor(private readonly cuts: CutsSql) {}

  /** The statements, where a metric asks for bins. */
  prepared(): readonly string[] {
    const { plan, d } = this.cuts;
    const [ordered, binned] = [plan.ordered.length > 0, plan.binned.length > 0 || plan.diagrams];
    if (!ordered && !binned) return [];
    const own = [
      'g',
      'i',
      'qb',
      'ib',
      'y',
      'w',
      'again',
      ...this.cuts.cells(),
      ...massesOf(plan).map((_, j) => `m${j}`),
    ];
    const fields = plan.pairs.flatMap((_, p) => [
      ...(ordered ? [`${this.rankedBin(p)} AS b${p}`, `${this.order(p)} AS o${p}`] : []),
      ...(binned ? [`${this.calibrationBin(p)} AS e${p}`, `p${p}`] : []),
    ]);
    const from = [`${ROWS} AS given`, ...(ordered ? [SCALE] : []), ...(binned ? [EDGES] : [])].join(' CROSS JOIN ');
    const ranks = ordered ? plan.pairs.map((_, p) => `ranked${p}`) : [];
    const joins = ranks.map((rank, p) => `\nLEFT JOIN ${RANKED} AS ${rank} ON ${rank}.score = ${this.order(p)}`);
    const selected = `SELECT ${d.small(ranks)}${own.join(', ')},\n  ${fields.join(',\n  ')}`;
    return [
      ...(ordered ? [...d.create(SCALE, this.scale()), ...d.create(RANKED, this.ranked())] : []),
      ...(binned ? d.create(EDGES, this.edges()) : []),
      ...d.create(BINNED_ROWS, `${selected}\nFROM ${from}${joins.join('')}`),
      ...(ordered ? [d.drop(RANKED)] : []),
    ];
  }

  /** The place of every distinct score within its bin, where the rows are few. */
  private ranked(): string {
    const scores = this.cuts.plan.pairs.map(
      (_, p) =>
        `SELECT ${this.order(p)} AS score, ${this.orderBin(p)} AS bin FROM ${ROWS} CROSS JOIN ${SCALE} ` +
        `WHERE bad = 0 AND row_count <= ${RANKED_ROWS}`,
    );
    return (
      `SELECT score, DENSE_RANK() OVER (PARTITION BY bin ORDER BY score) AS place FROM (\n` +
      `SELECT DISTINCT score, bin FROM (\n${scores.join('\nUNION ALL\n')}\n) AS scores\n) AS distinct_scores`
    );
  }

  /** The bin of a row's score, and behind it the place in the bin. */
  private rankedBin(p: number): string {
    return `CASE WHEN bad = 0 THEN ${this.orderBin(p)} * ${RANKS} + COALESCE(ranked${p}.place, 0) ELSE 0 END`;
  }

  /**
   * The expression that orders the rows of a pair. A softmax compares across queries only after normalising; most of
   * its predictions are near 0, where bins of their logarithms tell more of them apart.
   */
  private order(p: number): string {
    return this.cuts.plan.pairs[p]!.link === 'softmax' ? `LN(GREATEST(p${p}, ${LEAST}))` : `z${p}`;
  }

  /** The middle of all pairs' quartiles, and how far apart they are: a mix of versions shares the bins. */
  private scale(): string {
    const quartiles = this.cuts.plan.pairs.map((_, p) => this.cuts.d.quartiles(this.order(p)));
    const extreme = (which: 'LEAST' | 'GREATEST', at: 0 | 1) => {
      const all = quartiles.map((pair) => pair[at]);
      return all.length === 1 ? all[0]! : `${which}(${all.join(', ')})`;
    };
    const inner = `SELECT ${extreme('LEAST', 0)} AS lower, ${extreme('GREATEST', 1)} AS upper, COUNT(*) AS row_count FROM ${ROWS} WHERE bad = 0`;
    return `SELECT row_count, (lower + upper) / 2 AS middle, CASE WHEN upper > lower THEN upper - lower ELSE 1 END AS spread FROM (\n${inner}\n) AS quartiles`;
  }

  /**
   * Bins of t / (1 + |t|), t the score in spreads from the middle; written so that each step is monotone in floating
   * point too, and no order of two scores is turned round.
   */
  private orderBin(p: number): string {
    const t = `(${this.order(p)} - middle) / spread`;
    const part = `CASE WHEN ${t} >= 0 THEN 2 - 1 / (1 + ${t}) ELSE 1 / (1 - ${t}) END`;
    return `CAST(FLOOR(${ORDER_BINS / 2} * (${part})) AS ${this.cuts.d.integerType})`;
  }

  private calibrationBin(p: number): string {
    const above = Array.from(
      { length: CALIBRATION_BINS - 1 },
      (_, b) => `CASE WHEN edge${b} < p${p} THEN 1 ELSE 0 END`,
    );
    return above.join(' + ');
  }

  /**
   * Quantiles of the aligned predictions, exactly, by linear interpolation between order statistics: rows are counted
   * in coarse parts first, and distinct predictions in those parts that hold an order statistic.
   */
  private edges(): string {
    const predictions = `p${this.cuts.plan.aligned}`;
    const coarse = `CASE WHEN bad = 0 THEN CAST(FLOOR(LEAST(GREATEST(${predictions}, -1), 2) * ${COARSE}) AS ${this.cuts.d.integerType}) END`;
    const quantiles = Array.from({ length: CALIBRATION_BINS - 1 }, (_, b) => {
      const position = `(${literal((b + 1) / CALIBRATION_BINS)} * (total - 1))`;
      const low = `FLOOR(${position})`;
      return { position, low, high: `LEAST(${low} + 1, total - 1)` };
    });
    const counted = `SELECT ${coarse} AS part, COUNT(*) AS row_count FROM ${ROWS} WHERE bad = 0 GROUP BY ${coarse}`;
    const walked =
      `SELECT part, SUM(row_count) OVER (ORDER BY part ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - row_count AS before, ` +
      `row_count, SUM(row_count) OVER () AS total FROM (\n${counted}\n) AS counted`;
    const holds = (rank: string, from: string, count: string) =>
      `(${rank} >= ${from} AND ${rank} < ${from} + ${count})`;
    const wanted = quantiles.flatMap(({ low, high }) => [
      holds(low, 'before', 'row_count'),
      holds(high, 'before', 'row_count'),
    ]);
    const parts = `SELECT * FROM (\n${walked}\n) AS walked WHERE ${wanted.join(' OR ')}`;
    const distinct =
      `SELECT parts.part, parts.before, parts.total, ${predictions} AS prediction, COUNT(*) AS row_count ` +
      `FROM ${ROWS} AS given JOIN (\n${parts}\n) AS parts ON ${coarse} = parts.part WHERE bad = 0 ` +
      `GROUP BY parts.part, parts.before, parts.total, ${predictions}`;
    const ranked =
      `SELECT *, before + SUM(row_count) OVER (PARTITION BY part ORDER BY prediction ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) ` +
      `- row_count AS first_rank FROM (\n${distinct}\n) AS predictions`;
    const found = quantiles.flatMap(({ low, high, position }, b) => [
      `MAX(CASE WHEN ${holds(low, 'first_rank', 'row_count')} THEN prediction END) AS low${b}`,
      `MAX(CASE WHEN ${holds(high, 'first_rank', 'row_count')} THEN prediction END) AS high${b}`,
      `MAX(${position} - ${low}) AS past${b}`,
    ]);
    const interpolated = quantiles.map((_, b) => `low${b} + past${b} * (high${b} - low${b}) AS edge${b}`);
    return `SELECT ${interpolated.join(', ')} FROM (\nSELECT ${found.join(',\n  ')} FROM (\n${ranked}\n) AS ranked\n) AS found`;
  }
}
