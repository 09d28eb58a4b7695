/** The keys of what is judged: which pairs of versions, mixed by which masses, against which pair. */
import { byCodeUnit, type ColumnKey, type PairKey, type PartKey } from '../state/keys.js';
import type { State } from './metric-table.js';

/** Everything that keys are made of: no row is. */
export interface Keyed {
  readonly sweep: { readonly columns: readonly { readonly query: number; readonly item: number }[] };
  readonly firstCompared?: number;
  readonly states: readonly State[];
  readonly aligned: number;
}

export function columnKeys(inputs: Keyed): ColumnKey[] {
  const { states, aligned } = inputs;
  return states.map((state) => ({
    parts: state.parts.map((part) => partKey(inputs, part)),
    against: pairKey(inputs, states[state.aligned ?? aligned]!.parts[0]!.column),
  }));
}

/** The pair of versions of a score column. */
export function pairKey(
  { sweep, firstCompared = Number.POSITIVE_INFINITY }: Pick<Keyed, 'sweep' | 'firstCompared'>,
  column: number,
): PairKey {
  const { query, item } = sweep.columns[column]!;
  return { family: column < firstCompared ? 'candidate' : 'compared', query, item };
}

function partKey(inputs: Keyed, { column, mass }: State['parts'][number]): PartKey {
  const pair = pairKey(inputs, column);
  if (!mass) return pair;
  const named = Array.from(mass.mass, (m, i): [string, number] => [mass.names?.[i] ?? String(i), m]);
  return { ...pair, mass: named.sort(([a], [b]) => byCodeUnit(a, b)) };
}
