/** Text from outside made inert in Markdown. */
import { inert } from '../lib/text.js';
import type { ListItem } from './view/model.js';

/**
 * A text that is nothing but text wherever it stands (a paragraph, a heading, a cell of a table, between marks of
 * emphasis, in a summary that unfolds), for a page that people also read as it stands: a character becomes a numeric
 * entity, which CommonMark never reads as markup, only where it could take effect. Spaces at its ends, which Markdown
 * does not show, are left out.
 */
export function escapeMarkdown(text: string): string {
  // Bounds in brackets are no link, as nothing in round ones follows them.
  const parts = taken(text).trim().replace(BEGINNING, `${JOINER}$&`).split(BOUNDS);
  return parts.map((part, i) => (i % 2 === 1 ? part : inline(part))).join('');
}

/** The beginning of a line that could be an item of a list, a rule, or a line beneath a heading. */
const BEGINNING = /^\s*(?:\d+[.)](?:\s|$)|[-+](?:\s|$)|[-=\s]+$)/;
const BOUNDS = /(\[[+−]?[\d.e−–]+(?:[ \u202f]%)?, [+−]?[\d.e−–]+(?:[ \u202f]%)?\](?![([:]))/;

/**
 * Characters that mean something alone. An `@` within the name of a metric (`ndcg@10`) means nothing: after a word it
 * is no mention, and before a number that ends there no address.
 */
const ACTIVE = /(?<![A-Za-z0-9])@|@(?!\d+(?:$|[ ,;:)]))|[&<>#$[\]*~`|\\]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g;

function inline(text: string): string {
  return text.replace(ACTIVE, entity).replace(/:(?=\/\/)|(?<=\bwww)\./gi, (c) => `${entity(c)}${JOINER_ENTITY}`);
}

/** References that GitHub finds in rendered text, taken apart. */
function taken(text: string): string {
  return inert(text)
    .replace(/:(?=[\w+-]+:)/g, `:${JOINER}`)
    .replace(/(GH-)(?=\d)/gi, `$1${JOINER}`)
    .replace(/\b(?=[0-9]*[a-f])[0-9a-f]{7,}\b/gi, (hash) => hash.replace(/.{6}(?=.)/g, `$&${JOINER}`));
}

function entity(c: string): string {
  const code = c.charCodeAt(0);
  if (code < 32 || code === 127) return ' ';
  return `&#${code};${'@#$'.includes(c) ? JOINER_ENTITY : ''}`;
}

/** U+2060: of no width, and no end of a word. */
const JOINER = '\u2060';
const JOINER_ENTITY = '&#8288;';

/** Rows of inert cells under a header. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  return [line(header), `|${header.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

/** An item of a list: its term, its sentence, and the command that does it. */
export function itemInMarkdown({ term, text, command }: ListItem): string {
  return `- **${escapeMarkdown(term)}**: ${escapeMarkdown(text)}.${commandInMarkdown(command)}`;
}

/** A command as code, to be copied as it stands; nothing where there is none. */
export function commandInMarkdown(command: string | undefined): string {
  if (command === undefined) return '';
  const shown = inert(command);
  // Longer than any run of the same mark within it.
  const fence = '`'.repeat(1 + Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length)));
  return ` ${fence}${fence.length > 1 ? ` ${shown} ` : shown}${fence}`;
}
