/** Text from outside made inert in Markdown. */
import { inert } from '../lib/text.js';

/**
 * Every character of ASCII that could mean something to Markdown, HTML, autolinks or GitHub's references becomes a numeric
 * entity, which CommonMark never reads as markup; `@` and `#` are followed by a word joiner besides, as GitHub looks for
 * mentions and issues in the rendered text.
 */
export function escapeMarkdown(text: string): string {
  return inert(text).replace(/[^A-Za-z0-9 ,%+−–…≤≥→×\u00c0-\uffff]/g, (c) => {
    const code = c.codePointAt(0)!;
    if (code < 32 || code === 127) return ' ';
    const entity = `&#${code};`;
    return c === '@' || c === '#' ? `${entity}&#8288;` : entity;
  });
}

/** A table of inert cells; cells that are already Markdown go through `raw`. */
export function table(header: readonly string[], rows: readonly (readonly (string | Raw)[])[]): string {
  const line = (cells: readonly (string | Raw)[]) =>
    `| ${cells.map((cell) => (typeof cell === 'string' ? escapeMarkdown(cell) : cell.markdown)).join(' | ')} |`;
  return [line(header), `|${header.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

export interface Raw {
  readonly markdown: string;
}

export function raw(markdown: string): Raw {
  return { markdown };
}
