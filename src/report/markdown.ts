/** Text from outside made inert in Markdown. */
import { inert } from '../lib/text.js';
import type { ListItem } from './view/model.js';

/**
 * Every character of ASCII that could mean something to Markdown, HTML, autolinks or GitHub's references becomes a
 * numeric entity, which CommonMark never reads as markup; `@`, `#` and `$` are followed by a word joiner besides, as
 * GitHub looks for mentions, issues and formulas in the rendered text, and so are the parts of a `GH-7`, of an
 * `:emoji:` and of what could be a commit's hash.
 */
export function escapeMarkdown(text: string): string {
  return taken(text).replace(/[^A-Za-z0-9 ,%+−–…≤≥→×\u00c0-\uffff]/g, entity);
}

/**
 * The same for a page that people also read as it stands: what means something alone stays as it is written (a full
 * stop, a bracket, a hyphen), and becomes an entity where it is part of an address, a list, a heading or a tag.
 */
export function readableMarkdown(text: string): string {
  // Bounds in brackets are no link, as nothing in round ones follows them.
  const parts = taken(text)
    .replace(/^\s*(\d+(?=[.)])|[-+=])/, (start) => `${JOINER}${start}`)
    .split(BOUNDS);
  return parts.map((part, i) => (i % 2 === 1 ? part : readablePart(part))).join('');
}

const BOUNDS = /(\[[+−]?[\d.e−]+(?:[ \u202f]%)?, [+−]?[\d.e−]+(?:[ \u202f]%)?\](?![([:]))/;

function readablePart(text: string): string {
  return text
    .replace(/[&<>@#$[\]*~`|\\!^{}]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, entity)
    .replace(/:(?=\/\/)|(?<=\bwww)\./gi, (c) => `${entity(c)}${JOINER_ENTITY}`);
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
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  inertly: (text: string) => string = escapeMarkdown,
): string {
  const line = (cells: readonly string[]) => `| ${cells.map(inertly).join(' | ')} |`;
  return [line(header), `|${header.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

/** An item of a list: its term, its sentence, and the command that does it. */
export function itemInMarkdown({ term, text, command }: ListItem): string {
  return `- **${escapeMarkdown(term)}**: ${escapeMarkdown(text)}.${commandInMarkdown(command)}`;
}

/** A command as code; nothing where there is none. */
export function commandInMarkdown(command: string | undefined): string {
  return command === undefined ? '' : ` <code>${escapeMarkdown(command)}</code>`;
}
