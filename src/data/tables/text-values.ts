/** The type of a CSV column, read off its texts. */
import { buildColumn, type Column, UnsupportedValue } from './column.js';

const INT = /^(0|-?[1-9][0-9]{0,18})$/;
const FLOAT = /^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$/;
const TRUTH = /^([Tt]rue|TRUE|[Ff]alse|FALSE)$/;
const SPECIAL: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '+inf': Number.POSITIVE_INFINITY,
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
  const whole = present.every((text) => INT.test(text));
  const read = reader(present, whole);
  try {
    const column = buildColumn([texts.map((text) => (text === '' ? null : read(text)))]);
    // Of 1.0 and of 12345678901234567890 the number alone would not say how they are written.
    const numbers = column.type === 'float' || column.type === 'int';
    return numbers && !whole ? { ...column, written: texts } : column;
  } catch (error) {
    // Lists of mixed or nested records: texts after all, which whoever reads the column will refuse with their row.
    if (!(error instanceof UnsupportedValue)) throw error;
    return buildColumn([texts.map((text) => (text === '' ? null : text))]);
  }
}

/** A number written as text; undefined if it is none. */
export function numberFromText(text: string): number | bigint | undefined {
  if (INT.test(text)) return text.length < 16 ? Number(text) : BigInt(text);
  if (FLOAT.test(text)) return Number(text);
  const special = text.toLowerCase();
  return Object.hasOwn(SPECIAL, special) ? SPECIAL[special] : undefined;
}

function reader(present: readonly string[], whole: boolean): (text: string) => unknown {
  if (present.length === 0) return (text) => text;
  if (whole) return (text) => (text.length < 16 ? Number(text) : BigInt(text));
  if (present.every((text) => FLOAT.test(text) || Object.hasOwn(SPECIAL, text.toLowerCase()))) {
    const toNumber = (text: string) => SPECIAL[text.toLowerCase()] ?? Number(text);
    return (text) => toNumber(text);
  }
  if (present.every((text) => TRUTH.test(text))) return (text) => text.toLowerCase() === 'true';
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
