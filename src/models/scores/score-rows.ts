/** Scores of the rows of an eval set by two sides' vectors: work that any thread can do. */

import type { Similarity } from '../../documents/release/release.js';
import { gatherInts } from '../../lib/gather.js';
import { DotProducts } from '../../lib/kernels/dot-products.js';
import { groupBy } from '../../lib/sort.js';
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
  /** Shape (rows): the query of each in that order. */
  readonly query: Int32Array;
}

/** @param queryOf shape (rows), and `itemOf`: the entities of each row */
export function rowEntities(queryOf: Int32Array, itemOf: Int32Array, items: number): RowEntities {
  const { order, start } = groupBy(itemOf, items);
  return { order, start, query: gatherInts(queryOf, order) };
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

/** Writes the scores of the rows of the items first … last-1. */
type Write = (vectors: Embeddings, first: number, last: number) => void;

/** Writes the scores of all rows, one stretch of items after the other. */
export function scoreRows({ rows, form, queries, out }: Omit<RowsToScore, 'items'>, items: VectorSource): void {
  const { start } = rows;
  const write =
    form.kind === 'dot' && isFloat32(queries) ? byKernel(rows, form, queries, out) : byPair(rows, form, queries, out);
  for (let first = 0; first < items.count; first += STRETCH) {
    const last = Math.min(first + STRETCH, items.count);
    if (start[first] !== start[last]) write(items.stretch(first, last), first, last);
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
  { order, start, query }: RowEntities,
  { scale, bias }: ScoreForm,
  { data, dimension }: Float32Vectors,
  out: Float64Array,
): Write {
  const kernel = new DotProducts(data, dimension, STRETCH, PAIRS);
  return (vectors, first, last) => {
    kernel.put(vectors.data);
    let item = first;
    for (let from = start[first]!, to = from; from < start[last]!; from = to) {
      to = Math.min(from + PAIRS, start[last]!);
      kernel.queryOf.set(query.subarray(from, to));
      for (let n = from; n < to; n++) {
        while (start[item + 1]! <= n) item++;
        kernel.itemOf[n - from] = item - first;
      }
      kernel.run(to - from);
      for (let n = from; n < to; n++) out[order[n]!] = scale * kernel.out[n - from]! + bias;
    }
  };
}

function byPair(
  { order, start, query }: RowEntities,
  { kind, scale, bias }: ScoreForm,
  queries: Embeddings,
  out: Float64Array,
): Write {
  // Widened once: products are float64's whatever the towers' precision.
  const similarities = similarityTo(kind, { ...queries, data: new Float64Array(queries.data) });
  return (vectors, first, last) => {
    const similarity = similarities(vectors);
    for (let item = first; item < last; item++)
      for (let n = start[item]!; n < start[item + 1]!; n++)
        out[order[n]!] = scale * similarity(query[n]!, item - first) + bias;
  };
}

export const SCORE_ROWS: Task<RowsToScore, true> = {
  name: 'score rows',
  run: (asked) => {
    scoreRows(asked, sourceOf(asked.items));
    return true;
  },
};
