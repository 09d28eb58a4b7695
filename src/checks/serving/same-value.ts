/**
 * A feature's value at serving is that of training by what it means, not by how it is spelled. Whole numbers,
 * ids and times are compared exactly, real numbers up to the rounding of float32, whatever their size.
 */
import { instantOf } from '../../lib/instants.js';

/**
 * Real numbers are the same up to this share of the larger one: float32 rounds by 6 · 10⁻⁸, and a text may hold fewer
 * digits.
 */
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
  // Texts that pandas reads as missing besides, and those that other languages print.
  '-nan',
  '-NaN',
  '#N/A',
  '#NA',
  '(null)',
  '<null>',
  'nil',
  'undefined',
]);

const TRUTHS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 't', 'yes', 'y', 'on', '1', '1.0'].map((word): [string, boolean] => [word, true]),
  ...['false', 'f', 'no', 'n', 'off', '0', '0.0'].map((word): [string, boolean] => [word, false]),
]);
const WORD = /^[a-z]+$/;

/** A number without leading zeros: 01234 is a code, and not 1234. */
const NUMBER = /^([+-]?)((?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE]([+-]?[0-9]{1,4}))?$/;

/** A unit of times since 1970, in the years 2001 to 2100, and as which power of ten of nanoseconds. */
interface Unit {
  readonly from: number;
  readonly to: number;
  readonly power: number;
}

const UNITS: readonly Unit[] = [9, 6, 3, 0].map((power) => ({
  from: 10 ** (18 - power),
  to: 4.1 * 10 ** (18 - power),
  power,
}));

/** The way in which the values of one feature are compared. */
export interface ValueForm {
  /**
   * The meaning of a value, by which equal ones are equal texts; missing ones are the empty text. Real numbers are
   * rounded to float32.
   */
  readonly canonical: (text: string) => string;
  readonly same: (train: string, serve: string) => boolean;
  /** True where one is a time whose zone nobody says and the other a moment: nobody knows whether they are the same. */
  readonly unclear: (train: string, serve: string) => boolean;
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
  const unit = unitOf(numbers);
  const inUnit = (x: number): boolean => unit !== undefined && x >= unit.from && x < unit.to;
  // Beside times that are written out, numbers of seconds are the same times.
  const written = unit !== undefined && all.some((text) => momentOf(text) !== undefined);
  // A feature that has no fraction in training counts something, or names it.
  const whole =
    !codes && !unit && train.every((text) => isMissing(text) || !NUMBER.test(text) || Number.isInteger(Number(text)));
  const canonical = (text: string): string => {
    if (isMissing(text)) return '';
    if (truth) return String(TRUTHS.get(text.toLowerCase()));
    if (!codes && NUMBER.test(text)) {
      if (written && inUnit(Number(text))) return momentSince(text, unit);
      return whole || unit ? exactNumber(text) : String(rounded(Number(text)));
    }
    return momentOf(text) ?? text;
  };
  const near = (a: string, b: string): boolean => {
    const [x, y] = [numberOf(a), numberOf(b)];
    // Of whole numbers nothing but float32 itself takes digits.
    if (Number.isInteger(x) && Number.isInteger(y)) return false;
    const allowed = inUnit(x) || inUnit(y) ? SAME_TIME : SAME;
    return Math.abs(x - y) <= allowed * Math.max(Math.abs(x), Math.abs(y));
  };
  return {
    canonical,
    same: (a, b) => a === b || canonical(a) === canonical(b) || (!truth && !whole && !codes && near(a, b)),
    unclear: (a, b) => {
      const kinds = [a, b].map((text) => CLOCK_OR_MOMENT.exec(canonical(text))?.[1]);
      return kinds.includes('clock') && kinds.includes('moment');
    },
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

/** The unit that most of some numbers are times in: a few may be 0, -1 or another mark of no time. */
function unitOf(numbers: readonly number[]): Unit | undefined {
  const some = numbers.filter((x) => x !== 0);
  return UNITS.find(({ from, to }) => 2 * some.filter((x) => x >= from && x < to).length > some.length);
}

const CLOCK_OR_MOMENT = /^(clock|moment) -?[0-9]+ [0-9]+$/;

/** A moment, to the nanosecond; of a time without a zone, its own clock's. */
function momentOf(text: string): string | undefined {
  const moment = instantOf(text);
  return moment && `${moment.zoned ? 'moment' : 'clock'} ${moment.milliseconds} ${moment.nanoseconds}`;
}

interface Decimal {
  /** `-`, `+` or nothing. */
  readonly sign: string;
  /** Digits before and after the point. */
  readonly before: string;
  readonly after: string;
  readonly exponent: number;
}

/** The parts of a text that NUMBER matches; anything else is a bug. */
function decimalOf(text: string): Decimal {
  const [, sign = '', mantissa, exponent = '0'] = NUMBER.exec(text) ?? [];
  if (mantissa === undefined) throw new Error(`${text} is read as a number and is none`);
  const [before = '', after = ''] = mantissa.split('.');
  return { sign, before, after, exponent: Number(exponent) };
}

/** The moment that a number of units since 1970 is. */
function momentSince(text: string, { power }: Unit): string {
  const { before, after, exponent } = decimalOf(text);
  const shift = exponent - after.length + power;
  const digits = BigInt(`${before}${after}`);
  const count = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
  return `moment ${count / 1_000_000n} ${count % 1_000_000n}`;
}

/** To float32, where that is neither infinite nor coarser than its 24 bits. */
function rounded(x: number): number {
  const near = Math.fround(x);
  return Number.isFinite(near) && Math.abs(near) > 1.2e-38 ? near : x;
}

/** A decimal number in one spelling, to its last digit: 3.0, +3 and 0.3e1 are 3. */
function exactNumber(text: string): string {
  const { sign, before, after, exponent } = decimalOf(text);
  const digits = `${before}${after}`.replace(/^0+/, '');
  if (digits === '') return '0';
  const kept = digits.replace(/0+$/, '');
  return `${sign === '-' ? '-' : ''}${kept}e${exponent - after.length + digits.length - kept.length}`;
}
