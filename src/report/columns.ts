/** Widths in columns of a terminal, where some characters take two and some none. */

import stringWidth from 'string-width';

export function widthOf(text: string): number {
  return stringWidth(text);
}

/** Filled up with spaces to a width; longer texts stay as they are. */
export function pad(text: string, width: number, side: 'left' | 'right' = 'right'): string {
  const spaces = ' '.repeat(Math.max(0, width - widthOf(text)));
  return side === 'left' ? spaces + text : text + spaces;
}

/**
 * Lines of at most a width, broken at spaces; a word that is wider than that is broken where it has to be. Lines after
 * the first begin with `indent`, which counts.
 */
export function wrap(text: string, width: number, indent = ''): string[] {
  if (widthOf(text) <= width) return [text];
  const [start = ''] = /^ */.exec(text) ?? [];
  const room = Math.max(8, width - Math.max(start.length, widthOf(indent)));
  const lines: string[] = [];
  let line = start;
  let empty = true;
  for (const word of text
    .slice(start.length)
    .split(' ')
    .flatMap((one) => pieces(one, room))) {
    const longer = empty ? line + word : `${line} ${word}`;
    if (empty || widthOf(longer) <= width) line = longer;
    else {
      lines.push(line.trimEnd());
      line = indent + word;
    }
    empty = false;
  }
  return [...lines, line.trimEnd()];
}

/** As much of a line as fits. */
export function clip(line: string, width: number): string {
  return pieces(line, width)[0] ?? '';
}

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** A word in parts that each fit. */
function pieces(word: string, width: number): string[] {
  if (widthOf(word) <= width) return [word];
  const parts: string[] = [];
  let part = '';
  for (const { segment } of GRAPHEMES.segment(word)) {
    if (widthOf(part + segment) > width) {
      parts.push(part);
      part = '';
    }
    part += segment;
  }
  return [...parts, part];
}
