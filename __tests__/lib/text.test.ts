import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  capital,
  chunks,
  didYouMean,
  editDistance,
  list,
  plural,
  printable,
  quoted,
  shellPath,
} from '../../src/lib/text.js';
import '../fixtures/metrics.js';

/** Every BMP character of a Unicode property. */
const characters = (property: RegExp) =>
  Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter((c) => property.test(c));

describe('printable', () => {
  test('leaves ordinary text of any script as it is', () => {
    for (const text of ['tier=large', 'Zoë 日本語 → ½', '😀', 'a"b\\c', '']) expect(printable(text)).toBe(text);
  });

  test('turns line breaks, escape sequences and other control characters into visible escapes', () => {
    expect(printable('a\nb\r\tc')).toBe('a\\u000ab\\u000d\\u0009c');
    expect(printable('\u001b[31mred\u001b[0m')).toBe('\\u001b[31mred\\u001b[0m');
    expect(printable('\u0000\u007f\u009b')).toBe('\\u0000\\u007f\\u009b');
    expect(printable('::error::x\n::set-output::')).not.toContain('\n');
  });

  test('leaves no control character at all', () => {
    for (const c of characters(/\p{Cc}/u)) expect(printable(`a${c}b`)).toMatch(/^a\\u[0-9a-f]{4}b$/);
  });

  test('leaves no line or paragraph separator', () => {
    for (const c of characters(/[\p{Zl}\p{Zp}]/u)) expect(printable(`a${c}b`)).toMatch(/^a\\u[0-9a-f]{4}b$/);
  });

  test('leaves no character that reorders text (Unicode: Bidi_Control)', () => {
    for (const c of characters(/\p{Bidi_Control}/u))
      expect(printable(`a${c}b`), `U+${c.charCodeAt(0).toString(16)}`).toMatch(/^a\\u[0-9a-f]{4}b$/);
  });

  test('leaves no zero-width space, joiner or byte order mark', () => {
    for (const c of ['\u200b', '\u200c', '\u200d', '\u2060', '\ufeff'])
      expect(printable(`a${c}b`)).toMatch(/^a\\u[0-9a-f]{4}b$/);
  });

  test('is one line of at most 120 characters, with an ellipsis where it was cut', () => {
    expect(printable('x'.repeat(120))).toBe('x'.repeat(120));
    expect(printable('x'.repeat(121))).toBe(`${'x'.repeat(119)}…`);
    expect(printable('abcdef', 4)).toBe('abc…');
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const shown = printable(text);
        expect(shown.length).toBeLessThanOrEqual(120);
        expect(shown).not.toMatch(/[\n\r\u2028\u2029]/);
      }),
    );
  });

  test('never cuts a character in two', () => {
    for (const prefix of ['', 'x']) expect(printable(prefix + '😀'.repeat(100))).not.toMatch(/\p{Surrogate}/u);
  });
});

describe('quoted', () => {
  test('shows strings in quotation marks and other values as they are written', () => {
    expect(quoted('a\nb')).toBe('"a\\u000ab"');
    expect(quoted(0.5)).toBe('0.5');
    expect(quoted(Number.NaN)).toBe('NaN');
    expect(quoted(2n ** 60n)).toBe('1152921504606846976');
    expect(quoted(null)).toBe('null');
    expect(quoted(undefined)).toBe('undefined');
    expect(quoted(true)).toBe('true');
    expect(quoted({ a: [1, '\u202e'] })).toBe('{"a":[1,"\\u202e"]}');
  });
});

describe('lists and counts', () => {
  test('are written as a sentence has them', () => {
    expect(list([])).toBe('');
    expect(list(['a'])).toBe('a');
    expect(list(['a', 'b'])).toBe('a and b');
    expect(list(['a', 'b', 'c'])).toBe('a, b and c');
  });

  test('are cut with a count that is right', () => {
    expect(list(['a', 'b', 'c', 'd', 'e'], 3)).toBe('a, b and 3 more');
    expect(list(['a', 'b', 'c'], 3)).toBe('a, b and c');
  });

  test('take the plural but for one', () => {
    expect(plural(1, 'row')).toBe('1 row');
    expect(plural(0, 'row')).toBe('0 rows');
    expect(plural(12345, 'row')).toBe('12,345 rows');
    expect(plural(2, 'query', 'queries')).toBe('2 queries');
  });
});

describe('edit distance', () => {
  test.each([
    ['', '', 0],
    ['abc', '', 3],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['lgo_loss', 'log_loss', 1],
    ['recal', 'recall', 1],
    ['ca', 'abc', 3],
  ])('from "%s" to "%s" is %d', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });

  test('is symmetric, 0 for the same word alone, and at most the longer length', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(editDistance(b, a)).toBe(distance);
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      }),
    );
  });

  test('grows by at most 1 for one more letter', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(Math.abs(editDistance(`${a}c`, b) - editDistance(a, b))).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('did you mean', () => {
  const known = ['log_loss', 'normalized_entropy', 'recall', 'margin', 'at', 'metric'];

  test.each([
    ['logloss', 'log_loss'],
    ['LOG_LOSS', 'log_loss'],
    ['normalised_entropy', 'normalized_entropy'],
    ['metirc', 'metric'],
    ['recal', 'recall'],
  ])('"%s" means "%s"', (typed, meant) => {
    expect(didYouMean(typed, known)).toBe(meant);
  });

  test.each(['zzzzzz', 'something else', 'x'.repeat(65)])('nothing is near "%s"', (typed) => {
    expect(didYouMean(typed, known)).toBeUndefined();
  });

  test('takes the nearest, and the first of equals', () => {
    expect(didYouMean('tiers', ['tier', 'tiers_x', 'tiers'])).toBe('tiers');
    expect(didYouMean('bat', ['cat', 'rat'])).toBe('cat');
    expect(didYouMean('bat', [])).toBeUndefined();
  });

  test('does not guess a word that shares no letter with what was typed', () => {
    expect(didYouMean('xy', ['at'])).toBeUndefined();
  });
});

describe('chunks', () => {
  test('are all of a list in its order, the last one shorter', () => {
    expect(chunks([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(chunks([1, 2], 2)).toEqual([[1, 2]]);
    expect(chunks([], 2)).toEqual([]);
  });
});

describe('a capital', () => {
  test('is the first letter alone', () => {
    expect(['ab c', 'é', '', '3d'].map(capital)).toEqual(['Ab c', 'É', '', '3d']);
  });
});

describe('a path in a command', () => {
  test.each(['models/a.yml', 'a', 'x/y-z_1+2@3=4.yml'])('stands as it is: %s', (path) => {
    expect(shellPath(path)).toBe(path);
  });

  test.each(['-rf', '', 'a b', '$(x)', "a'b", 'a;b', 'a\nb', '../a', '~/a', 'a*', '/etc/x'])('is FILE: %j', (path) => {
    expect(shellPath(path)).toBe('FILE');
  });
});
