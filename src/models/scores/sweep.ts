/**
 * A sweep: the query side at live X, the item side at every swept version, one column of scores a pair of versions, all
 * on the same rows. Towers score them (tower-sweep.ts), or the rows bring them (column-sweep.ts).
 */

import type { Side } from '../../data/checkpoints/checkpoint.js';
import type { EvalSet } from '../../data/evalset/evalset.js';
import type { Candidates } from '../../documents/policy/policy.js';
import type { ScoreRelease, TowerRelease } from '../../documents/release/release.js';
import type { Progress } from '../../lib/progress.js';
import type { Alike } from '../drift/alike.js';
import type { Displacement } from '../drift/drift.js';
import type { Rung } from '../drift/maps.js';
import type { InspectedTowers } from '../towers/inspect.js';
import { sweepColumns } from './column-sweep.js';
import type { ScoreColumn } from './score-column.js';
import { sweepTowers } from './tower-sweep.js';

export type { ScoreColumn } from './score-column.js';

/**
 * Says how the item tower at a distance differs from the live one, and what the live query tower's scores are worth
 * with its items mapped back.
 */
export interface DriftEvidence extends Displacement {
  /**
   * The task metric over all rows by rung of the ladder, each item mapped by what was fitted on other items; without
   * a rung whose scores leave what the link allows.
   */
  readonly rungs: ReadonlyMap<Rung, number>;
  /** False where there are too few items to fit a map. */
  readonly mapped: boolean;
  /** Vectors that each map was fitted on, and their dimension. */
  readonly fitted: number;
  readonly dimension: number;
}

export interface Sweep {
  /** Distances from … to, ascending. */
  readonly distances: readonly number[];
  readonly columns: readonly ScoreColumn[];
  /** By distance: the column of M[X, X-k], and of M[X-|k|, X-|k|] where both old checkpoints exist. */
  readonly current: ReadonlyMap<number, number>;
  readonly alignedOld: ReadonlyMap<number, number>;
  /** Of every anchor X, X-1, …: the column of M[X-a, X-a-k] by distance k ≥ 0. The first is X itself. */
  readonly anchors: readonly ReadonlyMap<number, number>[];
  /** By distance k ≥ 1, where the policy's metrics can tell; empty where nothing asks for it. */
  readonly drift: ReadonlyMap<number, DriftEvidence>;
  /** Items of the catalogue and the row's item among them, where a mixed index over the catalogue is asked for. */
  readonly catalogue?: { readonly count: number; readonly ofRow: Int32Array; readonly names: readonly string[] };
  /** Rows with a positive label, ascending: what `positions` are about. */
  readonly positiveRows: Int32Array;
  readonly embedded: Readonly<Record<Side, number>>;
  /** Versions of a tower that are the same, so that what lies between them measures nothing. */
  readonly alike: readonly Alike[];
  /** Sentences on what was done so that no embedding depends on a batch. */
  readonly notices: readonly string[];
}

export type TaskMetric = (
  column: ScoreColumn,
  zero: ScoreColumn,
  scored: Pick<Sweep, 'positiveRows' | 'embedded'>,
) => number | undefined;

export interface SweepOptions {
  readonly from: number;
  readonly to: number;
  readonly candidates: Candidates;
  /** True where a ranking metric needs positions. */
  readonly positions: boolean;
  /** Live versions that the sweep is repeated for: X, X-1, … X-anchors+1. */
  readonly anchors: number;
  /** Says whether the item towers' drift is measured; with positions if the task metric ranks. */
  readonly drift: 'none' | 'scores' | 'positions';
  /**
   * The task metric over all rows at a column of mapped items, whose distance 0 is `zero`; undefined where its scores
   * leave what the link allows. Asked for as soon as a column is there, so that none is kept.
   */
  readonly taskMetric?: TaskMetric;
  /** True where the catalogue's scores are kept within reach, for a mixed index. */
  readonly mixedCatalogue: boolean;
  readonly onProgress: Progress;
}

/** A family of towers, inspected and not yet run. */
export interface TowerFamily {
  readonly release: TowerRelease;
  readonly towers: InspectedTowers;
}

/** A family whose scores stand in the rows. */
export interface ColumnFamily {
  readonly release: ScoreRelease;
  readonly towers?: never;
}

/** A family of versions, as the sweep scores its pairs. */
export type Family = TowerFamily | ColumnFamily;

/** The candidate's sweep and, on the same rows, that of the family that serves today. */
export async function runSweeps(
  evalSet: EvalSet,
  [candidate, other]: readonly [Family, ...Family[]],
  options: Omit<SweepOptions, 'onProgress'>,
  onProgress: SweepOptions['onProgress'],
): Promise<{ readonly sweep: Sweep; readonly compared: Sweep | undefined }> {
  const sweep = await runSweep(evalSet, candidate, { ...options, onProgress });
  if (!other) return { sweep, compared: undefined };
  const compared = await runSweep(evalSet, other, {
    ...options,
    anchors: 1,
    drift: 'none',
    onProgress: (step) => onProgress({ ...step, detail: `${other.release.name}, ${step.detail ?? ''}` }),
  });
  return { sweep, compared };
}

export async function runSweep(evalSet: EvalSet, family: Family, options: SweepOptions): Promise<Sweep> {
  return family.towers
    ? sweepTowers(evalSet, family.release, family.towers, options)
    : sweepColumns(evalSet, family.release, options);
}
