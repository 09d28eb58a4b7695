/** The states of a sweep that are judged: each distance, production, and the old pairs that split a change. */

import { massAt, type ProductionMix } from '../../data/production/mix.js';
import type { Mass, State } from '../../estimation/tabulation/tabulate.js';
import type { PairPlan } from '../../models/scores/pairs.js';
import type { ScoreColumn, Sweep } from '../../models/scores/sweep.js';
import type { Distance } from '../check-report.js';
import type { MixedIndex } from './plan.js';

/** A family's states: each distance, production, the aligned old pairs that split a change, and the older anchors. */
export interface FamilyStates {
  /** State of M[X, X-k] or of production. */
  readonly current: ReadonlyMap<Distance, number>;
  /** State of the aligned old pair; absent where a checkpoint is missing. */
  readonly alignedOld: ReadonlyMap<Distance, number>;
  /**
   * The same as `current` for every anchor X, X-1, …, at distances of 0 and above and at production; the first is X.
   */
  readonly anchors: readonly ReadonlyMap<Distance, number>[];
}

export interface StatePlan {
  readonly states: readonly State[];
  /** The candidate's state at distance 0. */
  readonly aligned: number;
  readonly candidate: FamilyStates;
  /** The family that serves today. */
  readonly compared?: FamilyStates;
}

/** The pairs of versions that stand for what, of a sweep or of a state. */
export type PlannedPairs = Omit<PairPlan, 'pairs'>;

/** Everything that is judged. `compared`: the other family's pairs, and the index of its first column. */
export function planStates(
  sweep: PlannedPairs,
  mix: ProductionMix | undefined,
  mixedIndex: MixedIndex,
  compared?: { readonly sweep: PlannedPairs; readonly firstColumn: number },
): StatePlan {
  const states: State[] = [];
  const candidate = familyStates(states, sweep, 0, mix, mixedIndex);
  return {
    states,
    aligned: stateAt(candidate.current, 0),
    candidate,
    ...(compared ? { compared: familyStates(states, compared.sweep, compared.firstColumn, mix, mixedIndex) } : {}),
  };
}

function familyStates(
  states: State[],
  sweep: PlannedPairs,
  firstColumn: number,
  mix: ProductionMix | undefined,
  mixedIndex: MixedIndex,
): FamilyStates {
  const masses = mix ? massesOf(mix, sweep.distances) : undefined;
  const known = new Map<string, number>();
  const pure = (column: number, aligned: number | undefined): number => {
    const key = `${column}:${aligned}`;
    let index = known.get(key);
    if (index === undefined) {
      index = states.push({ parts: [{ column: firstColumn + column }], aligned: aligned ?? states.length }) - 1;
      known.set(key, index);
    }
    return index;
  };
  const production = (columns: ReadonlyMap<number, number>, aligned: number, mixed: MixedIndex): number | undefined => {
    if (!masses || ![...masses.keys()].every((k) => columns.has(k))) return undefined;
    const parts = [...masses].map(([k, mass]) => ({ column: firstColumn + columnOf(columns, k), mass }));
    return states.push({ parts, aligned, ...(mixed ? { mixedIndex: mixed } : {}) }) - 1;
  };
  const distances = (columns: ReadonlyMap<number, number>, mixed: MixedIndex): Map<Distance, number> => {
    const zero = pure(columnOf(columns, 0), undefined);
    const of = new Map<Distance, number>();
    for (const k of sweep.distances) {
      const column = columns.get(k);
      if (column !== undefined) of.set(k, k === 0 ? zero : pure(column, zero));
    }
    const atProduction = production(columns, zero, mixed);
    if (atProduction !== undefined) of.set('production', atProduction);
    return of;
  };
  const current = distances(sweep.current, mixedIndex);
  const zero = stateAt(current, 0);
  const alignedOld = new Map<Distance, number>();
  for (const [k, column] of sweep.alignedOld) alignedOld.set(k, k === 0 ? zero : pure(column, zero));
  const old = production(sweep.alignedOld, zero, undefined);
  if (old !== undefined) alignedOld.set('production', old);
  const anchors = sweep.anchors.map((columns, a) => (a === 0 ? current : distances(columns, mixedIndex)));
  return { current, alignedOld, anchors };
}

/** The mass of every distance that carries any. */
function massesOf(mix: ProductionMix, distances: readonly number[]): Map<number, Mass> {
  const masses = new Map<number, Mass>();
  const names = mix.histograms.map(({ slice }) => Object.values(slice).join());
  for (const k of distances) {
    const mass = massAt(mix, k);
    if (mass.some((m) => m > 0 || Number.isNaN(m))) masses.set(k, { histogram: mix.ofRow, mass, names });
  }
  return masses;
}

/** The state of a distance that a family has: it is one of its own, or 0, which all of them have. */
export function stateAt(states: ReadonlyMap<Distance, number>, at: Distance): number {
  const state = states.get(at);
  if (state === undefined) throw new Error(`no state at ${at}`);
  return state;
}

/** The scores of the live query version on the items of distance `k`, which is one of the sweep's, or 0. */
export function columnAt({ columns, current }: Pick<Sweep, 'columns' | 'current'>, k: number): ScoreColumn {
  return columns[columnOf(current, k)]!;
}

/** The index of the column of distance `k`, which is one of the sweep's, or 0. */
export function columnOf(columns: ReadonlyMap<number, number>, k: number): number {
  const column = columns.get(k);
  if (column === undefined) throw new Error(`no scores at distance ${k}`);
  return column;
}
