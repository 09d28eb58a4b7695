/**
 * What the compiler is told and cannot check. `a[i]!` says that an index is in range; any other `!` needs its reason in a comment on its line or the one above, and a
 * cast by way of `unknown` is none of ours.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const src = resolve(import.meta.dirname, '../src');

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : path.endsWith('.ts') ? [path] : [];
  });
}

interface Found {
  /** `lib/zones.ts:42`. */
  readonly place: string;
  readonly kind: 'index' | 'reason' | 'none' | 'cast';
}

/** Every assertion of a source text. */
function assertionsOf(name: string, text: string): Found[] {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  const lines = text.split('\n');
  const found: Found[] = [];
  const add = (node: ts.Node, kind: Found['kind']) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getEnd());
    const commented = [lines[line - 1], lines[line]].some((row) => /(^|\s)(\/\/|\/\*\*?|\*) /.test(row ?? ''));
    found.push({ place: `${name}:${line + 1}`, kind: kind === 'none' && commented ? 'reason' : kind });
  };
  const bare = (node: ts.Expression): ts.Expression =>
    ts.isParenthesizedExpression(node) ? bare(node.expression) : node;
  const visit = (node: ts.Node): void => {
    if (ts.isNonNullExpression(node)) add(node, ts.isElementAccessExpression(bare(node.expression)) ? 'index' : 'none');
    if (ts.isAsExpression(node) && ts.isAsExpression(bare(node.expression))) add(node, 'cast');
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const all = files(src).flatMap((path) => assertionsOf(relative(src, path), readFileSync(path, 'utf8')));
const placesOf = (kind: Found['kind']) => all.filter((one) => one.kind === kind).map(({ place }) => place);

describe('an assertion', () => {
  it.each([
    ['list[0]!', ['index']],
    ['(list[0])!.x', ['index']],
    ['map.get(0)!', ['none']],
    ['list.at(-1)!.x!', ['none', 'none']],
    ['// Set above.\nmap.get(0)!', ['reason']],
    ['map.get(0)! // set above', ['reason']],
    ['x as unknown as string', ['cast']],
    ["x as string; a !== b; !c; 'd!'", []],
  ])('is seen: %s', (text, kinds) => {
    expect(assertionsOf('a.ts', `${text}\n`).map(({ kind }) => kind)).toEqual(kinds);
  });

  it('that is no index has its reason beside it', () => {
    expect(placesOf('none')).toEqual([]);
  });

  it('by way of unknown is none', () => {
    expect(placesOf('cast')).toEqual([]);
  });
});
