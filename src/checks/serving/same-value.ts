/**
 * When a feature's value at serving is that of training: by what it means, not by how it is spelled. Whole numbers, ids and times are compared exactly, real numbers up to the rounding of float32,
 * whatever their size.
 */
import { instantOf } from '../../lib/instants.js';

/** Real numbers are the same up to this share of the larger one: float32 rounds by 6 · 10⁻⁸, and a text may hold fewer digits. */
const SAME = 1e-6;
/** Moments as real numbers are the same up to the rounding of float64: seconds since 1970 to the microsecond. */
const SAME_TIME = 1e-15;

const MISSING: ReadonlySet<string> = new Set([
  '',
  'null',
  'Null',
  'NULL',
  'nan',
  'NaN',
  'NAN',
  'NA',
  'N/A',
  'n/a',
  '<NA>',
  'None',
  'NONE',
  'none',
  'NaT',
  '\\N',
]);

const TRUTHS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 't', 'yes', 'y', '1', '1.0'].map((word): [string, boolean] => [word, true]),
  ...['false', 'f', 'no', 'n', '0', '0.0'].map((word): [string, boolean] => [word, false]),
]);
const WORD = /^[a-z]+$/;

/** A number without leading zeros: 01234 is a code, and not 1234. */
const NUMBER = /^([+-]?)((?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE]([+-]?[0-9]{1,4}))?$/;

/** Seconds, milliseconds, microseconds and nanoseconds since 1970, of the years 2001 to 2100. */
const EPOCHS = [1, 1e3, 1e6, 1e9].map((unit): readonly [number, number] => [1e9 * unit, 4.1e9 * unit]);

/** How the values of one feature are compared. */
export interface ValueForm {
  /** What a value means, by which equal ones are equal texts; missing ones are the empty text. Real numbers are rounded to float32. */
  readonly canonical: (text: string) => string;
  readonly same: (train: string, serve: string) => boolean;
  /** The number that a value is; NaN for anything else. */
  readonly number: (text: string) => number;
}

/** The form of a feature, from all that training and serving have of it. */
export function valueForm(train: readonly string[], serve: readonly string[]): ValueForm {
  const all = [...new Set([...train, ...serve])].filter((text) => !isMissing(text));
  const truth = isTruth(all);
  const codes = all.some((text) => /^[+-]?0[0-9]/.test(text));
  const numberOf = (text: string): number => (NUMBER.test(text) ? Number(text) : Number.NaN);
  const numbers = codes ? [] : all.map(numberOf).filter((x) => !Number.isNaN(x));
  const epoch =
    numbers.length > 0 && EPOCHS.some(([from, to]) => numbers.every((x) => x === 0 || (x >= from && x < to)));
  // What training has no fraction of counts something, or names it.
  const whole =
    !codes && !epoch && train.every((text) => isMissing(text) || !NUMBER.test(text) || Number.isInteger(Number(text)));
  const canonical = (text: string): string => {
    if (isMissing(text)) return '';
    if (truth) return String(TRUTHS.get(text.toLowerCase()));
    if (!codes && NUMBER.test(text)) return whole || epoch ? exactNumber(text) : String(rounded(Number(text)));
    return momentOf(text) ?? text;
  };
  const near = (a: string, b: string): boolean => {
    const [x, y] = [numberOf(a), numberOf(b)];
    // Of whole numbers nothing but float32 itself takes digits.
    if (Number.isInteger(x) && Number.isInteger(y)) return false;
    const allowed = epoch ? SAME_TIME : SAME;
    return Math.abs(x - y) <= allowed * Math.max(Math.abs(x), Math.abs(y));
  };
  return {
    canonical,
    same: (a, b) => a === b || canonical(a) === canonical(b) || (!truth && !whole && !codes && near(a, b)),
    number: codes ? () => Number.NaN : (text) => rounded(numberOf(text)),
  };
}

export function isMissing(text: string): boolean {
  return MISSING.has(text);
}

/** Truth values in any spelling: 1 and 0 beside words, not alone. */
function isTruth(texts: readonly string[]): boolean {
  const lower = texts.map((text) => text.toLowerCase());
  return lower.every((text) => TRUTHS.has(text)) && lower.some((text) => WORD.test(text));
}

/** A moment, to the nanosecond; of a time without a zone, its own clock's. */
function momentOf(text: string): string | undefined {
  const moment = instantOf(text);
  return moment && `${moment.zoned ? 'moment' : 'clock'} ${moment.milliseconds} ${moment.nanoseconds}`;
}

/** To float32, where that is neither infinite nor coarser than its 24 bits. */
function rounded(x: number): number {
  const near = Math.fround(x);
  return Number.isFinite(near) && Math.abs(near) > 1.2e-38 ? near : x;
}

/** A decimal number in one spelling, to its last digit: 3.0, +3 and 0.3e1 are 3. */
function exactNumber(text: string): string {
  const [, sign, mantissa, exponent = '0'] = NUMBER.exec(text)!;
  const [before = '', after = ''] = mantissa!.split('.');
  const digits = `${before}${after}`.replace(/^0+/, '');
  if (digits === '') return '0';
  const kept = digits.replace(/0+$/, '');
  return `${sign === '-' ? '-' : ''}${kept}e${Number(exponent) - after.length + digits.length - kept.length}`;
}
