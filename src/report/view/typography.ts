/**
 * The one way in which figures stand on every surface: a narrow no-break space before a unit, and a minus sign. Words
 * come from many rooms; here they are set alike.
 */

/** U+202F: narrow, and no line breaks at it. */
export const UNIT_SPACE = '\u202f';

/** A space between a figure and a unit that ends there; a hyphen that begins a figure. */
const BEFORE_UNIT = /(?<=\d) (?=(?:%|h|ms|s)(?![\w=]))/g;
const BEFORE_FIGURE = /(?<=^|[\s([])-(?=\d)/g;

/** `+1.31 %` with a narrow space, and `(-3` with a minus sign. */
export function typeset(text: string): string {
  return text.replace(BEFORE_UNIT, UNIT_SPACE).replace(BEFORE_FIGURE, '−');
}

/** Members that are names, places or code of others: they stand as they are. */
const AS_WRITTEN: ReadonlySet<string> = new Set([
  'release',
  'live',
  'policy',
  'policyAt',
  'program',
  'place',
  'line',
  'digests',
  'kind',
]);

/** The same of every string in a value of plain data; blocks of code stand as they are. */
export function typesetAll<T>(value: T): T {
  return deep(value) as T;
}

function deep(value: unknown): unknown {
  if (typeof value === 'string') return typeset(value);
  if (Array.isArray(value)) return value.map(deep);
  if (value instanceof Map) return new Map([...value].map(([key, member]) => [deep(key), deep(member)]));
  if (typeof value !== 'object' || value === null) return value;
  if ('kind' in value && value.kind === 'code') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, AS_WRITTEN.has(key) ? member : deep(member)]),
  );
}
