import type { GroupedMetric } from './metric.js';
import { areaUnderCurve } from './roc-auc.js';

/**
 * GAUC = Σ_u n_u·AUC_u / Σ_u n_u over queries, n_u = Σw of the query's rows in the slice; queries with one class alone are left out
 * (Zhou et al. 2018, "Deep Interest Network", §4.1 with impressions as weights).
 */
export const gauc: GroupedMetric = {
  id: 'gauc',
  kind: 'groups',
  title: 'GAUC',
  better: 'higher',
  unit: 'probability',
  source: 'Zhou et al. 2018 (DIN)',
  merges: 'queries',
  probabilities: false,
  evaluate: (inputs) => {
    const { value } = areaUnderCurve(inputs);
    const weight = new Float64Array(inputs.cells);
    for (const part of inputs.parts)
      for (let r = 0; r < inputs.label.length; r++) weight[inputs.cell[r]!]! += part.weight[r]!;
    for (let u = 0; u < value.length; u++)
      if (Number.isNaN(value[u])) {
        value[u] = 0;
        weight[u] = 0;
      }
    return { value, weight };
  },
};
