/** Columns of scores by the names and factors that they are read by: no tower, so that any thread can read them. */
import type { EvalSet } from '../../data/evalset/evalset.js';
import type { Link } from '../../documents/release/release.js';
import type { VersionPair } from './pairs.js';
import { loggedPositions, relevantRows } from './ranks.js';
import type { ScoreColumn } from './score-column.js';
import type { Sweep } from './sweep.js';

/** The column that the scores of a pair of versions come from, as plain values. */
export interface ColumnSource extends VersionPair {
  readonly name: string;
  /** A score is factor · the number in the column + offset. */
  readonly factor: number;
  readonly offset: number;
  readonly link: Link;
}

/** The columns of rows. @param positions whether relevant items are ranked among the logged rows of their queries */
export function readColumns(
  evalSet: EvalSet,
  sources: readonly ColumnSource[],
  positions: boolean,
): Pick<Sweep, 'columns' | 'positiveRows'> {
  const positiveRows = relevantRows(evalSet);
  const { codes, names } = evalSet.query;
  const columns = sources.map(({ query, item, name, factor, offset, link }): ScoreColumn => {
    const given = evalSet.scores?.get(name);
    if (!given) throw new Error(`column ${name} was not read`);
    const scores = factor === 1 && offset === 0 ? given : given.map((x) => factor * x + offset);
    const column = { query, item, scores, link };
    return positions ? { ...column, positions: loggedPositions(scores, codes, names.length, positiveRows) } : column;
  });
  return { columns, positiveRows };
}
