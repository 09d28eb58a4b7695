/** The type of a CSV column, read off its texts. */
import { buildColumn, type Column } from './column.js';

const INT = /^(0|-?[1-9][0-9]{0,18})$/;
const FLOAT = /^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$/;
const SPECIAL: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
  infinity: Number.POSITIVE_INFINITY,
  '-infinity': Number.NEGATIVE_INFINITY,
};

/**
 * Whole numbers (without leading zeros, so that "007" stays a text), real numbers, true/false, JSON lists, else
 * texts. An empty cell is a missing value.
 */
export function columnFromTexts(texts: readonly string[]): Column {
  const present = texts.filter((text) => text !== '');
  const read = reader(present);
  return buildColumn([texts.map((text) => (text === '' ? null : read(text)))]);
}

function reader(present: readonly string[]): (text: string) => unknown {
  if (present.length === 0) return (text) => text;
  if (present.every((text) => INT.test(text))) return (text) => (text.length < 16 ? Number(text) : BigInt(text));
  if (present.every((text) => FLOAT.test(text) || text.toLowerCase() in SPECIAL)) {
    const toNumber = (text: string) => SPECIAL[text.toLowerCase()] ?? Number(text);
    return (text) => toNumber(text);
  }
  if (present.every((text) => text === 'true' || text === 'false' || text === 'True' || text === 'False'))
    return (text) => text.toLowerCase() === 'true';
  if (present.every((text) => text.startsWith('[') && text.endsWith(']'))) {
    const lists = new Map<string, unknown>();
    for (const text of present) {
      const parsed = parseList(text);
      if (parsed === undefined) return (t) => t;
      lists.set(text, parsed);
    }
    return (text) => lists.get(text);
  }
  return (text) => text;
}

function parseList(text: string): unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
