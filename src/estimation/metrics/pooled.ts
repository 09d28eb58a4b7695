/** All scores of all parts in one ascending order: what AUC and average precision walk over. */
import { argsort } from '../../lib/sort.js';
import type { RowInputs, ScorePart } from './metric.js';

export interface Pooled {
  /** Entries in all. */
  readonly count: number;
  /** Shape (count, or more): row and mass of each sorted entry; fractional labels split the mass. */
  readonly row: Uint32Array;
  readonly positive: Float64Array;
  readonly negative: Float64Array;
  /** Shape (groups + 1): entries of one score, ascending. */
  readonly tieStart: Uint32Array;
}

/** An order of entries, in few bytes: it is kept for as long as a version is judged. */
interface Sorted {
  /** Shape (entries): the row, and a bit more where the score is that of the entry before it. */
  readonly entry: Uint32Array;
  /** Shape (entries): the part; left out where there is one. */
  readonly part: Uint8Array | undefined;
}

/** The bit of an entry that has the score of the one before it. */
const TIED = 0x8000_0000;
const ROW = 0x7fff_ffff;

/** Entries of a block: few enough for the cache. */
const BLOCK = 4096;

/** Sorted once for every list of parts, however many cuts of the rows are evaluated on it. */
const sorted = new WeakMap<readonly ScorePart[], Sorted>();

function orderOf(parts: readonly ScorePart[], rows: number): Sorted {
  let found = sorted.get(parts);
  if (!found) {
    found = sortParts(parts, rows);
    sorted.set(parts, found);
  }
  return found;
}

/** Sorts the scores of all parts together; masses of 0 are left out. */
function sortParts(parts: readonly ScorePart[], n: number): Sorted {
  const size = parts.reduce((sum, { weight }) => sum + countPositive(weight), 0);
  const scores = new Float64Array(size);
  const rows = new Uint32Array(size);
  const partOf = parts.length > 1 ? new Uint8Array(size) : undefined;
  let at = 0;
  for (const [p, part] of parts.entries())
    for (let r = 0; r < n; r++) {
      if (!(part.weight[r]! > 0)) continue;
      scores[at] = part.scores[r]!;
      if (partOf) partOf[at] = p;
      rows[at++] = r;
    }
  const order = argsort(scores);
  const entry = new Uint32Array(size);
  for (let i = 0; i < size; i++) {
    const j = order[i]!;
    const tied = i > 0 && scores[j] === scores[order[i - 1]!];
    entry[i] = tied ? rows[j]! | TIED : rows[j]!;
  }
  return { entry, part: partOf && Uint8Array.from(order, (j) => partOf[j]!) };
}

function countPositive(weight: Float64Array): number {
  let count = 0;
  for (let r = 0; r < weight.length; r++) if (weight[r]! > 0) count++;
  return count;
}

/** Everything at once. */
export function pool({ parts, label }: RowInputs): Pooled {
  const order = orderOf(parts, label.length);
  return new Buffers(order.entry.length).filled(order, parts, label, 0, order.entry.length);
}

/** The same a block at a time, no score in two blocks; each is good until the next is asked for. */
export function* poolByBlocks({ parts, label }: Pick<RowInputs, 'parts' | 'label'>): Generator<Pooled> {
  const order = orderOf(parts, label.length);
  const { entry } = order;
  let buffers = new Buffers(BLOCK);
  for (let from = 0, to = 0; from < entry.length; from = to) {
    to = Math.min(from + BLOCK, entry.length);
    while (to < entry.length && entry[to]! >= TIED) to++;
    if (to - from > buffers.size) buffers = new Buffers(2 * (to - from));
    yield buffers.filled(order, parts, label, from, to);
  }
}

class Buffers {
  private readonly row: Uint32Array;
  private readonly positive: Float64Array;
  private readonly negative: Float64Array;
  private readonly starts: Uint32Array;

  constructor(readonly size: number) {
    this.row = new Uint32Array(size);
    this.positive = new Float64Array(size);
    this.negative = new Float64Array(size);
    this.starts = new Uint32Array(size + 1);
  }

  /** Spells out the entries from … to-1. */
  filled({ entry, part }: Sorted, parts: readonly ScorePart[], label: Float64Array, from: number, to: number): Pooled {
    const { row, positive, negative, starts } = this;
    const { weight } = parts[0] ?? { weight: label };
    let groups = 0;
    for (let i = from, n = 0; i < to; i++, n++) {
      const r = entry[i]! & ROW;
      const w = part ? parts[part[i]!]!.weight[r]! : weight[r]!;
      row[n] = r;
      positive[n] = w * label[r]!;
      negative[n] = w * (1 - label[r]!);
      if (entry[i]! < TIED || n === 0) starts[groups++] = n;
    }
    starts[groups++] = to - from;
    return { count: to - from, row, positive, negative, tieStart: starts.subarray(0, groups) };
  }
}
