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
  const copies = new LabelCopies(name, most);
  copies.add(features, label);
  copies.refuse();
}

/** The same over rows that come in parts, each with the same features in the same order. */
export class LabelCopies {
  private first: number | undefined;
  private oneLabel = true;
  private found: { readonly feature: ReadFeature; copy: boolean; opposite: boolean }[] | undefined;

  /** @param name, most as of `refuseLabelCopies` */
  constructor(
    private readonly name: string,
    private readonly most: number,
  ) {}

  /** @param label shape (rows) */
  add(features: readonly ReadFeature[], label: Float64Array): void {
    this.first ??= label[0];
    this.oneLabel &&= label.every((y) => y === this.first);
    this.found ??= features.map((feature) => ({ feature, copy: true, opposite: true }));
    for (const [i, { column, tableRow }] of features.entries()) {
      const known = this.found[i]!;
      if (column.type !== 'float' && column.type !== 'int' && column.type !== 'bool') {
        known.copy = false;
        known.opposite = false;
        continue;
      }
      const value = (r: number): number => {
        const row = tableRow ? tableRow[r]! : r;
        return isNull(column, row) ? Number.NaN : column.values[row]!;
      };
      known.copy &&= label.every((y, r) => value(r) === y);
      known.opposite &&= label.every((y, r) => value(r) === this.most - y);
    }
  }

  refuse(): void {
    if (this.oneLabel) return;
    const { name, most } = this;
    const problems = (this.found ?? []).flatMap(({ feature, copy, opposite }): Problem[] => {
      if (!copy && !opposite) return [];
      const { name: column, file, reader, place } = feature;
      return [
        {
          place: place ?? { file },
          found:
            `column ${quoted(column)}, which ${reader} reads and which is ${copy ? '' : `${most} − `}the label ` +
            `${quoted(name)} in every row`,
          expected: 'features that are known before the outcome is',
          mend: place ? 'Write what the model says of each row.' : 'Train and export the tower without it.',
        },
      ];
    });
    if (problems.length > 0) throw new DataError(problems);
  }
}
