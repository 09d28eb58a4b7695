/** Strings from outside stay text in Markdown. */
import { describe, expect, it } from 'vitest';
import { escapeMarkdown } from '../../src/report/markdown.js';

describe('escapeMarkdown', () => {
  it.each([
    '<script>alert(1)</script>',
    '[text](http://evil.example)',
    '![img](x)',
    '@team please merge',
    'closes #12',
    '`code`',
    '**bold** _em_ ~~x~~',
    '| cell | split |',
    'www.evil.example',
    'https://evil.example/a?b=c',
    '&lt;b&gt;',
    '$$math$$',
    ':rocket:',
    '- item\n# heading',
  ])('leaves no character of %j that Markdown could act on', (text) => {
    expect(escapeMarkdown(text).replace(/&#\d+;|\u2060/g, '')).toMatch(/^[A-Za-z0-9 ,%+]*$/);
  });
});
