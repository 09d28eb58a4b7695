/**
 * Skill at distance 0: what the model knows with both towers of one version. Without any there is nothing that skew
 * could cost, and every rule on a change would pass.
 */

import type { Cells } from '../../data/evalset/cells.js';
import type { EvalSet } from '../../data/evalset/evalset.js';
import type { SkewPolicy } from '../../documents/policy/policy.js';
import { type MetricRef, yardstickOf } from '../../estimation/metrics/registry.js';
import { type Estimate, interval } from '../../estimation/statistics/noninferiority.js';
import { rowsPerQuery } from '../../estimation/tabulation/entries.js';
import { besideChance } from '../../estimation/tabulation/state-estimates.js';
import { type Estimates, Tabulation } from '../../estimation/tabulation/tabulate.js';
import { type Progress, SILENT } from '../../lib/progress.js';
import { predictor } from '../../models/scores/link.js';
import type { ScoreColumn, Sweep } from '../../models/scores/sweep.js';
import { metricOf } from './plan.js';
import { columnAt } from './states.js';

/** The aligned model beside one whose scores are all the same: a random order, and a half as every prediction. */
const ALIGNED = 0;
const CONSTANT = 1;

/** The yardstick that a metric's family is held against, and how it came out. */
export interface Skill {
  readonly yardstick: string;
  readonly shown: boolean;
  /** The yardstick's value, what it must clear, and which way. */
  readonly value: number;
  readonly chance: number;
  readonly better: 'lower' | 'higher';
}

/** A tabulation, and its state at distance 0. */
export interface Judged {
  readonly tabulation: Estimates;
  readonly aligned: number;
}

/** The AUC of one score for all. */
const HALF = 0.5;

export class SkillTest {
  private readonly found = new Map<string, Skill>();

  /** @param judged the run's own tabulation, where a yardstick is among its metrics, and its state at distance 0 */
  private constructor(
    private readonly tabulation: Estimates,
    private readonly judged: Judged | undefined,
    private readonly probabilities: boolean,
    readonly metrics: readonly MetricRef[],
    private readonly policy: SkewPolicy,
  ) {}

  static async of(
    evalSet: EvalSet,
    sweep: Sweep,
    cells: Cells,
    metrics: readonly MetricRef[],
    policy: SkewPolicy,
    judging?: Promise<Judged>,
    progress: Progress = SILENT,
  ): Promise<SkillTest> {
    const aligned = columnAt(sweep, 0);
    const probabilities = givesProbabilities(aligned, evalSet);
    const yardsticks = new Map(metrics.map((ref) => yardstickOf(ref, probabilities)).map((ref) => [ref.id, ref]));
    // Metrics that the run judges anyway are not tabulated again, but for those of which chance depends on the rows.
    const known = ({ id, metric }: MetricRef) => metric.skill !== 'own' && metrics.some((ref) => ref.id === id);
    const asked = [...yardsticks.values()].filter((ref) => !(judging && known(ref)));
    // Waited for together: where one refuses the scores, the other does too, and nobody else hears it.
    const tabulating = Tabulation.shared({
      evalSet,
      sweep: { ...sweep, columns: [aligned, constantColumn(aligned, evalSet, sweep, policy)] },
      cells,
      metrics: asked,
      states: [{ parts: [{ column: 0 }] }, { parts: [{ column: 1 }] }],
      aligned: ALIGNED,
      weightQueries: policy.evalSet.weightQueries,
      distinctItems: policy.evalSet.candidates === 'full',
      progress,
    });
    const [tabulation, judged] = await Promise.all([tabulating, judging]);
    return new SkillTest(tabulation, judged, probabilities, metrics, policy);
  }

  /**
   * The same from a state, which holds every yardstick.
   *
   * @param judged estimates of the metrics and of their yardsticks
   */
  static ofState(judged: Judged, probabilities: boolean, metrics: readonly MetricRef[], policy: SkewPolicy): SkillTest {
    const { tabulation, aligned } = judged;
    const chance = besideChance(tabulation.state, metrics, aligned);
    return new SkillTest(chance, judged, probabilities, metrics, policy);
  }

  /** Tells whether the model at distance 0 is clearly better than none, in the family of a metric and in a cell. */
  of(metric: string, cell: number): Skill {
    const ref = yardstickOf(metricOf(this, metric), this.probabilities);
    const key = `${ref.id}:${cell}`;
    let skill = this.found.get(key);
    if (!skill) {
      skill = this.measure(ref, cell);
      this.found.set(key, skill);
    }
    return skill;
  }

  /** The value that a model without skill has of a metric in a cell; undefined where that is not known. */
  chance(metric: string, cell: number): number | undefined {
    const ref = metricOf(this, metric);
    if (ref.metric.skill === 'own') return this.tabulation.value(metric, cell, CONSTANT);
    return ref.metric.chance?.(this.baseRate(cell));
  }

  private baseRate(cell: number): number {
    const { positive, negative } = this.tabulation.countsOf(cell).mass;
    return positive / (positive + negative);
  }

  private holding(id: string, metric: MetricRef['metric']): Judged {
    const { judged, tabulation } = this;
    return judged && metric.skill !== 'own' && judged.tabulation.has(id) ? judged : { tabulation, aligned: ALIGNED };
  }

  private measure({ id, metric }: MetricRef, cell: number): Skill {
    const { tabulation, aligned } = this.holding(id, metric);
    const { confidence } = this.policy.versionSkew;
    const value = tabulation.value(id, cell, aligned);
    const better = metric.better === 'lower' ? 'lower' : 'higher';
    if (metric.skill === 'entropy') {
      // The base rate alone is what a model that knows nothing predicts, not one score for all. Every metric of
      // this kind has a chance.
      const chance = metric.chance!(this.baseRate(cell));
      const { upper } = interval(tabulation.level(id, cell, aligned), confidence);
      return { yardstick: id, shown: upper < chance, value, chance, better };
    }
    if (metric.skill === 'order') {
      // One score for all has an AUC of a half in every sample, so that the lift has the error of the AUC.
      const level = tabulation.level(id, cell, aligned);
      const shown = clearlyAboveZero({ ...level, value: value - HALF }, confidence);
      return { yardstick: id, shown, value, chance: Number.isNaN(value) ? value : HALF, better };
    }
    const chance = tabulation.value(id, cell, CONSTANT);
    const sign = better === 'lower' ? -1 : 1;
    const lift = tabulation.contrast(id, cell, [
      { state: ALIGNED, weight: sign, as: 'value' },
      { state: CONSTANT, weight: -sign, as: 'value' },
    ]);
    return { yardstick: id, shown: clearlyAboveZero(lift, confidence), value, chance, better };
  }
}

/** By its bound; there is no error, and the lift is what it is, where every query does as well as every other one. */
function clearlyAboveZero(lift: Estimate, confidence: number): boolean {
  return Number.isFinite(lift.standardError) ? interval(lift, confidence).lower > 0 : lift.value > 0;
}

export function givesProbabilities({ link, scores }: ScoreColumn, { query, rows }: EvalSet): boolean {
  if (link !== 'identity') return true;
  const predict = predictor(link, scores, query.codes, query.names.length);
  for (let r = 0; r < rows; r++) if (!(predict.prediction(r) >= 0 && predict.prediction(r) <= 1)) return false;
  return true;
}

/** One score for all: every order of the candidates is equally likely. */
function constantColumn(aligned: ScoreColumn, evalSet: EvalSet, sweep: Sweep, policy: SkewPolicy): ScoreColumn {
  const scores = new Float64Array(evalSet.rows).fill(0.5);
  const column = { query: aligned.query, item: aligned.item, scores, link: 'identity' as const };
  if (!aligned.positions) return column;
  const logged = rowsPerQuery(evalSet);
  const full = policy.evalSet.candidates === 'full';
  return {
    ...column,
    positions: {
      above: new Int32Array(sweep.positiveRows.length),
      tied: Int32Array.from(sweep.positiveRows, (r) => (full ? sweep.embedded.item : logged[evalSet.query.codes[r]!]!)),
    },
  };
}
