/** Scores of the rows of an eval set by two sides' vectors: work that any thread can do. */

import type { Similarity } from '../../documents/release/release.js';
import type { Task } from '../../lib/threads.js';
import { sourceOf } from '../drift/mapped.js';
import type { Embeddings } from '../towers/embeddings.js';
import type { SourceOrigin, VectorSource } from '../towers/vector-source.js';
import { dotRows, similarityTo } from './similarity.js';

/** Rows by the entities that they are about. */
export interface RowEntities {
  /** Rows in the order of their items; those of item i from start[i] on. */
  readonly order: Uint32Array;
  readonly start: Uint32Array;
  /** Shape (rows): the entity on either side. */
  readonly queryOf: Int32Array;
  readonly itemOf: Int32Array;
}

/** A score of two vectors is scale · similarity + bias. */
export interface ScoreForm {
  readonly kind: Similarity;
  readonly scale: number;
  readonly bias: number;
}

export interface RowsToScore {
  readonly rows: RowEntities;
  readonly form: ScoreForm;
  readonly queries: Embeddings;
  readonly items: SourceOrigin;
  /** Shape (rows), in shared memory: gets the scores. */
  readonly out: Float64Array;
}

/** Items of a stretch: few enough for the cache. */
const STRETCH = 512;

/** Writes the scores of all rows, one stretch of items after the other. */
export function scoreRows({ rows, form, queries, out }: Omit<RowsToScore, 'items'>, items: VectorSource): void {
  const { order, start, queryOf, itemOf } = rows;
  // Widened once: products are float64's whatever the towers' precision.
  const wide = new Float64Array(queries.data);
  const similarities = similarityTo(form.kind, { ...queries, data: wide });
  for (let first = 0; first < items.count; first += STRETCH) {
    const last = Math.min(first + STRETCH, items.count);
    const [from, to] = [start[first]!, start[last]!];
    if (from === to) continue;
    const vectors = items.stretch(first, last);
    if (form.kind === 'dot' && vectors.data instanceof Float64Array)
      dotRows(wide, vectors.data, items.dimension, { rows: order, from, to, queryOf, itemOf, first }, out);
    else {
      const similarity = similarities(vectors);
      for (let n = from; n < to; n++) {
        const r = order[n]!;
        out[r] = similarity(queryOf[r]!, itemOf[r]! - first);
      }
    }
    for (let n = from; n < to; n++) out[order[n]!] = form.scale * out[order[n]!]! + form.bias;
  }
}

export const SCORE_ROWS: Task<RowsToScore, true> = {
  name: 'score rows',
  run: (asked) => {
    scoreRows(asked, sourceOf(asked.items));
    return true;
  },
};
