/** The names of an eval set's columns in a temporary file: a role of the policy may bear any name. */
import type { SpilledRows } from '../../spill/layout.js';

/** Names that no role of the policy has. */
const SCORE = 'score ';
const SLICE = 'slice ';
const ITEM = 'item';

/** Columns of scores as numbers of spilled rows. */
export function scoreColumns(scores: ReadonlyMap<string, Float64Array>): [string, Float64Array][] {
  return [...scores].map(([name, values]) => [`${SCORE}${name}`, values]);
}

/** The columns of scores among those of spilled rows, by their names in the table. */
export function scoresIn({ numbers }: SpilledRows): Map<string, Float64Array> {
  return named(numbers, SCORE);
}

/** Slice values and the numbers of items as codes of spilled rows. */
export function codeColumns(slices: ReadonlyMap<string, Int32Array>, items: Int32Array): Map<string, Int32Array> {
  return new Map([[ITEM, items], ...[...slices].map(([name, codes]) => [`${SLICE}${name}`, codes] as const)]);
}

/** The codes of slice values among those of spilled rows, by their names in the table. */
export function slicesIn({ codes }: SpilledRows): Map<string, Int32Array> {
  return named(codes, SLICE);
}

/** Shape (rows): the number of each row's item. */
export function itemsIn({ codes }: SpilledRows): Int32Array {
  const items = codes.get(ITEM);
  if (!items) throw new Error('rows without numbers of items');
  return items;
}

function named<Values>(all: ReadonlyMap<string, Values>, prefix: string): Map<string, Values> {
  return new Map(
    [...all].flatMap(([name, values]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), values]] : [])),
  );
}
