/**
 * Counts the items of a stretch that score higher than a relevant one, and those that tie with it: by the runtime in
 * float32 where that decides, in float64 where it does not, so that the order is float64's throughout.
 */
import type { CountGraph, CountInputs } from '../towers/count-graph.js';
import { type Embeddings, norm } from '../towers/embeddings.js';
import type { Scorer } from './scorer.js';

/** A relevant item that is ranked. */
export interface Target {
  /** The entity of its query. */
  readonly entity: number;
  /** Its own score. */
  readonly score: number;
  /** Its place in `Positions`. */
  readonly place: number;
}

/** Targets of a batch: products of as many with a stretch stay in the cache. */
const BATCH = 256;
/** Half a unit in the last place of 1, in float32 and in float64. */
const SINGLE = 2 ** -24;
const DOUBLE = 2 ** -53;
/** Lengths whose product is beyond it may leave float32. */
const LARGEST = 1e30;
/** Products below it may vanish in float32. */
const SMALLEST = 1e-30;

/** Limits between which float32 cannot tell a product from that of a target. */
interface Limits {
  readonly upper: number;
  readonly lower: number;
}

/**
 * Limits of a target's similarity, for products of vectors of lengths at most `query` and `items`: d rounded products
 * and sums, of numbers that were rounded themselves, are off by at most about (d + 2)·2^-24·|q||x| (Higham 2002, §3.1).
 * Undefined where float32 says nothing.
 */
export function limitsOf(
  { score }: Pick<Target, 'score'>,
  { scale, bias }: Pick<Scorer, 'scale' | 'bias'>,
  dimension: number,
  query: number,
  items: number,
): Limits | undefined {
  const size = query * items;
  const similarity = (score - bias) / scale;
  const margin =
    1.1 * (dimension + 8) * SINGLE * size +
    32 * DOUBLE * (size + (Math.abs(score) + 2 * Math.abs(bias)) / Math.abs(scale));
  const reach = margin + 4 * SINGLE * Math.abs(similarity) + SMALLEST * dimension;
  if (!(size < LARGEST) || !(Math.abs(similarity) < LARGEST) || !Number.isFinite(reach)) return undefined;
  return { upper: similarity + reach, lower: similarity - reach };
}

/** Runs of targets of one entity. */
function* byEntity(targets: readonly Target[]): Generator<readonly Target[]> {
  for (let from = 0, to = 0; from < targets.length; from = to) {
    while (to < targets.length && targets[to]!.entity === targets[from]!.entity) to++;
    yield targets.slice(from, to);
  }
}

export class CatalogueCounts {
  /** Shape (query entities). */
  private readonly lengths: Float64Array;

  /** @param graph left out: everything in float64 */
  constructor(
    private readonly scorer: Scorer,
    private readonly above: Int32Array,
    private readonly tied: Int32Array,
    private readonly graph: CountGraph | undefined,
  ) {
    const { queries } = scorer;
    this.lengths = Float64Array.from({ length: graph ? queries.count : 0 }, (_, q) => norm(queries, q));
  }

  /** Counts the items from … to-1. @param targets those of an entity one after the other */
  async add(targets: readonly Target[], from: number, to: number): Promise<void> {
    const items = this.scorer.items.stretch(from, to);
    const score = this.scorer.among(items);
    const exactly = (some: readonly Target[]) => {
      for (let i = 0; i < to - from; i++) {
        const other = score(some[0]!.entity, i);
        for (const target of some) this.compare(other, target);
      }
    };
    if (!this.graph) {
      for (const some of byEntity(targets)) exactly(some);
      return;
    }
    const { data, longest } = this.singles(items);
    const cosine = this.scorer.kind === 'cosine';
    const known: [Target, Limits][] = [];
    for (const target of targets) {
      const limits = limitsOf(
        target,
        this.scorer,
        items.dimension,
        cosine ? 1 : this.lengths[target.entity]!,
        cosine ? 1 : longest,
      );
      if (limits) known.push([target, limits]);
      else exactly([target]);
    }
    for (let n = 0; n < known.length; n += BATCH)
      await this.count(this.graph, known.slice(n, n + BATCH), data, items.dimension, score);
  }

  private async count(
    graph: CountGraph,
    batch: readonly (readonly [Target, Limits])[],
    items: Float32Array,
    dimension: number,
    score: (q: number, i: number) => number,
  ): Promise<void> {
    const { above, reach } = await graph.count(this.inputs(batch, items, dimension));
    const open = batch.filter(([{ place }], n) => {
      if (above[n] === reach[n]) this.above[place]! += above[n]!;
      return above[n] !== reach[n];
    });
    if (open.length === 0) return;
    const inputs = this.inputs(open, items, dimension);
    const products = await graph.products(inputs);
    const count = items.length / dimension;
    for (const [n, [target]] of open.entries())
      for (let i = 0; i < count; i++) {
        const product = products[n * count + i]!;
        if (product > inputs.upper[n]!) this.above[target.place]!++;
        else if (!(product <= inputs.lower[n]!)) this.compare(score(target.entity, i), target);
      }
  }

  /** The vectors in float32, at length 1 where directions alone count; and the longest of them. */
  private singles(items: Embeddings): { readonly data: Float32Array; readonly longest: number } {
    const { dimension, count } = items;
    const data = new Float32Array(items.data);
    let longest = 0;
    for (let i = 0; i < count; i++) {
      const length = norm(items, i);
      longest = Math.max(longest, length);
      if (this.scorer.kind !== 'cosine') continue;
      for (let at = i * dimension; at < (i + 1) * dimension; at++) data[at] = items.data[at]! / length;
    }
    return { data, longest };
  }

  private compare(other: number, { score, place }: Target): void {
    if (other > score) this.above[place]!++;
    else if (other === score) this.tied[place]!++;
  }

  /** A negative scale turns the order round: the queries are turned in its place. */
  private inputs(batch: readonly (readonly [Target, Limits])[], items: Float32Array, dimension: number): CountInputs {
    const { queries, scale, kind } = this.scorer;
    const rows = new BigInt64Array(batch.length);
    const vectors = new Float32Array(batch.length * dimension);
    let row = -1;
    for (const [n, [{ entity }]] of batch.entries()) {
      // Targets of one query stand side by side.
      if (n === 0 || batch[n - 1]![0].entity !== entity) {
        row++;
        const factor = Math.sign(scale) / (kind === 'cosine' ? this.lengths[entity]! : 1);
        for (let j = 0; j < dimension; j++)
          vectors[row * dimension + j] = queries.data[entity * dimension + j]! * factor;
      }
      rows[n] = BigInt(row);
    }
    const turned = scale < 0;
    return {
      dimension,
      queries: vectors.subarray(0, (row + 1) * dimension),
      items,
      rows,
      upper: Float32Array.from(batch, ([, { upper, lower }]) => (turned ? -lower : upper)),
      lower: Float32Array.from(batch, ([, { upper, lower }]) => (turned ? -upper : lower)),
    };
  }
}
