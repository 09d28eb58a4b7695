/** Progress as a terminal, a pipe and a job's log show it. */

import type { Step } from '../lib/progress.js';
import { Meter } from './progress-lines.js';

/** Milliseconds between two lines where nobody watches, and between two changes of one that is watched. */
const APART = 10_000;
const FRAME = 100;

/** Shows the progress of one run. */
export interface ProgressDisplay {
  show(step: Step): void;
  /** Leaves the place to what comes next. */
  end(): void;
}

type Clock = () => number;

/** One line a part of a stage, written over as it goes on. */
export class WatchedProgress implements ProgressDisplay {
  private readonly meter: Meter;
  private shown = '';
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
    const finished = step.total !== undefined && step.done === step.total;
    if (!begins.part && !finished && this.now() - this.at < FRAME) return;
    this.at = this.now();
    // A line that wraps could not be written over.
    this.shown = this.meter.line(step).slice(0, Math.max(20, this.columns() - 1));
    this.write(`\r\u001b[K${this.shown}`);
  }

  end(): void {
    if (this.shown !== '') this.write('\n');
    this.shown = '';
  }
}

/** A line at most every ten seconds, none of a run that is done before. */
export class SparseProgress implements ProgressDisplay {
  private readonly meter: Meter;
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
    if (this.now() - this.at < APART) return;
    this.at = this.now();
    this.write(`${this.meter.line(step)}\n`);
  }

  end(): void {}
}

/**
 * A group a stage, with a line for every part and one every ten seconds. Lines begin with words of ours, so that the
 * runner takes none for a command.
 */
export class GroupedProgress implements ProgressDisplay {
  private readonly meter: Meter;
  private open = false;
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
      this.open = true;
      this.write(`::group::${step.stage}\n`);
    }
    if (!begins.part && this.now() - this.at < APART) return;
    this.at = this.now();
    this.write(`${this.meter.line(step)}\n`);
  }

  end(): void {
    if (this.open) this.write('::endgroup::\n');
    this.open = false;
  }
}
