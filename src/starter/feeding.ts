/** One graph beside the table that feeds it, and the words by which inputs and columns are matched. */
import type { OnnxInfo } from '../data/checkpoints/onnx-file.js';
import type { InputSource } from '../documents/release/release.js';
import type { Known } from './facts.js';

/** One graph, the table that feeds it, and columns that have another part. */
export interface Feeding {
  readonly side: 'query' | 'item';
  readonly graph: OnnxInfo;
  readonly table: Known;
  /** Ids, label, weight, cluster, and what the other graph reads by name, where both read one table. */
  readonly taken: ReadonlySet<string>;
  readonly given: ReadonlyMap<string, InputSource>;
}

/** The columns that sources read. */
export function columnsOf(sources: Iterable<InputSource>): string[] {
  return [...sources].flatMap((source) =>
    source.kind === 'constant' ? [] : source.kind === 'gather' ? [...source.columns] : [source.column],
  );
}

/** The words of a name, without what exporters put around them. */
export function wordsOf(name: string): string[] {
  const stop = ['input', 'inputs', 'ids', 'id', 'feature', 'features', 'onnx'];
  return name
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word.length > 1 && !stop.includes(word));
}

/** True where two names have a word in common. */
export function shareWord(a: string, b: string): boolean {
  const words = new Set(wordsOf(a));
  return wordsOf(b).some((word) => words.has(word));
}

/** Letters that a short name has at least. */
const SHORTEST = 3;

/** True where a word of one name begins one of the other: `cat` and `category`. */
export function beginsWord(short: string, long: string): boolean {
  return wordsOf(short).some(
    (word) => word.length >= SHORTEST && wordsOf(long).some((other) => other !== word && other.startsWith(word)),
  );
}

/** True where a word of one name has, in their order, letters of one of the other, the first among them: `ctry`. */
export function abbreviates(short: string, long: string): boolean {
  return wordsOf(short).some(
    (word) => word.length >= SHORTEST && wordsOf(long).some((other) => other[0] === word[0] && hasInOrder(other, word)),
  );
}

function hasInOrder(long: string, short: string): boolean {
  let found = 0;
  for (const letter of long) if (letter === short[found]) found++;
  return found === short.length;
}
