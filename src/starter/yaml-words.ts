/**
 * Texts of users as YAML: names of columns, versions, inputs and paths are whatever their tables and graphs say, and
 * stand in quotation marks wherever they could be read as another thing.
 */
import type { InputSource } from '../documents/release/release.js';
import type { Value } from '../documents/yaml/edits.js';
import { inert } from '../lib/text.js';

/** Plain texts that YAML takes for something else. */
const WORDS = /^(true|false|null|yes|no|on|off|y|n)$/i;

/** A scalar, alone or within `{…}` and `[…]`. Control and bidirectional characters become escapes. */
export function scalar(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  if (/^(\.\.\/)*[A-Za-z_][\w./-]*$/.test(value) && !WORDS.test(value)) return value;
  if (/^[ !#-&(-[\]-~]+$/.test(value)) return `'${value}'`;
  return escaped(JSON.stringify(value));
}

/** Characters that JSON leaves as they are, and that act on what a reader sees. */
const ACTIVE = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Escapes such characters, which stand in double quotation marks alone: `scalar` has put them there. */
function escaped(text: string): string {
  return text.replace(ACTIVE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A file of a starter once it was edited, as the editor writes such characters out. Comments stay as they are. */
export function escapedFile(text: string): string {
  return text
    .split('\n')
    .map((line) => (/^\s*#/.test(line) ? line : escaped(line)))
    .join('\n');
}

/** Stands where a digest is to be filled in (`fillPins`). */
export const UNPINNED = 'unpinned';

/** One word of a POSIX shell, in single quotation marks. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A path as one word of a POSIX shell: as it is where that reads it so, else in quotation marks. */
export function shellPathOrQuoted(path: string): string {
  return /^[\w./][\w./+@=-]*$/.test(path) ? path : shellQuoted(inert(path));
}

/** A list in brackets. */
export function flowList(values: readonly (string | number | boolean)[]): string {
  return `[${values.map(scalar).join(', ')}]`;
}

/** A mapping in braces, without the keys whose values are undefined. */
export function flowMap(entries: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const parts = Object.entries(entries).flatMap(([key, value]) =>
    value === undefined ? [] : [`${scalar(key)}: ${scalar(value)}`],
  );
  return `{${parts.join(', ')}}`;
}

/** The feed of an input, as a release writes it. */
export function sourceText(source: InputSource): string {
  switch (source.kind) {
    case 'column':
      return scalar(source.column);
    case 'gather':
      return flowList(source.columns);
    case 'constant':
      return flowMap({ constant: source.value });
    case 'list': {
      const { column, pad, length, mask } = source;
      return flowMap({ column, pad, length, mask });
    }
  }
}

/** Words behind `#`, on lines of at most 120 columns. */
export function comment(text: string, indent = ''): string {
  const lines: string[] = [];
  let line = `${indent}#`;
  for (const word of inert(text).split(' ')) {
    if (line.length + 1 + word.length > 118 && line !== `${indent}#`) {
      lines.push(line);
      line = `${indent}#`;
    }
    line += ` ${word}`;
  }
  return [...lines, line].join('\n');
}

/** A nested value in braces and brackets. Keys that are whole numbers stand as such. */
export function flowValue(value: Value): string {
  if (typeof value !== 'object') return scalar(value);
  if (isList(value)) return `[${value.map(flowValue).join(', ')}]`;
  const parts = Object.entries(value).map(([key, member]) => {
    const name = /^-?\d+$/.test(key) ? key : scalar(key);
    return `${name}: ${flowValue(member)}`;
  });
  return `{${parts.join(', ')}}`;
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
