/**
 * Comments of src/ are read in a terminal and in a diff: none is wider than 120 columns, and none opens as a riddle
 * (`What is judged.`, `Whether it is pinned.`), as a reader wants a sentence.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const WIDTH = 120;
const RIDDLE = /^(?:\/\*\*|\/\/)[\s*]*(?:What|How|Whether|Why|Where|Which|Who|When)\s/;

const src = resolve(import.meta.dirname, '../src');

interface Comment {
  /** Of its first line, from 1. */
  readonly line: number;
  readonly text: string;
  readonly widest: number;
}

/** Every comment of a source text: `//` and `/*` inside of strings and templates are none. */
function commentsOf(text: string): Comment[] {
  const source = ts.createSourceFile('a.ts', text, ts.ScriptTarget.Latest, true);
  const lines = text.split('\n');
  const found = new Map<number, Comment>();
  const add = ({ pos, end }: ts.CommentRange) => {
    const [first, last] = [pos, end].map((at) => source.getLineAndCharacterOfPosition(at).line);
    const widest = Math.max(...lines.slice(first, last! + 1).map((line) => [...line].length));
    found.set(pos, { line: first! + 1, text: text.slice(pos, end), widest });
  };
  const visit = (node: ts.Node): void => {
    for (const range of ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []) add(range);
    for (const range of ts.getTrailingCommentRanges(text, node.getEnd()) ?? []) add(range);
    for (const child of node.getChildren(source)) visit(child);
  };
  visit(source);
  return [...found.values()].sort((a, b) => a.line - b.line);
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const all = files.flatMap((name) =>
  commentsOf(readFileSync(join(src, name), 'utf8')).map((comment) => ({
    ...comment,
    place: `${name}:${comment.line}`,
  })),
);

describe('a comment', () => {
  it('is found wherever it stands, and in no string', () => {
    const text =
      '/** A. */\nconst a = 1; // B\nconst c = "// C", d = `/* D */`;\n/**\n * E\n */\nfunction f() {\n  // F\n}\n';
    expect(commentsOf(text).map(({ line, text: own }) => `${line} ${own.replace(/[/*\s]/g, '')}`)).toEqual([
      '1 A.',
      '2 B',
      '4 E',
      '8 F',
    ]);
    expect(commentsOf(`/**\n * ${'x'.repeat(118)}\n */\n`)[0]!.widest).toBe(121);
    expect(all.length).toBeGreaterThan(1000);
  });

  it.each([
    ['/** What is judged. */', true],
    ['/**\n * Whether it is. */', true],
    ['// Where it stands.', true],
    ['/** Whatever it is. */', false],
    ['/** Says what is judged. */', false],
  ])('that is a riddle is known: %j', (text, riddle) => {
    expect(RIDDLE.test(text)).toBe(riddle);
  });

  it(`is no wider than ${WIDTH} columns`, () => {
    expect(all.filter(({ widest }) => widest > WIDTH).map(({ place }) => place)).toEqual([]);
  });

  it('opens with no riddle', () => {
    expect(
      all.filter(({ text }) => RIDDLE.test(text)).map(({ place, text }) => `${place} ${text.split('\n')[0]}`),
    ).toEqual([]);
  });
});
