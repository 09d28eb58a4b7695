/**
 * Ids, slice values and names: compared as texts between tables, so each must mean the same wherever it stands. What
 * cannot be told from its neighbours exactly (a float beyond what floats tell apart, a number that a spreadsheet has
 * rounded) is refused with its row; nothing is merged. docs/decisions/0008-identity-survives-reading.md.
 */
import { quoted } from '../../lib/text.js';
import { asWritten, type Column, encode } from './column.js';
import type { BadRows } from './table.js';

/**
 * A column of ids or slice values as codes 0 … names.length-1, in order of first appearance; -1 where it is missing.
 */
export interface Coded {
  /** Shape (rows). */
  readonly codes: Int32Array;
  readonly names: readonly string[];
}

const WHOLE = /^-?[0-9]+$/;
/**
 * As spreadsheets write a long number, with a decimal comma or kept as a text too; a hexadecimal id has neither sign
 * nor point.
 */
export const ROUNDED = /^'?[+-]?[0-9]([.,][0-9]+)?[eE]\+[0-9]+$/;
const EXPONENT = /[eE]/;

/** Texts that stand for a missing value and for nothing else: of MySQL, Hive and ClickHouse, pandas, spreadsheets. */
export const MISSING: ReadonlySet<string> = new Set(['\\N', 'nan', 'NaN', '<NA>', '#N/A']);
const LEFT_OUT = 'Leave such rows out, or give them a value of their own, such as unknown.';

const AS_TEXT =
  'Write it as a text, or as a whole number in full; where a spreadsheet or a float has rounded it, take it ' +
  'from the source again.';
export const ID = 'an id: a string or a 64-bit integer';
const SLICE = 'a slice value: a string, a whole number or a truth value';

/** The reason for which a value cannot be an identity; undefined where it can. */
type Flaw = 'not exact' | 'not whole' | undefined;

/** Of each distinct value; `row` is one where it stands. */
function flawOf(column: Column, text: string, row: number): Flaw {
  if (column.type === 'string') return ROUNDED.test(text) ? 'not exact' : undefined;
  if (column.type !== 'float' && column.type !== 'int') return undefined;
  if (column.written) {
    if (WHOLE.test(text)) return undefined;
    return EXPONENT.test(text) || !(Math.abs(column.values[row]!) < Number.MAX_SAFE_INTEGER)
      ? 'not exact'
      : 'not whole';
  }
  const value = column.values[row]!;
  if (!Number.isInteger(value)) return 'not whole';
  const inexact =
    Math.abs(value) > (column.exactTo ?? Number.MAX_SAFE_INTEGER) &&
    (column.type === 'float' || column.exactTo !== undefined);
  return inexact ? 'not exact' : undefined;
}

function codedWithFlaws(column: Column): Coded & { readonly flaws: readonly Flaw[] } {
  const { codes, names } = encode(asWritten(column));
  const flaws: Flaw[] = new Array(names.length);
  let known = 0;
  for (let r = 0; r < codes.length && known < names.length; r++)
    // Codes are numbered by first appearance.
    if (codes[r] === known) flaws[known] = flawOf(column, names[known++]!, r);
  return { codes, names, flaws };
}

function shown(column: Column, text: string, flaw: Flaw): string {
  const number = column.type !== 'string' && flaw === 'not exact' ? `${text}, a number that is not exact` : text;
  return column.type === 'string' ? `${quoted(text)}, a number that has been rounded` : number;
}

/** Tells a text that says that the value is missing. */
function isMissing(column: Column, text: string): boolean {
  return column.type === 'string' && MISSING.has(text);
}

function missingText(text: string): string {
  return `${quoted(text)}, as missing values are written`;
}

/** Texts that mostly stand for a missing value, and may be meant: NA is a country too. */
const DOUBTFUL: ReadonlySet<string> = new Set(['NA', 'N/A', 'n/a', 'NULL', 'null', 'None']);

/** Says of slice values that they are how some writers write that there is none. */
export function doubtfulSlices({ names }: Coded, name: string, file: string): string[] {
  return names
    .filter((text) => DOUBTFUL.has(text))
    .map(
      (text) =>
        `${file}: column ${quoted(name)} has the value ${quoted(text)}, as some writers write a missing one. ` +
        'It is judged as a slice of its own.',
    );
}

/** A value that cannot be what is asked: how a message shows it, what was expected, and what to do. */
type Complaint = readonly [value: string, expected: string, mend?: string];

/** Notes every row without a value, or with one that there is a complaint of, which is asked once a value. */
function noteRows(
  { codes, names }: Coded,
  name: string,
  bad: BadRows,
  expected: string,
  complaintOf: (text: string, code: number) => Complaint | undefined,
): void {
  const complaints = names.map(complaintOf);
  const missing: Complaint = ['missing', expected];
  for (let r = 0; r < codes.length; r++) {
    const code = codes[r]!;
    const complaint = code === -1 ? missing : complaints[code];
    if (complaint) bad.add(r, name, ...complaint);
  }
}

/** The column as ids; every row without one, or with one that is not exact, is noted. */
export function idsOf(column: Column, name: string, bad: BadRows): Coded {
  const { codes, names, flaws } = codedWithFlaws(column);
  const never = column.type === 'list' || column.type === 'bool';
  noteRows({ codes, names }, name, bad, ID, (text, code) => {
    if (text === '') return ['empty', ID];
    if (isMissing(column, text)) return [missingText(text), ID, LEFT_OUT];
    if (never) return [quoted(text), ID];
    return flaws[code] && [shown(column, text, flaws[code]), ID, AS_TEXT];
  });
  return { codes, names };
}

/** The column as slice values; every row without one, or with one that is not exact, is noted. */
export function sliceValuesOf(column: Column, name: string, bad: BadRows): Coded {
  const { codes, names, flaws } = codedWithFlaws(column);
  noteRows({ codes, names }, name, bad, SLICE, (text, code) => {
    if (text.trim() === '') return ['empty', SLICE];
    if (isMissing(column, text)) return [missingText(text), SLICE, LEFT_OUT];
    if (column.type === 'list') return [quoted(text), SLICE, 'Write one value a row.'];
    if (flaws[code] === 'not whole') return [text, SLICE, 'Put real numbers into buckets first.'];
    return flaws[code] && [shown(column, text, flaws[code]), SLICE, AS_TEXT];
  });
  return { codes, names };
}

/** The column as names; every row without one, with a list, or with a number that is not exact is noted. */
export function namesOf(column: Column, name: string, bad: BadRows, expected: string): Coded {
  const { codes, names, flaws } = codedWithFlaws(column);
  // In a CSV 1.10 is what it says, as a version may be.
  const says = (column.type === 'float' || column.type === 'int') && column.written !== undefined;
  noteRows({ codes, names }, name, bad, expected, (text, code) => {
    if (text === '') return ['missing', expected];
    if (column.type === 'list' || text === 'NaN') return [quoted(text), expected];
    const flaw = flaws[code];
    return flaw === 'not exact' || (flaw === 'not whole' && !says)
      ? [shown(column, text, flaw), expected, AS_TEXT]
      : undefined;
  });
  return { codes, names };
}

/** Texts by which the values of a column are compared; missing ones are the empty text. */
export function textsOf(column: Column): string[] {
  const { codes, names } = encode(asWritten(column));
  return Array.from(codes, (code) => (code === -1 ? '' : names[code]!));
}
