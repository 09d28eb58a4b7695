import { AUC_LIMITS, type GroupedMetric, type RowInputs, type ScorePart } from './metric.js';
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
  evaluate: (inputs, order) => {
    const { parts, cell, cells, label } = inputs;
    const [only, ...more] = parts;
    const { value, credit } = order && only && more.length === 0 ? walk(inputs, only, order) : pooled(inputs);
    const weight = only && more.length === 0 ? massesOf(inputs, only).all.slice() : new Float64Array(cells);
    if (more.length > 0)
      for (const part of parts) for (let r = 0; r < label.length; r++) weight[cell[r]!]! += part.weight[r]!;
    for (let u = 0; u < value.length; u++)
      if (Number.isNaN(value[u])) {
        value[u] = 0;
        weight[u] = 0;
      }
    for (let r = 0; r < credit.length; r++) if (weight[cell[r]!] === 0) credit[r] = 0;
    return { value, weight, credit };
  },
};

/** Rows and their queries in a cut, whatever the version. */
type Cut = Pick<RowInputs, 'label' | 'cell' | 'cells'>;

/** Σwy, Σw(1 - y) and Σw by cell; and what they are of. */
interface Masses {
  readonly label: Float64Array;
  readonly weight: Float64Array;
  readonly positive: Float64Array;
  readonly negative: Float64Array;
  readonly all: Float64Array;
}

/** No version changes them: they are summed once a cut. */
const known = new WeakMap<Int32Array, Masses>();

function massesOf({ label, cell, cells }: Cut, { weight }: Pick<ScorePart, 'weight'>): Masses {
  const found = known.get(cell);
  if (found?.label === label && found.weight === weight) return found;
  const [positive, negative, all] = [new Float64Array(cells), new Float64Array(cells), new Float64Array(cells)];
  for (let r = 0; r < label.length; r++) {
    const c = cell[r]!;
    positive[c]! += weight[r]! * label[r]!;
    negative[c]! += weight[r]! * (1 - label[r]!);
    all[c]! += weight[r]!;
  }
  const masses = { label, weight, positive, negative, all };
  known.set(cell, masses);
  return masses;
}

interface Credited {
  readonly value: Float64Array;
  readonly credit: Float64Array;
}

/** All scores of all versions in one order. */
function pooled(inputs: RowInputs): Credited {
  const credit = new Float64Array(inputs.label.length);
  return { value: areaUnderCurve(inputs, undefined, credit).value, credit };
}

/** The same for one version, query after query: everything that a query needs is then in the cache. */
function walk({ label, cell, cells }: Cut, { scores, weight }: ScorePart, order: Uint32Array): Credited {
  const { positive, negative } = massesOf({ label, cell, cells }, { weight });
  const value = new Float64Array(cells);
  const credit = new Float64Array(label.length);
  /** By cell: the negative mass below the score at hand, and that which has it. */
  const [below, tied] = [new Float64Array(cells), new Float64Array(cells)];
  for (let from = 0, to = 0; from < order.length; from = to) {
    const score = scores[order[from]!]!;
    while (to < order.length && scores[order[to]!] === score) {
      const r = order[to++]!;
      tied[cell[r]!]! += weight[r]! * (1 - label[r]!);
    }
    for (let i = from; i < to; i++) {
      const r = order[i]!;
      const c = cell[r]!;
      const mass = weight[r]! * label[r]! * (below[c]! + tied[c]! / 2);
      value[c]! += mass;
      credit[r]! += mass;
    }
    for (let i = from; i < to; i++) {
      const c = cell[order[i]!]!;
      below[c]! += tied[c]!;
      tied[c] = 0;
    }
  }
  for (let c = 0; c < cells; c++) {
    const pairs = positive[c]! * negative[c]!;
    value[c] = pairs > 0 ? value[c]! / pairs : Number.NaN;
  }
  for (let r = 0; r < label.length; r++) credit[r]! /= positive[cell[r]!]! * negative[cell[r]!]!;
  return { value, credit };
}
