/** All scores of all parts in one ascending order: what AUC and average precision walk over. */
import { argsort } from '../../lib/sort.js';
import type { RowInputs, ScorePart } from './metric.js';

export interface Pooled {
  /** Shape (entries): row and mass of each sorted entry; fractional labels split the mass. */
  readonly row: Int32Array;
  readonly positive: Float64Array;
  readonly negative: Float64Array;
  /** Shape (groups + 1): entries of one score, ascending. */
  readonly tieStart: Int32Array;
}

/** Sorted once for every list of parts, however many cuts of the rows are evaluated on it. */
const sorted = new WeakMap<readonly ScorePart[], Pooled>();

/** Sorts the scores of all parts together; masses of 0 are left out. */
export function pool({ parts, label }: RowInputs): Pooled {
  let pooled = sorted.get(parts);
  if (!pooled) {
    pooled = sortParts(parts, label);
    sorted.set(parts, pooled);
  }
  return pooled;
}

function sortParts(parts: readonly ScorePart[], label: Float64Array): Pooled {
  const n = label.length;
  let size = 0;
  for (const part of parts) for (let r = 0; r < n; r++) if (part.weight[r]! > 0) size++;
  const scores = new Float64Array(size);
  const rows = new Int32Array(size);
  const weights = new Float64Array(size);
  let at = 0;
  for (const part of parts)
    for (let r = 0; r < n; r++) {
      if (!(part.weight[r]! > 0)) continue;
      scores[at] = part.scores[r]!;
      rows[at] = r;
      weights[at++] = part.weight[r]!;
    }
  const order = argsort(scores);
  const row = new Int32Array(size);
  const positive = new Float64Array(size);
  const negative = new Float64Array(size);
  const starts = new Int32Array(size + 1);
  let groups = 0;
  for (let i = 0; i < size; i++) {
    const j = order[i]!;
    row[i] = rows[j]!;
    positive[i] = weights[j]! * label[rows[j]!]!;
    negative[i] = weights[j]! * (1 - label[rows[j]!]!);
    if (i === 0 || scores[j] !== scores[order[i - 1]!]) starts[groups++] = i;
  }
  starts[groups++] = size;
  return { row, positive, negative, tieStart: starts.subarray(0, groups) };
}
