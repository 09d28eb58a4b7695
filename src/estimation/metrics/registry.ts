/** Every metric, one line each. */
import { averagePrecision } from './average-precision.js';
import { brier } from './brier.js';
import { calibration } from './calibration.js';
import { calibrationShift } from './calibration-shift.js';
import { ece } from './ece.js';
import { gauc } from './gauc.js';
import { hit } from './hit.js';
import { informationRetained } from './information-retained.js';
import { logLoss } from './log-loss.js';
import { logMae } from './log-mae.js';
import type { Metric } from './metric.js';
import { mrr } from './mrr.js';
import { ndcg } from './ndcg.js';
import { normalizedEntropy } from './normalized-entropy.js';
import { recall } from './recall.js';
import { rocAuc } from './roc-auc.js';
import { LINEAR, type Scale } from './scale.js';

export const METRICS: readonly Metric[] = [
  logLoss,
  normalizedEntropy,
  informationRetained,
  calibration,
  calibrationShift,
  ece,
  brier,
  rocAuc,
  averagePrecision,
  gauc,
  logMae,
  recall,
  hit,
  ndcg,
  mrr,
];

/** A metric as a policy names it: `log_loss`, `recall@10`. */
export interface MetricRef {
  readonly id: string;
  readonly metric: Metric;
  /** Cut-off; Infinity without one. */
  readonly k: number;
}

/** Says whether a metric takes a cut-off. */
export function takesCutoff(metric: Metric): boolean {
  return metric.kind === 'positions' && metric.cutoff;
}

/** Finds a metric by its id in a policy; undefined if there is none. */
export function findMetric(id: string): MetricRef | undefined {
  const [name, cutoff] = id.split('@');
  const metric = METRICS.find((m) => m.id === name);
  if (!metric || takesCutoff(metric) !== (cutoff !== undefined)) return undefined;
  return { id, metric, k: cutoff === undefined ? Number.POSITIVE_INFINITY : Number(cutoff) };
}

/** The same metric with another gain; undefined where it has none to choose. */
export function withGain(ref: MetricRef, gain: 'exponential'): MetricRef | undefined {
  const metric = ref.metric.kind === 'positions' ? ref.metric.gains?.[gain] : undefined;
  return metric && { ...ref, metric };
}

/** Writes a metric as a policy does, with a cut-off of 10 where it takes one. */
function exampleOf(metric: Metric): string {
  return takesCutoff(metric) ? `${metric.id}@10` : metric.id;
}

/**
 * Examples of what can be asked where scores are no probabilities: the first metric of each kind that looks at the
 * order of rows alone.
 */
export function metricsOfOrder(): string[] {
  const ordering = METRICS.filter(({ skill }) => skill !== 'entropy');
  return ordering.filter((metric, i) => ordering.findIndex(({ kind }) => kind === metric.kind) === i).map(exampleOf);
}

/**
 * The scale of a metric by its id in a policy; linear for what no metric is named, such as a measure of a check on
 * evidence.
 */
export function scaleOf(id: string): Scale {
  return findMetric(id)?.metric.scale ?? LINEAR;
}

/**
 * The metric by which a metric's skill shows: itself, the normalised entropy, or the AUC.
 *
 * @param probabilities whether the scores are probabilities; such as are none can still order
 */
export function yardstickOf(ref: MetricRef, probabilities: boolean): MetricRef {
  if (ref.metric.skill === 'own') return ref;
  const metric = ref.metric.skill === 'entropy' && probabilities ? normalizedEntropy : rocAuc;
  return { id: metric.id, metric, k: Number.POSITIVE_INFINITY };
}
