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
  const labels = new SoftmaxLabels();
  labels.add({ query, label, rows });
  return labels.notice();
}

/** Labels by query, of rows that come in parts, every query whole in one of them. */
export class SoftmaxLabels {
  private readonly sums: Record<'queries' | 'several' | 'none' | 'total' | 'most', number> = {
    queries: 0,
    several: 0,
    none: 0,
    total: 0,
    most: 0,
  };

  add({ query, label, rows }: Pick<EvalSet, 'query' | 'label' | 'rows'>): void {
    const sums = new Float64Array(query.names.length);
    for (let r = 0; r < rows; r++) sums[query.codes[r]!]! += label[r]!;
    const all = this.sums;
    all.queries += sums.length;
    for (const sum of sums) {
      all.total += sum;
      all.most = Math.max(all.most, sum);
      if (sum > 1 + 1e-9) all.several++;
      else if (sum < 1 - 1e-9) all.none++;
    }
  }

  notice(): string | undefined {
    return labelsNotice(this.sums);
  }
}

/** How many queries there are, how many have labels that sum to more or to less than 1, all labels, the largest sum. */
type LabelSums = Readonly<Record<'queries' | 'several' | 'none' | 'total' | 'most', number>>;

function labelsNotice({ queries, several, none, total, most }: LabelSums): string | undefined {
  if (several + none === 0) return undefined;
  const expected =
    total === 0 ? '' : `, so that calibration over whole queries is ${figure(queries / total)} whatever the model says`;
  return (
    'link: softmax spreads a prediction of 1 over the rows of a query, but of ' +
    `${plural(queries, 'query', 'queries')} ${several.toLocaleString('en-US')} have labels that sum to more ` +
    `(up to ${figure(most)}) and ${none.toLocaleString('en-US')} to less${expected}. log_loss takes every row as ` +
    'a binary outcome (docs/metrics.md), not the query as one choice.'
  );
}

function figure(x: number): string {
  return String(Number(x.toPrecision(3)));
}
