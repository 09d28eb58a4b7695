/**
 * The drift of the item towers at each distance, and the map that would repair its cost: both explain why a family is
 * sensitive (docs/drift.md).
 */

import type { EvalSet } from '../../data/evalset/evalset.js';
import type { MetricRef } from '../../estimation/metrics/registry.js';
import { interval } from '../../estimation/statistics/noninferiority.js';
import { type Progress, SILENT, told } from '../../lib/progress.js';
import { SURE } from '../../models/drift/drift.js';
import { RUNGS, type Rung } from '../../models/drift/maps.js';
import { type Shift, shiftOf } from '../../models/scores/spread.js';
import type { DriftEvidence, Sweep } from '../../models/scores/sweep.js';
import type { Alignable, DriftEntry } from '../check-report.js';
import { REPAIRS, type Repair } from '../remedies.js';
import { ALL_ROWS } from './cell-names.js';
import type { Measured } from './judge.js';
import { MIXED_ALARM } from './notices.js';
import { columnAt, stateAt } from './states.js';

/**
 * Below this share of a loss a map does next to nothing, and an incompatible part is next to none. Judgement of this
 * project.
 */
export const HARDLY = 0.2;

/** By distance, ascending. */
export function driftEntries(
  measured: Measured,
  evalSet: EvalSet,
  sweep: Sweep,
  progress: Progress = SILENT,
): DriftEntry[] {
  const zero = columnAt(sweep, 0).scores;
  const entry = ([distance, evidence]: readonly [number, DriftEvidence]): DriftEntry => {
    const shift = shiftOf(evalSet, columnAt(sweep, distance).scores, zero);
    const loss = lossAt(measured, distance);
    const alignable = loss ? alignableShares(measured, distance, evidence, loss) : null;
    const simplest = alignable ? simplestMap(evidence, shift, alignable) : undefined;
    return {
      distance,
      normRatio: evidence.normRatio,
      displacement: evidence.displacement,
      procrustesResidual: evidence.procrustesResidual,
      cka: evidence.cka,
      neighbourOverlap: evidence.neighbourOverlap,
      offsetSd: shift.offset,
      scaleRatio: shift.scale,
      alignable,
      repair: simplest ?? null,
      reading: reading(evidence, shift, loss, simplest),
    };
  };
  const step = { stage: 'judging', detail: 'drift of the item tower', unit: 'distances' };
  return Array.from(told([...sweep.drift], progress, step), entry);
}

/** The cost of the distance in the task metric over all rows, positive for worse. */
interface Loss {
  readonly metric: MetricRef;
  readonly total: number;
  /** The whole interval is worse than distance 0. */
  readonly clear: boolean;
  /** The cost of the old pair of towers, and the rest; null without the old query checkpoint. */
  readonly split: { readonly stale: number; readonly incompatible: number } | null;
  /** The whole interval of the rest is worse. */
  readonly clearlyIncompatible: boolean;
}

function lossAt({ plan, tabulation, families, policy }: Measured, distance: number): Loss | undefined {
  const { alignment } = plan;
  if (!alignment) return undefined;
  const { id, metric } = alignment;
  const sign = metric.better === 'lower' ? 1 : -1;
  const { current, alignedOld } = families.candidate;
  const { confidence } = policy.versionSkew;
  const contrast = (state: number, minus: number) =>
    tabulation.contrast(id, ALL_ROWS, [
      { state, weight: sign, as: 'value' },
      { state: minus, weight: -sign, as: 'value' },
    ]);
  const total = contrast(stateAt(current, distance), stateAt(current, 0));
  const old = alignedOld.get(distance);
  const incompatible = old === undefined ? undefined : contrast(stateAt(current, distance), old);
  return {
    metric: alignment,
    total: total.value,
    clear: interval(total, confidence).lower > 0,
    split: incompatible ? { stale: total.value - incompatible.value, incompatible: incompatible.value } : null,
    clearlyIncompatible: incompatible !== undefined && interval(incompatible, confidence).lower > 0,
  };
}

/** The task metric with every stale item mapped back, as shares of what is lost. */
function alignableShares(measured: Measured, distance: number, evidence: DriftEvidence, loss: Loss): Alignable {
  const { id, metric } = loss.metric;
  const sign = metric.better === 'lower' ? 1 : -1;
  const won = new Map<Rung, number>();
  if (loss.clear || loss.clearlyIncompatible) {
    const skewed = measured.tabulation.value(id, ALL_ROWS, stateAt(measured.families.candidate.current, distance));
    for (const [rung, value] of evidence.rungs) won.set(rung, sign * (skewed - value));
  }
  const shares = (of: number) =>
    Object.fromEntries(RUNGS.map((rung) => [rung, (won.get(rung) ?? Number.NaN) / of])) as Record<Rung, number>;
  return {
    metric: id,
    ...shares(loss.clear ? loss.total : Number.NaN),
    ofIncompatible: loss.split && loss.clearlyIncompatible ? shares(loss.split.incompatible) : null,
  };
}

/** A simpler map is named if it repairs nearly as much as the best one. */
const NEARLY = 0.1;

/** The simplest map that repairs nearly as much as the best one; undefined where none was judged. */
export function simplestMap(
  { cka, normRatio }: Pick<DriftEvidence, 'cka' | 'normRatio'>,
  { scale }: Shift,
  alignable: Alignable,
): Repair | undefined {
  const shares = alignable.ofIncompatible ?? alignable;
  if (!RUNGS.some((rung) => Number.isFinite(shares[rung]))) return undefined;
  const best = Math.min(1, Math.max(...RUNGS.map((rung) => shares[rung])));
  // Shrinking scores that are wrong for whatever reason lowers a log loss too: a scale is one only where directions
  // stay and lengths do not.
  const scaled = cka > 0.9 && (Math.abs(normRatio - 1) > MIXED_ALARM || Math.abs(scale - 1) > MIXED_ALARM);
  const rung = RUNGS.find((r) => (r !== 'scale' || scaled) && shares[r] >= best - NEARLY) ?? 'linear';
  return {
    rung,
    share: shares[rung],
    of: alignable.ofIncompatible ? 'incompatible' : 'loss',
    metric: alignable.metric,
  };
}

const CURES: Readonly<Record<Rung, { what: string; cure: string }>> = {
  scale: {
    what: 'a change of scale',
    cure: 'normalise the vectors, fix the temperature, or calibrate the scores of each index version',
  },
  orthogonal: {
    what: 'a rotation between retrains',
    cure:
      'warm-start or stabilise the space (orthogonal Procrustes after each retrain), or map queries per index ' +
      'version',
  },
  linear: {
    what: 'a linear change of basis between retrains',
    cure: 'normalise or whiten both towers, train compatibly, or map queries per index version',
  },
};

/** The reading table of docs/drift.md as one sentence. */
function reading(evidence: DriftEvidence, shift: Shift, loss: Loss | undefined, simplest: Repair | undefined): string {
  if (!loss) return 'no rule has a metric with a better direction, so that a loss cannot be told';
  const metric = loss.metric.id;
  if (!loss.clear && !loss.clearlyIncompatible) return withoutLoss(metric, evidence, shift);
  if (loss.split && loss.split.incompatible <= HARDLY * loss.total) {
    const { stale } = loss.split;
    const part = stale >= loss.total ? 'all' : `${Math.round((100 * stale) / loss.total)} %`;
    return (
      `age, not skew: ${part} of the loss in ${metric} is there with the old pair of towers too; a younger index ` +
      'would win it back'
    );
  }
  if (simplest) return withMap(evidence, simplest);
  const { fitted, dimension, mapped } = evidence;
  return !mapped
    ? `a loss in ${metric}, but too few items or too many dimensions to fit a map (${fitted} vectors a fold of ` +
        `${dimension} dimensions)`
    : `a loss in ${metric} whose repair could not be judged`;
}

function withoutLoss(metric: string, { neighbourOverlap }: DriftEvidence, { offset, scale }: Shift): string {
  if (Math.abs(offset) > MIXED_ALARM || Math.abs(scale - 1) > MIXED_ALARM)
    return (
      `no clear loss in ${metric}, but scores are shifted or scaled between versions: a mixed index is harmed; ` +
      'calibrate the scores of each version, normalise, or fix the temperature'
    );
  if (neighbourOverlap < 0.5)
    return (
      `no clear loss in ${metric}, though half of the neighbours changed: many neighbours are equivalent; ` +
      'nothing to do'
    );
  return `no clear loss in ${metric}: nothing to repair`;
}

/** A loss, and the share of it that the simplest map repairs. */
function withMap(
  { procrustesResidual, displacement, fitted, dimension }: DriftEvidence,
  { rung, share, of, metric }: Repair,
): string {
  const { what, cure } = CURES[rung];
  const basis =
    of === 'incompatible' ? `the part of the loss in ${metric} that is incompatibility` : `the loss in ${metric}`;
  const bound = fitted < SURE * dimension ? ' (at least: the maps were fitted on few items)' : '';
  if (share >= REPAIRS) {
    const residual =
      rung === 'orthogonal' && Number.isFinite(procrustesResidual)
        ? ` (displacement ${displacement.toFixed(2)}, ${procrustesResidual.toFixed(2)} after it)`
        : '';
    return `${what}${residual}: ${article(rung)} map repairs ${repaired(share)} of ${basis}${bound}; ${cure}`;
  }
  if (share > HARDLY)
    return (
      `partly ${what}: ${article(rung)} map repairs ${repaired(share)} of ${basis}${bound}, and the rest is ` +
      'information in other places; train compatibly (warm start, backward-compatible loss)'
    );
  return (
    `an unstable representation: no map repairs more than ${repaired(Math.max(0, share))} of ${basis}${bound}; ` +
    'train compatibly (backward-compatible loss) or choose a more stable architecture'
  );
}

function article(rung: Rung): string {
  return rung === 'orthogonal' ? 'an orthogonal' : `a ${rung}`;
}

/** Held-out maps can overshoot: by their own noise, or as they repair some of the age too. */
function repaired(share: number): string {
  return share >= 0.995 ? 'all' : `${Math.round(100 * share)} %`;
}
