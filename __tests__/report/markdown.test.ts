/** Strings from outside stay text in Markdown, wherever they stand, and are read as they were written. */
import fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, it } from 'vitest';
import { inert } from '../../src/lib/text.js';
import { commandInMarkdown, escapeMarkdown, itemInMarkdown, table } from '../../src/report/markdown.js';
import { CORPUS, constructs } from '../support/hostile.js';

const MORE = [
  '[text](http://evil.example)',
  'ftp://evil.example',
  'ndcg@10.evil.example',
  'a@10 b@10.5 @10',
  '1. item',
  '2) item',
  '- item\n# heading',
  '+',
  '---',
  '===',
  '- - -',
  '* * *',
  '[0.1, 0.2](https://evil.example)',
  '[0.1, 0.2]: https://evil.example',
  '[0.1, 0.2][0.1, 0.2]',
  '[^1]: note',
  '    code',
  '~~~',
  '<details>',
  'a_b_c __x__ _y_',
  '\\`x\\`',
];

/** Every position in which a text stands in a summary, a comment or a write-up. */
const POSITIONS: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => `a ${text} b`,
  (text) => `a\n${text}`,
  (text) => `**${text}**`,
  (text) => `## ${text}`,
  (text) => `> ${text}\n`,
  (text) => `| ${text} | b |\n|---|---|\n| a | ${text} |`,
  (text) => `- **${text}**: ${text}.`,
  (text) => `<details><summary>\n${text}\n</summary>\n\n${text}\n\n</details>`,
];

const rendered = (markdown: string) =>
  micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true })
    .replace(/<\/?p>/g, '')
    .replace(
      /&(lt|gt|amp|quot);/g,
      (_, name: 'lt' | 'gt' | 'amp' | 'quot') => ({ lt: '<', gt: '>', amp: '&', quot: '"' })[name],
    )
    .replaceAll('\u2060', '');

describe('escapeMarkdown', () => {
  it.each([...CORPUS, ...MORE])('leaves %j a text in every position', (text) => {
    for (const at of POSITIONS) expect(constructs(at(escapeMarkdown(text)))).toEqual(constructs(at('plain')));
  });

  it('lets no text of active characters take effect, and shows it as it was', () => {
    const pieces = [
      ...'`*_~[]()<>!#@$|\\&:;.+-=^{}/"\'0 1a\n',
      'www.',
      'https://',
      '&lt;',
      'GH-7',
      '[0.1, 0.2]',
      ':x:',
    ];
    const text = fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((some) => some.join(''));
    fc.assert(
      fc.property(text, (one) => {
        fc.pre(one.trim() !== '');
        for (const at of POSITIONS) {
          const allowed = constructs(at('plain'));
          for (const found of constructs(at(escapeMarkdown(one)))) expect(allowed).toContain(found);
        }
        const squeezed = (words: string) => words.replace(/\s+/g, ' ').trim();
        expect(squeezed(rendered(`a ${escapeMarkdown(one)} b`))).toBe(squeezed(`a ${inert(one)} b`));
      }),
      { numRuns: 400 },
    );
  });

  it('leaves figures, names and paths as they are read', () => {
    const text =
      'v43 is not ready: log_loss +1.31 % [+1.10 %, +1.60 %] [–, −0.2] at production on tier=large (max_increase 1 %); ' +
      'ndcg@10 −8.96 %, mrr; 38 of 43 – "so"? {0: 20 %} gates/l1-cvr.yml:21 a.b/c! 100 % + 1';
    expect(escapeMarkdown(text)).toBe(text);
    expect(escapeMarkdown('+12.74 %')).toBe('+12.74 %');
    expect(escapeMarkdown('0.05 is at ndcg@10')).toBe('0.05 is at ndcg@10');
    expect(table(['margin used'], [['74 % (≤ 78 %)']])).toBe('| margin used |\n|---|\n| 74 % (≤ 78 %) |');
  });
});

describe('a command', () => {
  it('stands as code that can be copied, whatever marks of code are in it', () => {
    expect(commandInMarkdown('skewgate map --from v42')).toBe(' `skewgate map --from v42`');
    expect(commandInMarkdown(undefined)).toBe('');
    for (const command of ['a `` b', '`x`', '<b>@octo/x #1</b>', '``', '$(x) | y'])
      expect(constructs(itemInMarkdown({ term: 't', text: 'x', command }))).toEqual(
        constructs(itemInMarkdown({ term: 't', text: 'x', command: 'plain' })),
      );
    expect(rendered(commandInMarkdown('a `` b').trim())).toBe('<code>a `` b</code>');
  });
});
