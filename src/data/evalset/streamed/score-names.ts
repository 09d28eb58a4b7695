/** Columns of scores among the numbers of rows: a role of the policy may bear any name. */

/** Names that no role of the policy has. */
const PREFIX = 'score ';

/** Columns of scores as numbers of spilled rows. */
export function scoreColumns(scores: ReadonlyMap<string, Float64Array>): [string, Float64Array][] {
  return [...scores].map(([name, values]) => [`${PREFIX}${name}`, values]);
}

/** The columns of scores among those of spilled rows, by their names in the table. */
export function scoresIn(numbers: ReadonlyMap<string, Float64Array>): Map<string, Float64Array> {
  return new Map(
    [...numbers].flatMap(([name, values]) => (name.startsWith(PREFIX) ? [[name.slice(PREFIX.length), values]] : [])),
  );
}
