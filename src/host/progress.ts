/** Progress as a terminal, a pipe and a job's log show it. */

import type { Step } from '../lib/progress.js';
import { clip } from '../report/columns.js';
import { Meter } from './progress-lines.js';

/** Milliseconds between two lines where nobody watches, and between two changes of one that is watched. */
const APART = 10_000;
const FRAME = 100;
/** Milliseconds between two beats of a display. */
const BEAT = 1000;

/** Shows the progress of one run. */
export interface ProgressDisplay {
  show(step: Step): void;
  /** Time has gone by without a step: what is worked on is said again where it takes long. */
  beat(): void;
  /** Leaves the place to what comes next. */
  end(): void;
}

type Clock = () => number;

/** One line a part of a stage, written over as it goes on. */
export class WatchedProgress implements ProgressDisplay {
  private readonly meter: Meter;
  private shown = '';
  private last: Step | undefined;
  private at = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly write: (text: string) => unknown,
    private readonly columns: () => number,
    private readonly now: Clock,
  ) {
    this.meter = new Meter(now);
  }

  show(step: Step): void {
    const begins = this.meter.take(step);
    if (begins.part) this.end();
    this.last = step;
    const finished = step.total !== undefined && step.done === step.total;
    if (!begins.part && !finished && this.now() - this.at < FRAME) return;
    this.at = this.now();
    // A line that wraps could not be written over.
    this.shown = clip(this.meter.line(step), Math.max(20, this.columns() - 1));
    this.write(`\r\u001b[K${this.shown}`);
  }

  beat(): void {
    if (this.last) this.show(this.last);
  }

  end(): void {
    if (this.shown !== '') this.write('\n');
    this.shown = '';
    this.last = undefined;
  }
}

/** A line at most every ten seconds, none of a run that is done before. */
export class SparseProgress implements ProgressDisplay {
  private readonly meter: Meter;
  private last: Step | undefined;
  private at: number;

  constructor(
    private readonly write: (text: string) => unknown,
    private readonly now: Clock,
  ) {
    this.meter = new Meter(now);
    this.at = now();
  }

  show(step: Step): void {
    this.meter.take(step);
    this.last = step;
    this.beat();
  }

  beat(): void {
    if (!this.last || this.now() - this.at < APART) return;
    this.at = this.now();
    this.write(`${this.meter.line(this.last)}\n`);
  }

  end(): void {
    this.last = undefined;
  }
}

/**
 * A group a stage, with a line for every part and one every ten seconds. Lines begin with words of ours, so that the
 * runner takes none for a command.
 */
export class GroupedProgress implements ProgressDisplay {
  private readonly meter: Meter;
  private last: Step | undefined;
  private at = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly write: (text: string) => unknown,
    private readonly now: Clock,
  ) {
    this.meter = new Meter(now);
  }

  show(step: Step): void {
    const begins = this.meter.take(step);
    if (begins.stage) {
      this.end();
      this.write(`::group::${step.stage}\n`);
    }
    this.last = step;
    if (begins.part) this.say(step);
    else this.beat();
  }

  beat(): void {
    if (this.last && this.now() - this.at >= APART) this.say(this.last);
  }

  private say(step: Step): void {
    this.at = this.now();
    this.write(`${this.meter.line(step)}\n`);
  }

  end(): void {
    if (this.last) this.write('::endgroup::\n');
    this.last = undefined;
  }
}

/** A display with a clock that beats between the steps, for as long as the run goes on; it keeps no process alive. */
export class Beating implements ProgressDisplay {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly display: ProgressDisplay) {}

  show(step: Step): void {
    this.timer ??= setInterval(() => this.beat(), BEAT).unref();
    this.display.show(step);
  }

  beat(): void {
    this.display.beat();
  }

  end(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.display.end();
  }
}
