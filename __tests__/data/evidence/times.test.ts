/** Times of a ledger: in their own precision and zone, or refused. */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { later, sameUnit, timesOf } from '../../../src/data/evidence/times.js';
import { readTable } from '../../../src/data/tables/read-table.js';
import { BadRows } from '../../../src/data/tables/table.js';
import { zoneOf } from '../../../src/lib/zones.js';
import { refusal } from '../../support/evidence.js';
import { GapProject } from '../../support/ledger.js';

const fixtures = join(import.meta.dirname, '../../fixtures/identity');
let project: GapProject;
afterEach(() => project?.remove());
const EXPECTED = 'a number, or a time with its zone such as 2026-02-27T10:00:00Z';

/** A ledger in which a feature is later than its event by `feature` − `event` in every other row. */
function ledger(event: string, feature: string, earlier: string, timezone?: string): GapProject {
  project = new GapProject({ requests: 200 }, ['label-leakage']);
  project.ledger((row, r) => ({ ...row, event_ts: event, feature_ts: r % 2 ? feature : earlier }));
  if (timezone !== undefined)
    project.edit('models/release.yml', 'ledger: ledger.csv', `ledger: {path: ledger.csv, timezone: ${timezone}}`);
  return project;
}

describe('a feature that is younger than its event by a little is seen', () => {
  it.each([
    ['a microsecond', '2026-02-27T10:00:00.000200Z', '2026-02-27T10:00:00.000201Z', '2026-02-27T10:00:00Z'],
    ['a nanosecond', '2026-02-27T10:00:00.000000001Z', '2026-02-27T11:00:00.000000002+01:00', '2026-02-27T10:00:00Z'],
    ['a nanosecond as a number', '1772186400000000001', '1772186400000000002', '1772186400000000000'],
    ['a fraction of a second', '1772186400.25', '1772186400.5', '1772186400'],
  ])('%s', async (_, event, feature, earlier) => {
    const { of } = await ledger(event, feature, earlier).diagnosis();
    expect(of('label-leakage').why).toMatch(/in 50 % of the rows a feature is younger than the event/);
  });
});

describe('times without a zone', () => {
  const NAIVE = ['2026-02-27 10:00:00', '2026-02-27 10:00:01', '2026-02-27 09:00:00'] as const;

  it('are refused', async () => {
    expect(await refusal(ledger(...NAIVE))).toMatch(
      /ledger.csv:2:1: row 1, column "event_ts" is "2026-02-27 10:00:00", a time without a zone; expected .* timezone: Europe\/Berlin/,
    );
  });

  it('are read in the zone that the release says', async () => {
    const { of } = await ledger(...NAIVE, 'Europe/Berlin').diagnosis();
    expect(of('label-leakage').why).toMatch(/in 50 % of the rows/);
    project.remove();
    // An hour east of Greenwich: 10:00:00 there is 09:00:00 in UTC.
    const mixed = ledger('2026-02-27 10:00:00', '2026-02-27T09:00:00.001Z', '2026-02-27T09:00:00Z', "'+01:00'");
    expect((await mixed.diagnosis()).of('label-leakage').why).toMatch(/in 50 % of the rows/);
  });

  it('are refused where the clocks of the zone show them twice', async () => {
    expect(
      await refusal(ledger('2026-10-25 02:30:00', '2026-10-25 00:30:00', '2026-10-25 00:30:00', 'Europe/Berlin')),
    ).toMatch(/row 1, column "event_ts" is "2026-10-25 02:30:00", which the clocks of Europe\/Berlin show twice/);
  });

  it('and a zone that nobody knows is refused at its place', async () => {
    expect(await refusal(ledger(...NAIVE, 'Europe/Berln'))).toMatch(
      /release.yml:4:\d+: timezone "Europe\/Berln"; expected UTC, an offset such as \+02:00, or a name of the IANA/,
    );
    project.remove();
    const other = ledger(...NAIVE).edit(
      'models/release.yml',
      'ledger: ledger.csv',
      'mix: {path: ledger.csv, timezone: UTC}',
    );
    expect(await refusal(other)).toMatch(/unknown key "timezone"/);
  });

  it('numbers that floats do not tell apart are refused', async () => {
    expect(await refusal(ledger('1772186400000000001.5', '1772186400000000002', '1'))).toMatch(
      /row 1, column "event_ts" is 1772186400000000000, a float that does not tell it from its neighbours/,
    );
  });

  it.each(['float', 'int'] as const)('seconds in float32 of Parquet, two minutes apart, are refused: %s', (type) => {
    const bad = new BadRows({ file: 'ledger.parquet', columnNames: ['t'], columns: new Map(), rows: 2 });
    const column = { type, length: 2, values: Float64Array.of(12.5, Math.fround(1_772_186_400)), exactTo: 2 ** 24 - 1 };
    timesOf(column, 't', bad, false, undefined);
    expect(() => bad.throwIfAny()).toThrow(
      `row 2, column "t" is 1772186368, a float that does not tell it from its neighbours`,
    );
  });
});

describe('one cell that is no time among times', () => {
  it.each(['soon', '17', '2026-02-30T10:00:00Z'])('%s is refused by its row', async (cell) => {
    project = new GapProject({ requests: 200 }, ['label-leakage']);
    project.ledger((row, r) => ({
      ...row,
      event_ts: r === 2 ? cell : '2026-02-27T10:00:00Z',
      feature_ts: '2026-02-27T09:00:00Z',
    }));
    expect(await refusal(project)).toMatch(
      new RegExp(
        `^models/ledger.csv:4:1: row 3, column "event_ts" is "${cell}"; expected a number, or a time with its zone`,
      ),
    );
  });

  it('nor is a missing one, of numbers beyond 2^53 either', () => {
    const table = { file: 'x', rows: 2, columnNames: ['event_ts'], columns: new Map() };
    const bad = new BadRows(table);
    const wide = { type: 'wide_int', length: 2, values: BigInt64Array.of(1n, 0n), nulls: Uint8Array.of(0, 1) } as const;
    timesOf(wide, 'event_ts', bad, false, undefined);
    expect(bad.problems.map(({ found }) => found)).toEqual(['row 2, column "event_ts" is missing']);
  });
});

describe('one time is later than another', () => {
  const at = (coarse: number, fine?: number) => ({
    coarse: Float64Array.of(coarse),
    ...(fine === undefined ? {} : { fine: Int32Array.of(fine) }),
  });

  // Numbers of milliseconds have no nanoseconds beyond them, where texts have some.
  it.each([
    ['by a millisecond', at(6), at(5), true],
    ['by a millisecond, whatever is beyond it', at(6, 0), at(5, 999_999), true],
    ['by a nanosecond', at(5, 2), at(5, 1), true],
    ['by a nanosecond beyond a whole number', at(5, 1), at(5), true],
    ['not at the same moment', at(5, 1), at(5, 1), false],
    ['not at the same number', at(5), at(5), false],
    ['not at no more than a whole number', at(5, 0), at(5), false],
    ['not of a whole number, by a nanosecond', at(5), at(5, 1), false],
    ['not earlier, by a nanosecond', at(5, 1), at(5, 2), false],
    ['not earlier, whatever is beyond it', at(5, 999_999), at(6, 0), false],
  ])('%s', (_, a, b, expected) => {
    expect(later(a, b, 0)).toBe(expected);
  });
});

describe('times in two units', () => {
  const table = { file: 'ledger.csv', rows: 5, columnNames: [], columns: new Map() };
  const now = 1_772_186_400;
  const times = (...values: number[]) => ({ coarse: Float64Array.from(values) });

  it.each([
    ['seconds and milliseconds', times(now, now, now), times(1000 * now, 1000 * now, 1000 * now)],
    ['milliseconds and seconds', times(1000 * now, 1000 * now, 1000 * now), times(now, now, now)],
    // Two rows in five are of the epoch, as where a feature was never written.
    [
      'seconds and milliseconds, but for a few',
      times(now, now, now, 0, 0),
      times(1000 * now, 0, 1000 * now, 0, 1000 * now),
    ],
  ])('%s are refused by the middle of them', (_, event, other) => {
    expect(() => sameUnit(event, other, 'label_ts', table)).toThrow(
      /ledger.csv: event_ts around \d+ and label_ts around \d+; expected times in one unit/,
    );
  });

  it('are told from labels that are a day late, and from whole numbers beyond 2^53', () => {
    expect(() => sameUnit(times(now, now, now), times(now, now + 86_400, now), 'label_ts', table)).not.toThrow();
    const wide = { coarse: BigInt64Array.from([now, now, now], (x) => BigInt(x) * 1_000_000_000n) };
    expect(() => sameUnit(wide, wide, 'label_ts', table)).not.toThrow();
    expect(() => sameUnit(wide, times(now, now, now), 'label_ts', table)).toThrow(/times in one unit/);
  });
});

describe('times of Parquet', () => {
  const read = async (file: string, name: string, zone?: string) => {
    const table = await readTable(join(fixtures, file), file, [name], undefined, [name]);
    const bad = new BadRows(table);
    const times = timesOf(table.columns.get(name)!, name, bad, false, zone === undefined ? undefined : zoneOf(zone));
    bad.throwIfAny();
    return Array.from(
      Float64Array.from(times.coarse, Number),
      (ms, r) => `${new Date(ms).toISOString()} ${times.fine![r]}`,
    );
  };

  it.each([
    ['utc', ['2026-10-25T02:30:00.000Z 0', '2026-07-01T10:00:00.123Z 456000', '1969-12-31T23:59:59.999Z 999000']],
    ['nanos', ['2025-06-15T15:06:40.000Z 1', '2025-06-15T15:06:40.000Z 2', '1969-12-31T23:59:59.999Z 999999']],
    ['millis', ['2025-06-15T15:06:40.123Z 0', '1970-01-01T00:00:00.000Z 0', '1969-12-31T23:59:59.999Z 0']],
  ])('%s are read to the last digit', async (name, expected) => {
    expect(await read('times.parquet', name)).toEqual(expected);
  });

  it.each([
    ['times.parquet', 'naive', '2026-10-25T02:30:00.000000'],
    ['times.parquet', 'day', '2026-07-01T00:00:00'],
    ['int96.parquet', 'old', '2026-10-25T02:30:00.000000000'],
  ])('of %s, %s are refused without a zone', async (file, name, shown) => {
    await expect(read(file, name)).rejects.toThrow(
      `${file}: row 1, column "${name}" is "${shown}", a time without a zone; expected ${EXPECTED}`,
    );
    expect((await read(file, name, '+02:00'))[0]).toMatch(/^2026-(10-25T00:30|06-30T22:00):00.000Z 0$/);
  });

  it('elsewhere are no numbers', async () => {
    await expect(readTable(join(fixtures, 'times.parquet'), 'x.parquet', ['utc'])).rejects.toThrow(
      'x.parquet: column "utc" with a date or time; expected numbers',
    );
  });

  it('are later where the last digit is', async () => {
    const table = await readTable(join(fixtures, 'times.parquet'), 'x', ['nanos'], undefined, ['nanos']);
    const bad = new BadRows(table);
    const times = timesOf(table.columns.get('nanos')!, 'nanos', bad, false, undefined);
    const next = { coarse: times.coarse.slice(1), fine: times.fine!.slice(1) };
    expect([later(next, times, 0), later(times, next, 0), later(times, times, 0)]).toEqual([true, false, false]);
  });
});
