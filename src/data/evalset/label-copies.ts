/** Features that are the label under another name: a tower that reads one has skill that no serving has. */
import { DataError, type Place, type Problem } from '../../errors.js';
import { quoted } from '../../lib/text.js';
import { type Column, isNull } from '../tables/column.js';

export interface ReadFeature {
  readonly name: string;
  readonly column: Column;
  /** The table that it stands in. */
  readonly file: string;
  /** Shape (rows): eval row → row of that table; absent where they are the same. */
  readonly tableRow?: Int32Array;
  /** Its reader, as messages call it: `input "x" of item/v41.onnx`. */
  readonly reader: string;
  /** The place that names it; absent: the table. Where it is a score, the release's. */
  readonly place?: Place;
}

/**
 * DataError where a number or truth value that a tower reads is, in every row of the eval set, the label or one less
 * the label. Labels that are all one tell nothing.
 *
 * @param label shape (rows)
 * @param name  the label's column
 * @param most  the highest that a label can be
 */
export function refuseLabelCopies(
  features: readonly ReadFeature[],
  label: Float64Array,
  name: string,
  most: number,
): void {
  if (label.every((y) => y === label[0])) return;
  const problems = features.flatMap(({ name: feature, column, file, tableRow, reader, place }): Problem[] => {
    if (column.type !== 'float' && column.type !== 'int' && column.type !== 'bool') return [];
    const value = (r: number): number => {
      const row = tableRow ? tableRow[r]! : r;
      return isNull(column, row) ? Number.NaN : column.values[row]!;
    };
    const copy = label.every((y, r) => value(r) === y);
    if (!copy && !label.every((y, r) => value(r) === most - y)) return [];
    return [
      {
        place: place ?? { file },
        found:
          `column ${quoted(feature)}, which ${reader} reads and which is ${copy ? '' : `${most} − `}the label ` +
          `${quoted(name)} in every row`,
        expected: 'features that are known before the outcome is',
        mend: place ? 'Write what the model says of each row.' : 'Train and export the tower without it.',
      },
    ];
  });
  if (problems.length > 0) throw new DataError(problems);
}
