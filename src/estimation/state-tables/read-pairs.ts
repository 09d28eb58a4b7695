/** The table of pairs: what is known of the scores of every pair of versions over all rows. */
import type { PairKey } from '../state/keys.js';
import type { RowFacts } from '../state/row-facts.js';
import type { Clipped } from '../state/summed-state.js';
import { numbered } from './layout.js';
import { refusal, type TablesManifest } from './read-manifest.js';
import type { ReadTable } from './state-table.js';

const FIGURES = [
  'pair',
  'clipped',
  'least',
  'most',
  'lowest_score',
  'highest_score',
  'spread',
  'not_label',
  'not_opposite',
] as const;

/** The columns of the table. */
export function pairColumns(pairs: number): string[] {
  return [...FIGURES, ...numbered('a', pairs)];
}

/** The quantity that is cut off where a prediction is 0 or 1. */
const LOSS = 'loss';

type FactsOfPairs = Pick<RowFacts, 'probabilities' | 'outside' | 'oneScore' | 'displacement'>;

/** DataError where a pair is missing, or where its scores are the label. */
export function readPairs(
  table: ReadTable,
  { plan: { pairs, quantities }, oneLabel }: TablesManifest,
): FactsOfPairs & { readonly clipped: readonly Clipped[] } {
  const numbers = new Map(pairColumns(pairs.length).map((name) => [name, table.numbers(name)]));
  const of = (name: (typeof FIGURES)[number] | `a${number}`) => numbers.get(name) ?? new Float64Array(0);
  const rowOf = pairs.map((_, p) => of('pair').indexOf(p));
  if (rowOf.includes(-1) || table.rows !== pairs.length)
    throw refusal(table.file, `${table.rows} pairs of versions`, `${pairs.length}, each once`);
  const at = (name: Parameters<typeof of>[0], p: number) => of(name)[rowOf[p]!]!;
  const copied = pairs.find((_, p) => !oneLabel && !(at('not_label', p) > 0 && at('not_opposite', p) > 0));
  if (copied)
    throw refusal(
      table.file,
      `scores of ${inWords(copied)} that are the label, or one less it, in every row`,
      'what the model says of each row',
      'Write scores that are known before the outcome is.',
    );
  const inside = (p: number) => at('least', p) >= 0 && at('most', p) <= 1;
  const aligned = pairs.findIndex((key) => key.family === 'candidate' && key.query === 0 && key.item === 0);
  const outside = pairs.find((_, p) => !inside(p));
  const indexOf = (key: PairKey) => pairs.findIndex((pair) => inWords(pair) === inWords(key));
  return {
    // Only log losses are cut off; predictions that are no probabilities have none.
    clipped: quantities.includes(LOSS)
      ? pairs.flatMap((pair, p) => (inside(p) ? [{ pair, rows: at('clipped', p) }] : []))
      : [],
    probabilities: inside(aligned),
    ...(outside ? { outside } : {}),
    ...(at('lowest_score', aligned) === at('highest_score', aligned) ? { oneScore: at('lowest_score', aligned) } : {}),
    displacement: (newer, older) => {
      const [b, a] = [indexOf(newer), indexOf(older)];
      if (a < 0 || b < 0) return undefined;
      const apart = at(`a${a}`, b);
      return apart === 0 ? 0 : Math.sqrt(apart / at('spread', b));
    },
  };
}

function inWords({ family, query, item }: PairKey): string {
  return `query ${query} and item ${item} steps behind live${family === 'compared' ? ' of the family that serves today' : ''}`;
}
