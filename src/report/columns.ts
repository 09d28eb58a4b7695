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
 * Stands for a space at which no line is broken. What comes from outside has none left, as it is one of the characters
 * that are shown as escapes.
 */
const HELD = '\u2028';

/** A text that is broken nowhere, unless it is wider than a line. */
export function held(text: string): string {
  return text.replaceAll(' ', HELD);
}

function loose(text: string): string {
  return text.replaceAll(HELD, ' ');
}

/** An interval, which is one figure to a reader: `[−8 %, +3 %]`. */
const INTERVAL = /\[[^[\]]{1,40}\]/g;

/**
 * Lines of at most a width, broken at spaces outside of intervals; a word that is wider than that is broken where it
 * has to be. Lines after the first begin with `indent`, which counts.
 */
export function wrap(text: string, width: number, indent = ''): string[] {
  if (widthOf(text) <= width) return [loose(text)];
  const [start = ''] = /^ */.exec(text) ?? [];
  const room = Math.max(8, width - Math.max(start.length, widthOf(indent)));
  const lines: string[] = [];
  let line = start;
  let empty = true;
  for (const word of text
    .slice(start.length)
    .replace(INTERVAL, held)
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
  return [...lines, line].map((one) => loose(one).trimEnd());
}

/** As much of a line as fits. */
export function clip(line: string, width: number): string {
  let part = '';
  for (const { segment } of GRAPHEMES.segment(line)) {
    if (widthOf(part + segment) > width) return part;
    part += segment;
  }
  return line;
}

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Characters after which a long name is rather broken than within a word: never those of a figure. */
const JOINT = /[=_,/.:-]/;
/** A character of a figure: `+0.001645`, `1.20e−5`, `12,000`. */
const OF_FIGURE = /[\d.,+−e%\u202f-]/;

/** A text in parts that each fit, broken where it is held, else after a joint of a name, and within a figure last. */
function pieces(word: string, width: number): string[] {
  if (widthOf(word) <= width) return [word];
  const parts: string[] = [];
  let rest = word;
  while (widthOf(rest) > width) {
    const end = endOfPart(rest, clip(rest, width).length, width);
    parts.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return [...parts, rest];
}

/** @param fits as many characters of it as a line holds */
function endOfPart(text: string, fits: number, width: number): number {
  // A space that would begin the next line is where a line ends.
  const space = text.lastIndexOf(HELD, fits);
  if (space > 0) return space + 1;
  for (let end = fits; widthOf(text.slice(0, end)) > width / 2; end--)
    if (JOINT.test(text[end - 1] ?? '') && !withinFigure(text, end)) return end;
  for (let end = fits; end > 0; end--) if (!withinFigure(text, end)) return end;
  return Math.max(1, fits);
}

/** True where the text before a place and that after it are of one figure. */
function withinFigure(text: string, at: number): boolean {
  const [before, after] = [text[at - 1] ?? '', text[at] ?? ''];
  return OF_FIGURE.test(before) && OF_FIGURE.test(after) && (/\d/.test(before) || /\d/.test(after));
}
