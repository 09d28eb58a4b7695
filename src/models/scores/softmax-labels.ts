/** Says what a softmax over a query's rows makes of labels that do not sum to 1. */
import type { EvalSet } from '../../data/evalset/evalset.js';
import type { Link } from '../../documents/release/release.js';
import { plural } from '../../lib/text.js';

/**
 * Predictions of a query sum to 1 under `link: softmax`, its labels to the number of its positives. Where these
 * differ, losses of rows as binary trials have a floor above that of a perfect order, and the calibration of all rows
 * is queries / positives whatever the model says.
 */
export function softmaxNotice(
  { query, label, rows }: Pick<EvalSet, 'query' | 'label' | 'rows'>,
  link: Link,
): string | undefined {
  if (link !== 'softmax') return undefined;
  const sums = new Float64Array(query.names.length);
  for (let r = 0; r < rows; r++) sums[query.codes[r]!]! += label[r]!;
  let [several, none, total, most] = [0, 0, 0, 0];
  for (const sum of sums) {
    total += sum;
    most = Math.max(most, sum);
    if (sum > 1 + 1e-9) several++;
    else if (sum < 1 - 1e-9) none++;
  }
  if (several + none === 0) return undefined;
  const expected =
    total === 0
      ? ''
      : `, so that calibration over whole queries is ${figure(sums.length / total)} whatever the model says`;
  return (
    'link: softmax spreads a prediction of 1 over the rows of a query, but of ' +
    `${plural(sums.length, 'query', 'queries')} ${several.toLocaleString('en-US')} have labels that sum to more ` +
    `(up to ${figure(most)}) and ${none.toLocaleString('en-US')} to less${expected}. log_loss takes every row as ` +
    'a binary outcome (docs/metrics.md), not the query as one choice.'
  );
}

function figure(x: number): string {
  return String(Number(x.toPrecision(3)));
}
