/** Text from outside made inert in Markdown. */
import { inert } from '../lib/text.js';

/**
 * Every character of ASCII that could mean something to Markdown, HTML, autolinks or GitHub's references becomes a
 * numeric entity, which CommonMark never reads as markup; `@`, `#` and `$` are followed by a word joiner besides, as
 * GitHub looks for mentions, issues and formulas in the rendered text, and so are the parts of a `GH-7`, of an
 * `:emoji:` and of what could be a commit's hash.
 */
export function escapeMarkdown(text: string): string {
  const apart = inert(text)
    .replace(/:(?=[\w+-]+:)/g, `:${JOINER}`)
    .replace(/(GH-)(?=\d)/gi, `$1${JOINER}`)
    .replace(/\b(?=[0-9]*[a-f])[0-9a-f]{7,}\b/gi, (hash) => hash.replace(/.{6}(?=.)/g, `$&${JOINER}`));
  return apart.replace(/[^A-Za-z0-9 ,%+−–…≤≥→×\u00c0-\uffff]/g, (c) => {
    const code = c.charCodeAt(0);
    if (code < 32 || code === 127) return ' ';
    const entity = `&#${code};`;
    return '@#$'.includes(c) ? `${entity}${JOINER_ENTITY}` : entity;
  });
}

/** U+2060: of no width, and no end of a word. */
const JOINER = '\u2060';
const JOINER_ENTITY = '&#8288;';

/** Rows of inert cells under a header. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  return [line(header), `|${header.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}
