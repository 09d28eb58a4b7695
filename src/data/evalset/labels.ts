/** Labels of the eval set: probabilities of a positive, or grades. */
import type { Column } from '../tables/column.js';
import { numberColumn } from '../tables/numbers.js';
import type { BadRows } from '../tables/table.js';

/** A label that can only be a grade. */
const MOST_GRADES = 100;
const isGrade = (y: number) => Number.isInteger(y) && y > 1 && y <= MOST_GRADES;

/**
 * The labels as written, in [0, grades]; shape (rows). Others are noted as bad rows: grades in a policy that names no
 * highest one with the key that does.
 */
export function labelsOf(column: Column, name: string, grades: number, bad: BadRows): Float64Array {
  const expected = grades === 1 ? 'a label between 0 and 1' : `a grade between 0 and ${grades} (eval_set.grades)`;
  const within = (y: number) => y >= 0 && y <= grades;
  const labels = numberColumn(column, name, bad, expected, (y) => within(y) || isGrade(y));
  const highest = labels.reduce((most, y) => (isGrade(y) ? Math.max(most, y) : most), grades);
  for (const [r, y] of labels.entries())
    if (isGrade(y) && !within(y))
      bad.add(r, name, String(y), expected, `If labels are grades, write under eval_set: grades: ${highest}`);
  return labels;
}
