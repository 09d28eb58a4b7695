/** Moments as ISO 8601 writes them, to the nanosecond: milliseconds alone would make one moment of many. */
import type { Zone } from './zones.js';

export interface Instant {
  /** Milliseconds since 1970; of a time without a zone, what its clock said. */
  readonly milliseconds: number;
  /** Beyond them, 0 to 999,999. */
  readonly nanoseconds: number;
  /** True where the text says its zone. */
  readonly zoned: boolean;
}

const DAY = /(\d{4})-(\d\d)-(\d\d)/.source;
const CLOCK = /[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?/.source;
const ZONE = / ?(Z|z|UTC|GMT|([+-]\d\d)(?::?(\d\d))?)/.source;
const TIME = new RegExp(`^${DAY}(?:${CLOCK})?(?:${ZONE})?$`);

/** A time, or a day; undefined for anything else, and for a day that no calendar has. */
export function instantOf(text: string): Instant | undefined {
  const match = TIME.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute = '0', second = '0', fraction = '', zone, hours, minutes = '0'] = match;
  if (hour === undefined && zone !== undefined) return undefined;
  const clock = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour ?? 0),
    Number(minute),
    Number(second),
  );
  const date = new Date(clock);
  const real =
    Number(hour ?? 0) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 60 &&
    Number(minutes) < 60 &&
    date.getUTCMonth() === Number(month) - 1 &&
    date.getUTCDate() === Number(day) &&
    date.getUTCFullYear() === Number(year);
  if (!real) return undefined;
  const digits = fraction.padEnd(9, '0');
  const offset =
    hours === undefined
      ? 0
      : Math.sign(Number(`${hours}1`)) * (Math.abs(Number(hours)) * 60 + Number(minutes)) * 60_000;
  return {
    milliseconds: clock + Number(digits.slice(0, 3)) - offset,
    nanoseconds: Number(digits.slice(3)),
    zoned: zone !== undefined,
  };
}

/** The moment of a time without a zone; `twice` and `never` where clocks are put back or forward. */
export function inZone(time: Instant, zone: Zone): Instant | 'twice' | 'never' {
  if (time.zoned) return time;
  const offset = zone.offset(time.milliseconds);
  return typeof offset === 'string' ? offset : { ...time, milliseconds: time.milliseconds - offset, zoned: true };
}

/** A count of units since 1970 as text, to the last digit; with `Z` where it is in UTC. */
export function isoText(count: bigint, perSecond: bigint, utc: boolean): string {
  const rest = ((count % perSecond) + perSecond) % perSecond;
  const date = new Date(Number((count - rest) / perSecond) * 1000);
  if (Number.isNaN(date.getTime())) return String(count);
  const fraction = perSecond === 1n ? '' : `.${rest.toString().padStart(perSecond.toString().length - 1, '0')}`;
  return `${date.toISOString().slice(0, -5)}${fraction}${utc ? 'Z' : ''}`;
}
