import { AUC_LIMITS, type GroupedMetric } from './metric.js';
import { areaUnderCurve } from './roc-auc.js';
import { LINEAR } from './scale.js';

/**
 * GAUC = Σ_u n_u·AUC_u / Σ_u n_u over queries, n_u = Σw of the query's rows in the slice; queries with one class
 * alone are left out (Zhou et al. 2018, "Deep Interest Network", §4.1 with impressions as weights).
 */
export const gauc: GroupedMetric = {
  id: 'gauc',
  kind: 'groups',
  title: 'GAUC',
  better: 'higher',
  unit: 'probability',
  scale: LINEAR,
  source: 'Zhou et al. 2018 (DIN)',
  merges: 'queries',
  probabilities: false,
  skill: 'own',
  limits: AUC_LIMITS,
  evaluate: (inputs) => {
    const credit = new Float64Array(inputs.label.length);
    const { value } = areaUnderCurve(inputs, credit);
    const weight = new Float64Array(inputs.cells);
    for (const part of inputs.parts)
      for (let r = 0; r < inputs.label.length; r++) weight[inputs.cell[r]!]! += part.weight[r]!;
    for (let u = 0; u < value.length; u++)
      if (Number.isNaN(value[u])) {
        value[u] = 0;
        weight[u] = 0;
      }
    for (let r = 0; r < credit.length; r++) if (weight[inputs.cell[r]!] === 0) credit[r] = 0;
    return { value, weight, credit };
  },
};
