/** Progress in words: stage, done of total, rate and time left. */

import type { Step } from '../lib/progress.js';
import { printable } from '../lib/text.js';

/** Milliseconds of work on a part before its rate says anything. */
const SETTLED = 500;
/** Milliseconds after which a part of which no rate is known is said to take long. */
const LONG = 5000;

/** The part of a run that is worked on, since when, and what was done then. */
export class Meter {
  private stage = '';
  private detail: string | undefined;
  private since = 0;
  private first = 0;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(private readonly now: () => number) {}

  /** Takes a step in; tells whether a stage, and whether a part of one, begins with it. */
  take({ stage, detail, done = 0 }: Step): { readonly stage: boolean; readonly part: boolean } {
    const begins = { stage: stage !== this.stage, part: stage !== this.stage || detail !== this.detail };
    if (begins.part) {
      this.stage = stage;
      this.detail = detail;
      this.since = this.now();
      this.first = done;
    }
    return begins;
  }

  /** `towers: item tower v41, 120,000 of 400,000 items, 30,000 a second, 9 s left`; `judging, 12 s so far`. */
  line({ stage, detail, done, total, unit = '' }: Step): string {
    const elapsed = this.now() - this.since;
    const name = detail === undefined ? stage : `${stage}: ${printable(detail)}`;
    const soFar = elapsed >= LONG ? `, ${duration(elapsed / 1000)} so far` : '';
    if (total === undefined) return name + soFar;
    // Units are given in the plural.
    const all = `${count(total)}${unit === '' || total === 1 ? '' : ` ${unit}`}`;
    // A part that is worked on is not done.
    const whole = count(Math.floor(done ?? 0));
    if (done === total && done > 0) return `${name}, ${whole} of ${all}`;
    if (done === undefined || done === 0) return `${name}, ${all}${soFar}`;
    const rate = (1000 * (done - this.first)) / elapsed;
    if (!(elapsed >= SETTLED && rate > 0)) return `${name}, ${whole} of ${all}`;
    const pace = `${rate >= 10 ? count(rate) : rate.toPrecision(2)} a second`;
    return `${name}, ${whole} of ${all}, ${pace}, ${duration((total - done) / rate)} left`;
  }
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `9 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
