/** Columns of times: numbers in any one unit, or texts with their zone, compared to the last digit. */
import { DataError } from '../../errors.js';
import { type Instant, instantOf, inZone } from '../../lib/instants.js';
import { quoted } from '../../lib/text.js';
import type { Zone } from '../../lib/zones.js';
import { type Column, isNull, textAt } from '../tables/column.js';
import { numberColumn } from '../tables/numbers.js';
import type { BadRows, Table } from '../tables/table.js';

/** Moments that can be compared with those of another column of the same unit. */
export interface Times {
  /** Milliseconds since 1970, or numbers as they stand; shape (rows). */
  readonly coarse: Float64Array | BigInt64Array;
  /** Nanoseconds beyond them; absent where the numbers say all. */
  readonly fine?: Int32Array;
}

const EXPECTED = 'a number, or a time with its zone such as 2026-02-27T10:00:00Z';

/**
 * Numbers as they are (one unit in both columns; whole numbers exactly), texts with a time zone.
 *
 * @param zone whose clock the times are read off that do not say one; without it they are refused
 */
export function timesOf(column: Column, name: string, bad: BadRows, zone: Zone | undefined): Times {
  if (column.type === 'wide_int') {
    for (let r = 0; r < column.length; r++) if (isNull(column, r)) bad.add(r, name, 'missing', EXPECTED);
    return { coarse: column.values };
  }
  const text = column.type === 'string' && column.dictionary.some((t) => /[T:]|^\d{4}-\d\d-\d\d$/.test(t));
  if (!text) {
    const coarse = numberColumn(column, name, bad, EXPECTED, Number.isFinite);
    // Of float32 seconds since 1970 a step is two minutes.
    const exactTo = ('exactTo' in column ? column.exactTo : undefined) ?? Number.MAX_SAFE_INTEGER;
    for (let r = 0; r < coarse.length; r++)
      if (Number.isInteger(coarse[r]!) && Math.abs(coarse[r]!) > exactTo)
        bad.add(r, name, `${coarse[r]}, a float that does not tell it from its neighbours`, EXPECTED);
    return { coarse };
  }
  return timesOfTexts(column, name, bad, zone);
}

function timesOfTexts(column: Column, name: string, bad: BadRows, zone: Zone | undefined): Times {
  const coarse = new Float64Array(column.length);
  const fine = new Int32Array(column.length);
  for (let r = 0; r < column.length; r++) {
    if (isNull(column, r)) {
      bad.add(r, name, 'missing', EXPECTED);
      continue;
    }
    const moment = momentOf(textAt(column, r), zone);
    if ('found' in moment) bad.add(r, name, moment.found, moment.expected, moment.mend);
    else {
      coarse[r] = moment.milliseconds;
      fine[r] = moment.nanoseconds;
    }
  }
  return { coarse, fine };
}

interface NoMoment {
  readonly found: string;
  readonly expected: string;
  readonly mend?: string;
}

/** The moment that a text names, or what is wrong with it. */
function momentOf(written: string, zone: Zone | undefined): Instant | NoMoment {
  const time = instantOf(written);
  if (!time) return { found: quoted(written), expected: EXPECTED };
  if (!zone)
    return time.zoned
      ? time
      : {
          found: `${quoted(written)}, a time without a zone`,
          expected: EXPECTED,
          mend:
            'Write it with its zone, or say it in the release: ' +
            'evidence: {ledger: {path: …, timezone: Europe/Berlin}}',
        };
  const moment = inZone(time, zone);
  if (typeof moment !== 'string') return moment;
  const shown = moment === 'twice' ? 'show twice' : 'never show';
  return { found: `${quoted(written)}, which the clocks of ${zone.name} ${shown}`, expected: 'a time with its zone' };
}

/** Tells if row r of `a` is later than that of `b`. */
export function later(a: Times, b: Times, r: number): boolean {
  if (a.coarse[r]! > b.coarse[r]!) return true;
  return !(b.coarse[r]! > a.coarse[r]!) && (a.fine?.[r] ?? 0) > (b.fine?.[r] ?? 0);
}

/** Time from row `r` of `a` to row `s` of `b`, of one unit: milliseconds where texts or timestamps were read. */
export function elapsed(a: Times, r: number, b: Times, s: number): number {
  const [from, to] = [a.coarse[r]!, b.coarse[s]!];
  const coarse = typeof from === 'bigint' && typeof to === 'bigint' ? Number(to - from) : Number(to) - Number(from);
  return coarse + ((b.fine?.[s] ?? 0) - (a.fine?.[r] ?? 0)) / 1e6;
}

/**
 * Times of two units (seconds and milliseconds, numbers and texts) would acquit or convict for nothing.
 *
 * @param counts tells of which rows both are there
 */
export function sameUnit(
  event: Times,
  other: Times,
  name: string,
  table: Table,
  counts: (row: number) => boolean = () => true,
): void {
  const middle = ({ coarse }: Times) => {
    const there = Float64Array.from(coarse, Number)
      .filter((_, r) => counts(r))
      .sort();
    return Math.abs(there[there.length >> 1] ?? 0);
  };
  const [a, b] = [middle(event), middle(other)];
  if (a > 100 * b || b > 100 * a)
    throw new DataError([
      {
        place: { file: table.file },
        found: `event_ts around ${a} and ${name} around ${b}`,
        expected: 'times in one unit',
        mend: 'Write both as seconds, both as milliseconds, or both as 2026-02-27T10:00:00Z.',
      },
    ]);
}
