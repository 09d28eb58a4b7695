/** Moments in any spelling, and what a clock on the wall says. */
import { describe, expect, it } from 'vitest';
import { instantOf, inZone, isoText } from '../../src/lib/instants.js';
import { zoneOf } from '../../src/lib/zones.js';

const MOMENT = Date.UTC(2026, 6, 1, 10);

describe('a time', () => {
  it.each([
    '2026-07-01T10:00:00Z',
    '2026-07-01 10:00:00+00:00',
    '2026-07-01 10:00:00+00',
    '2026-07-01T12:00:00.000+02:00',
    '2026-07-01T12:00+0200',
    '2026-07-01 10:00:00 UTC',
    '2026-07-01T04:30:00-05:30',
  ])('is one moment as %s', (text) => {
    expect(instantOf(text)).toEqual({ milliseconds: MOMENT, nanoseconds: 0, zoned: true });
  });

  it('is read to the nanosecond', () => {
    expect(instantOf('2026-07-01T10:00:00.123456789Z')).toEqual({
      milliseconds: MOMENT + 123,
      nanoseconds: 456_789,
      zoned: true,
    });
    expect(instantOf('2026-07-01T10:00:00.0001Z')!.nanoseconds).toBe(100_000);
  });

  it.each(['2026-07-01', '2026-07-01 10:00:00', '2026-07-01T10:00'])('without a zone says so: %s', (text) => {
    expect(instantOf(text)!.zoned).toBe(false);
  });

  it.each([
    '',
    '7',
    '2026-02-30',
    '2026-13-01T00:00:00Z',
    '2026-07-01T25:00:00Z',
    '2026-07-01T10:60:00Z',
    '2026-07-01Z',
    'x',
  ])('%j is none', (text) => {
    expect(instantOf(text)).toBeUndefined();
  });

  it('is written to its last digit', () => {
    expect(isoText(1_782_900_000_123_456n, 1_000_000n, true)).toBe('2026-07-01T10:00:00.123456Z');
    expect(isoText(-1n, 1_000_000_000n, true)).toBe('1969-12-31T23:59:59.999999999Z');
    expect(isoText(1_782_900_000n, 1n, false)).toBe('2026-07-01T10:00:00');
    expect(instantOf(isoText(1_782_900_000_123n, 1000n, true))!.milliseconds).toBe(1_782_900_000_123);
  });
});

describe('a zone', () => {
  const at = (text: string, zone: string) => {
    const moment = inZone(instantOf(text)!, zoneOf(zone)!);
    return typeof moment === 'string' ? moment : new Date(moment.milliseconds).toISOString();
  };

  it.each([
    ['2026-07-01 12:00:00', 'Europe/Berlin', '2026-07-01T10:00:00.000Z'],
    ['2026-01-01 12:00:00', 'Europe/Berlin', '2026-01-01T11:00:00.000Z'],
    ['2026-07-01 12:00:00', '+05:30', '2026-07-01T06:30:00.000Z'],
    ['2026-07-01 12:00:00', '-0330', '2026-07-01T15:30:00.000Z'],
    ['2026-07-01 12:00:00', 'UTC', '2026-07-01T12:00:00.000Z'],
    ['2026-07-01 12:00:00', 'Asia/Kathmandu', '2026-07-01T06:15:00.000Z'],
    ['2026-03-29 01:59:59', 'Europe/Berlin', '2026-03-29T00:59:59.000Z'],
    ['2026-03-29 03:00:00', 'Europe/Berlin', '2026-03-29T01:00:00.000Z'],
    ['2026-10-25 01:59:59', 'Europe/Berlin', '2026-10-24T23:59:59.000Z'],
    ['2026-10-25 03:00:00', 'Europe/Berlin', '2026-10-25T02:00:00.000Z'],
    ['2026-07-01 12:00:00+01:00', 'Asia/Kathmandu', '2026-07-01T11:00:00.000Z'],
  ])('reads %s in %s as %s', (text, zone, moment) => {
    expect(at(text, zone)).toBe(moment);
  });

  it('knows the hours that clocks show twice or never', () => {
    expect(at('2026-03-29 02:30:00', 'Europe/Berlin')).toBe('never');
    expect(at('2026-10-25 02:30:00', 'Europe/Berlin')).toBe('twice');
    expect(at('2026-11-01 01:15:00', 'America/New_York')).toBe('twice');
  });

  it.each(['Europe/Berln', 'CEST 2', '', '+25', '../etc'])('%j is none', (written) => {
    expect(zoneOf(written)).toBeUndefined();
  });
});
