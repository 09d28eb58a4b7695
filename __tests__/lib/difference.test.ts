import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { changedLines, differenceOf } from '../../src/lib/difference.js';

const BEFORE = 'policy: a\nchecks:\n  one: 1\n  two: 2\n  three: 3\n  four: 4\n  five: 5\n';
const numbered = (count: number, text: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => `${text(i)}\n`).join('');

describe('a difference', () => {
  test('has the changed lines with one of context, and where they stand', () => {
    expect(differenceOf(BEFORE, BEFORE.replace('two: 2', 'two: 9'))).toBe(
      '@@ line 3 → 3\n   one: 1\n-  two: 2\n+  two: 9\n   three: 3',
    );
  });

  test('has as many parts as there are places', () => {
    const after = BEFORE.replace('policy: a', 'policy: b').replace('five: 5', 'five: 6\n  six: 6');
    expect(differenceOf(BEFORE, after).match(/^@@.*$/gm)).toEqual(['@@ line 1 → 1', '@@ line 6 → 6']);
  });

  test('is empty of what is the same, and whole of what is new', () => {
    expect(differenceOf(BEFORE, BEFORE)).toBe('');
    expect(differenceOf('', 'a\nb\n')).toMatch(/^@@.*\n\+a\n\+b$/);
    expect(differenceOf('a\n', '')).toMatch(/^@@.*\n-a$/);
  });

  test('is cut after forty lines, and the rest counted', () => {
    const lines = differenceOf(
      '',
      numbered(50, (i) => `line ${i}`),
    ).split('\n');
    expect(lines).toHaveLength(41);
    expect(lines.slice(-2)).toEqual(['+line 38', '… 11 more lines']);
    expect(differenceOf('', numbered(39, String)).split('\n')).toHaveLength(40);
    expect(differenceOf('', numbered(39, String))).not.toContain('…');
  });
});

describe('changed lines', () => {
  test('are those of the new text, from 1', () => {
    expect(changedLines(BEFORE, BEFORE.replace('two: 2', 'two: 9'))).toEqual([4]);
    expect(changedLines(BEFORE, `# new\n${BEFORE.replace('five: 5', 'five: 6')}`)).toEqual([1, 8]);
    expect(changedLines('', 'a\nb\n')).toEqual([1, 2]);
  });

  test('are none where lines were only taken away, or nothing changed', () => {
    expect(changedLines(BEFORE, BEFORE.replace('  two: 2\n', ''))).toEqual([]);
    expect(changedLines(BEFORE, BEFORE)).toEqual([]);
  });

  test('are lines that the old text does not have, whichever are put between its own', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 7 }), { maxLength: 8 }), (places) => {
        const old = BEFORE.trimEnd().split('\n');
        const after = [...old];
        for (const [i, place] of places.entries()) after.splice(place, 0, `new ${i}`);
        const changed = changedLines(BEFORE, `${after.join('\n')}\n`);
        expect(changed.map((line) => after[line - 1])).toEqual(after.filter((line) => line.startsWith('new ')));
      }),
    );
  });
});
