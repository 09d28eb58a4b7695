/** Text made inert in HTML and in a style sheet. */

import { inert } from '../lib/text.js';

/** Text that is nothing but text. `lines`: its line breaks are kept. */
export function escapeHtml(value: string, lines = false): string {
  const shown = lines ? value.split('\n').map(inert).join('\n') : inert(value);
  return shown.replace(/[&<>"'`]/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** Characters of a word that a narrow caption has room for. */
const WORD = 20;

/** A name whose long words may be broken after their joints, rather than anywhere. */
export function breakable(name: string): string {
  const joints = (word: string) => escapeHtml(word).replace(/[=_*/.](?=.)/g, '$&<wbr>');
  return name
    .split(' ')
    .map((word) => (word.length > WORD ? joints(word) : escapeHtml(word)))
    .join(' ');
}

/** A text as a string of CSS: what is no letter or digit becomes its code, so that nothing ends string or style. */
export function cssString(value: string): string {
  const shown = inert(value).replace(/[^A-Za-z0-9 ]/gu, (c) => `\\${(c.codePointAt(0) ?? 0).toString(16)} `);
  return `"${shown}"`;
}
