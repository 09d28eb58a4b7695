/** The pages that a user reads, and what stands in them to be run: fenced blocks and command lines. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

/** Paths of all pages from the repository's root: README.md, docs/ and the READMEs of examples/. */
export function pages(): string[] {
  const below = (folder: string): string[] =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return below(path);
      return entry.name.endsWith('.md') ? [relative(root, join(root, path))] : [];
    });
  return ['README.md', ...below('docs'), ...below('examples')];
}

export const readPage = (page: string): string => readFileSync(join(root, page), 'utf8');

export interface Block {
  readonly page: string;
  /** The line of the page that the block's first line is. */
  readonly line: number;
  /** The word after the fence, such as `yaml`; the words behind it are `marks`. */
  readonly language: string;
  readonly marks: string;
  readonly text: string;
}

/** Every fenced block of a page, in its order. */
export function blocksOf(page: string): Block[] {
  const text = readPage(page);
  return [...text.matchAll(/^( *)```(\w+)([^\n]*)\n([\s\S]*?)^\1```$/gm)].map((match) => ({
    page,
    line: text.slice(0, match.index).split('\n').length + 1,
    language: match[2]!,
    marks: match[3]!.trim(),
    text: match[4]!.replaceAll(new RegExp(`^${match[1]}`, 'gm'), ''),
  }));
}

export const allBlocks = (): Block[] => pages().flatMap(blocksOf);

/** Lines of a shell with those that a backslash continues joined. */
export const shellLines = (text: string): string[] =>
  text
    .replaceAll(/ *\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => line.trim());

/** The words of one command as a shell takes them, up to a pipe, a redirection or another command. */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  for (const [, double, single, operator, bare] of line.matchAll(
    /\s*(?:"([^"]*)"|'([^']*)'|([|&;>#].*)|((?:[^\s"'|&;>]|(?<=\S)#)+))/g,
  )) {
    if (operator !== undefined) break;
    words.push(double ?? single ?? bare ?? '');
  }
  return words;
}
