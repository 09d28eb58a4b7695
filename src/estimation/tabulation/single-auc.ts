/** ROC AUC of one column of values, with its error clustered by request and item. */
import type { Coded } from '../../data/tables/identity.js';
import { areaUnderCurve } from '../metrics/roc-auc.js';
import type { Estimate } from '../statistics/noninferiority.js';
import { ClusteredSums } from './clustered.js';

/**
 * The better of AUC and 1 - AUC, as a feature may say no as clearly as yes. Errors from placement values (DeLong et al.
 * 1988), summed by cluster. NaN where one class is absent.
 *
 * @param values shape (rows)
 * @param label  shape (rows), in [0, 1]
 */
export function singleAuc(values: Float64Array, label: Float64Array, query: Coded, item: Coded): Estimate {
  const weight = new Float64Array(values.length).fill(1);
  const { value, influence } = areaUnderCurve({
    parts: [{ scores: values, weight, prediction: (r) => values[r]! }],
    label,
    cell: new Int32Array(values.length),
    cells: 1,
  });
  const sums = new ClusteredSums(query, item, [influence], [weight]);
  const { standardError, df } = sums.estimate({ value: 0, gradient: { columns: [0], weights: [1] } });
  return { value: Math.max(value[0]!, 1 - value[0]!), standardError, df };
}
