/** Scores of the rows of an eval set by two sides' vectors: work that any thread can do. */

import type { Similarity } from '../../documents/release/release.js';
import { DotProducts } from '../../lib/kernels/kernels.js';
import type { Task } from '../../lib/threads.js';
import { sourceOf } from '../drift/mapped.js';
import type { Embeddings } from '../towers/embeddings.js';
import type { SourceOrigin, VectorSource } from '../towers/vector-source.js';
import { similarityTo } from './similarity.js';

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

/** Items of a stretch, and pairs that are computed at a time: few enough for the cache. */
const STRETCH = 512;
const PAIRS = 4096;

/** Writes the similarities of the rows from … to-1, in the order of their items. */
type Write = (vectors: Embeddings, first: number, from: number, to: number) => void;

/** Writes the scores of all rows, one stretch of items after the other. */
export function scoreRows({ rows, form, queries, out }: Omit<RowsToScore, 'items'>, items: VectorSource): void {
  const { order, start } = rows;
  const write =
    form.kind === 'dot' && isFloat32(queries) ? byKernel(rows, queries, out) : byPair(rows, form, queries, out);
  for (let first = 0; first < items.count; first += STRETCH) {
    const last = Math.min(first + STRETCH, items.count);
    const [from, to] = [start[first]!, start[last]!];
    if (from === to) continue;
    write(items.stretch(first, last), first, from, to);
    for (let n = from; n < to; n++) out[order[n]!] = form.scale * out[order[n]!]! + form.bias;
  }
}

/** Float32 vectors that a kernel has room for. */
interface Float32Vectors extends Embeddings {
  readonly data: Float32Array;
}

function isFloat32(embeddings: Embeddings): embeddings is Float32Vectors {
  return (
    embeddings.data instanceof Float32Array && DotProducts.fits(embeddings.data, embeddings.dimension, STRETCH, PAIRS)
  );
}

/** Dot products as `pairSimilarity` computes them, to the bit. */
function byKernel(
  { order, queryOf, itemOf }: RowEntities,
  { data, dimension }: Float32Vectors,
  out: Float64Array,
): Write {
  const kernel = new DotProducts(data, dimension, STRETCH, PAIRS);
  return (vectors, first, from, to) => {
    kernel.put(vectors.data);
    for (let begin = from; begin < to; begin += PAIRS) {
      const count = Math.min(PAIRS, to - begin);
      for (let n = 0; n < count; n++) {
        const r = order[begin + n]!;
        kernel.queryOf[n] = queryOf[r]!;
        kernel.itemOf[n] = itemOf[r]! - first;
      }
      kernel.run(count);
      for (let n = 0; n < count; n++) out[order[begin + n]!] = kernel.out[n]!;
    }
  };
}

function byPair(
  { order, queryOf, itemOf }: RowEntities,
  { kind }: ScoreForm,
  queries: Embeddings,
  out: Float64Array,
): Write {
  // Widened once: products are float64's whatever the towers' precision.
  const similarities = similarityTo(kind, { ...queries, data: new Float64Array(queries.data) });
  return (vectors, first, from, to) => {
    const similarity = similarities(vectors);
    for (let n = from; n < to; n++) {
      const r = order[n]!;
      out[r] = similarity(queryOf[r]!, itemOf[r]! - first);
    }
  };
}

export const SCORE_ROWS: Task<RowsToScore, true> = {
  name: 'score rows',
  run: (asked) => {
    scoreRows(asked, sourceOf(asked.items));
    return true;
  },
};
