/** Pieces of SVG as text. Colours are classes of the page's style, so that light, dark and print are its own. */

import { escapeHtml } from '../html-text.js';

/** A coordinate: one decimal is finer than a screen. */
export function px(value: number): string {
  return String(Math.round(10 * value) / 10);
}

/** @param label what a reader hears in place of the picture */
export function svg(width: number, height: number, label: string, parts: readonly string[], own = ''): string {
  return (
    `<svg viewBox="0 0 ${px(width)} ${px(height)}" width="${px(width)}" height="${px(height)}" role="img"` +
    `${own === '' ? '' : ` class="${own}"`} aria-label="${escapeHtml(label)}">${parts.join('')}</svg>`
  );
}

export function line(x1: number, y1: number, x2: number, y2: number, own: string): string {
  return `<path class="${own}" d="M${px(x1)} ${px(y1)}L${px(x2)} ${px(y2)}"/>`;
}

export function rect(x: number, y: number, width: number, height: number, own: string): string {
  return `<rect class="${own}" x="${px(x)}" y="${px(y)}" width="${px(Math.max(0, width))}" height="${px(Math.max(0, height))}"/>`;
}

export type Anchor = 'start' | 'middle' | 'end';

export function text(x: number, y: number, words: string, anchor: Anchor = 'start', own = ''): string {
  const classes = [own, { start: '', middle: 'm', end: 'e' }[anchor]].filter((name) => name !== '').join(' ');
  return `<text x="${px(x)}" y="${px(y)}"${classes === '' ? '' : ` class="${classes}"`}>${escapeHtml(words)}</text>`;
}

export function path(d: string | null, own: string): string {
  return d === null || d === '' ? '' : `<path class="${own}" d="${d}"/>`;
}

/** Round dots: the ends of lines without a length. */
export function dots(at: readonly (readonly [number, number])[], own: string): string {
  return path(at.map(([x, y]) => `M${px(x)} ${px(y)}h0`).join(''), `dot ${own}`);
}

/** A diamond of the given half width. */
export function diamond(x: number, y: number, size: number, own: string): string {
  return `<path class="${own}" d="M${px(x)} ${px(y - size)}l${px(size)} ${px(size)}l${px(-size)} ${px(size)}l${px(-size)} ${px(-size)}z"/>`;
}

/** Pixels that words take at 12 px in a system's font, none too few. */
export function widthOf(words: string): number {
  return 6.9 * words.length;
}

/** Cut to a width in pixels. */
export function cut(words: string, width: number): string {
  const most = Math.max(3, Math.floor(width / 6.9));
  return words.length <= most ? words : `${words.slice(0, most - 1)}…`;
}
