/** The bins that scores fall into, found by a table over their range instead of a search through all edges. */
import type { ScorePart } from '../metrics/metric.js';

/** Places of the table for each edge: most then have one edge or none. */
const PLACES_PER_EDGE = 8;

/** Bins between edges that ascend: the bin of a score is the number of edges below it. */
export class ScoreBins {
  private readonly least: number;
  /** Places of the table for a unit of the scores. */
  private readonly scale: number;
  /** Shape (places + 1): the edges of place p are first[p] … first[p + 1] - 1. */
  private readonly first: Uint16Array;

  /** @param edges ascending and distinct, fewer than 65,536 */
  constructor(private readonly edges: Float64Array) {
    const places = Math.max(1, PLACES_PER_EDGE * edges.length);
    this.least = edges[0] ?? 0;
    const range = (edges[edges.length - 1] ?? 0) - this.least;
    const scale = places / range;
    this.scale = Number.isFinite(scale) ? scale : 0;
    this.first = new Uint16Array(places + 1);
    for (const edge of edges) this.first[this.placeOf(edge) + 1]!++;
    for (let p = 0; p < places; p++) this.first[p + 1]! += this.first[p]!;
  }

  /** Never falls while scores rise, so that edges of lower places are lower, and those of higher places higher. */
  private placeOf(score: number): number {
    const place = (score - this.least) * this.scale;
    const last = this.first.length - 2;
    return place >= last ? last : place > 0 ? Math.floor(place) : 0;
  }

  /** Shape (rows). */
  of(scores: Float64Array): Uint16Array {
    const { edges, first } = this;
    const found = new Uint16Array(scores.length);
    for (let r = 0; r < scores.length; r++) {
      const score = scores[r]!;
      const place = this.placeOf(score);
      let low = first[place]!;
      let high = first[place + 1]!;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (edges[middle]! < score) low = middle + 1;
        else high = middle;
      }
      found[r] = low;
    }
    return found;
  }
}

/** The bins of the rows of a part: a version that stands in several states has its rows sorted into them once. */
export class RowBins {
  private readonly known = new Map<Float64Array, Uint16Array>();

  constructor(private readonly bins: ScoreBins) {}

  /** Shape (rows). */
  of({ scores }: Pick<ScorePart, 'scores'>): Uint16Array {
    const found = this.known.get(scores) ?? this.bins.of(scores);
    this.known.set(scores, found);
    return found;
  }
}
