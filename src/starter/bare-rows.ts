/** Rows that have ids and labels alone, where the features that the towers read stand in tables that were not given. */
import { readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isFile } from '../data/artefacts/files.js';
import type { Side } from '../data/checkpoints/checkpoint.js';
import { list, quoted } from '../lib/text.js';
import type { KnownTables } from './facts.js';
import type { Feeding } from './feeding.js';
import { unfedInputs } from './feeds.js';
import type { Given } from './given.js';
import type { Interview } from './interview.js';
import { shellPathOrQuoted } from './yaml-words.js';

/** The names of tables of features beside the rows, the likeliest first. */
const BESIDE: Readonly<Record<Side, readonly RegExp[]>> = {
  query: [
    /^(query|queries)([._-]|$)/i,
    /^(request|search|session|context|question|prompt|caption)(s|es)?([._-]|$)/i,
    /^(user|customer|member|visitor|viewer|account|person|people|profile|buyer|reader)s?([._-]|$)/i,
  ],
  item: [
    /^items?([._-]|$)/i,
    /^(ad|product|sku|doc|document|passage|corpus|catalog|catalogue|candidate|creative|listing|content)s?([._-]|$)/i,
    /^(article|movie|film|video|image|photo|song|track|post|book|recipe|shop|restaurant|merchant|job|pin)s?([._-]|$)/i,
  ],
};
const TABLE = /\.(parquet|csv|csv\.gz|tsv|jsonl|ndjson)$/i;

/** Refuses a tower without a table of its own that reads what no column of the rows can be. */
export function refuseBareRows(
  { tables: written }: Pick<Given, 'tables'>,
  feedings: Readonly<Record<Side, Feeding | undefined>>,
  { rows, queries, items }: KnownTables,
  interview: Interview,
): void {
  const own = { query: queries, item: items };
  const unfed = (['query', 'item'] as const).flatMap((side) => {
    const feeding = own[side] ? undefined : feedings[side];
    const inputs = feeding ? unfedInputs(feeding) : [];
    return inputs.length > 0 ? [{ side, inputs }] : [];
  });
  if (unfed.length === 0) return;
  const read = unfed.map(({ side, inputs }) => {
    const shown = inputs.map(({ name, shape }) => `${quoted(name)} ([${shape?.join(', ') ?? 'any shape'}])`);
    return `${list(shown, 6)} of the ${side} tower`;
  });
  const beside = tablesBeside(written.rows, Object.values(written));
  const options = unfed.map(({ side }) => {
    const found = beside(side);
    return `--${side === 'query' ? 'queries' : 'items'} ${found === undefined ? 'FILE' : shellPathOrQuoted(found)}`;
  });
  interview.refuse({
    place: { file: rows.table.file },
    found: `no columns left that can feed ${list(read)} (here: ${list(rows.names.map(quoted), 12)})`,
    expected: 'the features that the towers read: in the rows, or in a table of queries and one of items, each id once',
    mend: `Add: ${options.join(' ')}, ${options.length > 1 ? 'the tables' : 'the table'} that ${
      unfed.length > 1 ? 'the towers’ features are' : `the ${unfed[0]?.side} tower’s features are`
    } in`,
  });
}

/**
 * Finds a side's table in the folder of the rows, by its name alone, as a path in the form of that of the rows;
 * undefined where none has such a name, or several alike have.
 */
function tablesBeside(rows: string, given: readonly (string | undefined)[]): (side: Side) => string | undefined {
  const folder = dirname(rows);
  const taken = new Set(given.flatMap((path) => (path === undefined ? [] : [resolve(path)])));
  const names = readdirSync(resolve(folder)).filter((name) => {
    const path = resolve(folder, name);
    return TABLE.test(name) && !taken.has(path) && isFile(path);
  });
  return (side) => {
    const ranked = BESIDE[side].map((pattern) => names.filter((name) => pattern.test(name)));
    const best = ranked.find((own) => own.length > 0) ?? [];
    return best.length === 1 && best[0] !== undefined ? join(folder, best[0]) : undefined;
  };
}
