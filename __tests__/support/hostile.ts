/** Hostile strings, and what of them would take effect in Markdown as GitHub renders it. */
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';

/** Strings that would take effect somewhere, were they not made inert. */
export const CORPUS = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '</pre></details><h1>Ready</h1>',
  '![x](https://evil.example/p.png)',
  '[Ready](https://evil.example)',
  'https://evil.example/a',
  'www.evil.example',
  'x@evil.example',
  '@octo/maintainers',
  'fixes #12, octo/towers#3',
  'GH-7 0123456789abcdef0123456789abcdef01234567',
  '**bold** _em_ ~~gone~~ `code`',
  '| a | b | c |',
  '```\n```mermaid\ngraph TD; A-->B',
  '# heading',
  '- [x] done',
  '> [!CAUTION]',
  '<!-- -->',
  '&lt;b&gt; &#60;b&#62;',
  '$$\\\\href{javascript:alert(1)}{x}$$',
  ':tada:',
  '::error::owned',
  '::set-output name=verdict::ready',
  '::add-mask::Ready',
  '::stop-commands::x',
  '##[error]owned',
  '%0A::error::owned',
  '\u001b[31mred\u001b[0m',
  '\u202eyadr\u202c',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of workflows
  '${{ secrets.GITHUB_TOKEN }}',
  '$(touch owned) `touch owned`',
  '../../../etc/passwd',
  '__proto__',
] as const;

/** Elements and attributes of rendered Markdown, and what GitHub would make of its text. */
export function constructs(markdown: string): string[] {
  const html = micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });
  const found = new Set<string>();
  for (const [, tag, attributes] of html.matchAll(/<(\/?[a-zA-Z][\w-]*)([^>]*)>/g)) {
    found.add(tag!.toLowerCase());
    for (const [, name] of attributes!.matchAll(/\s([\w-]+)\s*=/g)) found.add(`${tag} ${name}`);
  }
  for (const [href] of html.matchAll(/href="[^"]*"/g)) found.add(href);
  const text = html
    .replace(/<(pre|code)[^>]*>[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]+>/g, '')
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');
  // GitHub's own references, as it finds them in the rendered text.
  if (/(^|[^\w`/])@[a-zA-Z0-9][\w-]*/.test(text)) found.add('mention');
  if (/(^|[^\w`&])#\d+\b/.test(text)) found.add('issue');
  if (/\bGH-\d+/.test(text)) found.add('issue');
  if (/\$\$[^$]+\$\$/.test(text)) found.add('math');
  if (/:tada:/.test(text)) found.add('emoji');
  return [...found].sort();
}
