/** Text made inert in HTML and in a style sheet. */

import { inert } from '../lib/text.js';

/** Text that is nothing but text. `lines`: its line breaks are kept. */
export function escapeHtml(value: string, lines = false): string {
  const shown = lines ? value.split('\n').map(inert).join('\n') : inert(value);
  return shown.replace(/[&<>"'`]/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** A name that may be broken after its joints, rather than within a word. */
export function breakable(name: string): string {
  return escapeHtml(name).replace(/[=_*/.](?=.)/g, '$&<wbr>');
}

/** A text as a string of CSS: what is no letter or digit becomes its code, so that nothing ends string or style. */
export function cssString(value: string): string {
  const shown = inert(value).replace(/[^A-Za-z0-9 ]/gu, (c) => `\\${(c.codePointAt(0) ?? 0).toString(16)} `);
  return `"${shown}"`;
}
