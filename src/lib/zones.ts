/** Time zones: what a clock on the wall says, as a moment. */

const HOUR = 3_600_000;
/** Offsets of all zones are whole quarters of an hour since 1972, and change at them. */
const QUARTER = HOUR / 4;

export interface Zone {
  /** As it was written. */
  readonly name: string;
  /**
   * Milliseconds to be taken from a wall clock's reading, itself in milliseconds as if it were UTC; `twice` and
   * `never` where clocks are put back or forward.
   */
  offset(wall: number): number | 'twice' | 'never';
}

/** `UTC`, `+02:00` or a name of the IANA time zone database; undefined for anything else. */
export function zoneOf(written: string): Zone | undefined {
  const fixed = /^(?:(UTC|Z)|([+-])([01][0-9]):?([0-5][0-9]))$/.exec(written);
  if (fixed) {
    const size = (Number(fixed[3] ?? 0) * 60 + Number(fixed[4] ?? 0)) * 60_000;
    const offset = fixed[2] === '-' ? -size : size;
    return { name: written, offset: () => offset };
  }
  if (!/^[A-Za-z][\w+-]*(\/[\w+-]+){0,2}$/.test(written)) return undefined;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: written,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    return undefined;
  }
  /** Milliseconds that the wall clock is ahead of UTC at a moment. */
  const ahead = (moment: number): number => {
    const parts = new Map(format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? Number.NaN;
    const [year, month] = [part('year'), part('month') - 1];
    const wall = Date.UTC(year, month, part('day'), part('hour'), part('minute'), part('second'));
    return wall - Math.floor(moment / 1000) * 1000;
  };
  const known = new Map<number, number | 'twice' | 'never'>();
  const find = (wall: number): number | 'twice' | 'never' => {
    const offsets = new Set([ahead(wall - 24 * HOUR), ahead(wall + 24 * HOUR)]);
    const right = [...offsets].filter((offset) => ahead(wall - offset) === offset);
    return right.length === 1 ? right[0]! : right.length === 0 ? 'never' : 'twice';
  };
  return {
    name: written,
    offset: (wall) => {
      const quarter = Math.floor(wall / QUARTER);
      let offset = known.get(quarter);
      if (offset === undefined) {
        offset = find(quarter * QUARTER);
        known.set(quarter, offset);
      }
      return offset;
    },
  };
}
