/** Names that columns have by the part that they play. */
import type { RoleName } from './given.js';

const END = '(_?(id|ids|key|hash|uuid|code))?$';
const INDEX = '_?(index|idx|row|no|nr|number)$';
const PERSON = '(user|customer|member|visitor|viewer|account|person|profile|household|buyer|reader)';

/** Names of columns by the part that they play, the likeliest first. */
export const NAMES = {
  query: [
    new RegExp(`^(query|request|req|search|impression|question|prompt|claim|caption|qid|q)${END}`, 'i'),
    new RegExp(`^(query|request|search|impression)${INDEX}`, 'i'),
    new RegExp(`^(session|context|page_?view|visit)${END}`, 'i'),
    new RegExp(`^${PERSON}${END}`, 'i'),
    new RegExp(`^${PERSON}${INDEX}`, 'i'),
  ],
  item: [
    new RegExp(`^(item|pin|product|sku|stock|doc|docid|document|passage|corpus|pid|iid|i|d)${END}`, 'i'),
    new RegExp(
      '^(article|ad|asin|candidate|content|movie|film|video|image|img|photo|listing|song|track|post|creative|' +
        `book|recipe|news|shop|restaurant|merchant|job|target_item)${END}`,
      'i',
    ),
    new RegExp(`^(item|product|doc|document|ad|image)${INDEX}`, 'i'),
  ],
  label: [
    /^(label|target|y|is_relevant|relevant|relevance|judge?ment|grade|qrel)$/i,
    /(^|_)(click|clicked|conver(t|ted|sion)|purchas(e|ed)|bought|engaged|engagement|ordered|rating|matches?|outcome|positive|watched|liked|saved|installed)$/i,
  ],
  weight: [/^w$|(^|_)weights?$/i],
  cluster: [
    new RegExp(`^${PERSON}${END}`, 'i'),
    new RegExp(`^${PERSON}${INDEX}`, 'i'),
    new RegExp(`^(session)${END}`, 'i'),
  ],
} as const satisfies Record<RoleName, readonly RegExp[]>;

/** The rank of a name among patterns; undefined where none fits. */
export function rankOf(name: string, patterns: readonly RegExp[]): number | undefined {
  const rank = patterns.findIndex((pattern) => pattern.test(name));
  return rank < 0 ? undefined : rank;
}

/** The names of the best rank, in the order of the table; empty where none fits. */
export function likeliest(names: readonly string[], patterns: readonly RegExp[]): string[] {
  const ranks = names.map((name) => rankOf(name, patterns));
  const best = ranks.reduce<number>((least, rank) => Math.min(least, rank ?? Number.POSITIVE_INFINITY), Infinity);
  return names.filter((_, i) => ranks[i] === best);
}

/** The option that names the column of a role. */
export function roleOption(role: string): string {
  return role === 'query' || role === 'item' ? `--${role}-id` : `--${role}`;
}
