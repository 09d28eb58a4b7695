/**
 * Errors that a user can mend. Every other exception is a bug of ours (exit status 3).
 *
 * A problem names the place (`file:line:column`, or a table's row and column), what was found there,
 * what was expected, and the right form. Problems of one file are gathered and reported together.
 */
import { inert, plural, printable } from './lib/text.js';

/** A place in something the user wrote. Lines and columns count from 1. */
export interface Place {
  /** Path as shown to the user: relative to the workspace where possible. */
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

export interface Problem {
  readonly place?: Place;
  /** Says what stands there. */
  readonly found: string;
  /** Says what would have been right. */
  readonly expected: string;
  /** Shows the right form, ready to paste. */
  readonly mend?: string;
}

export function formatPlace(place: Place): string {
  const file = printable(place.file);
  if (place.line === undefined) return file;
  return `${file}:${place.line}:${place.column ?? 1}`;
}

/** One line a problem: `file:line:column: found; expected … Write: …`. */
export function formatProblem(problem: Problem): string {
  const where = problem.place ? `${formatPlace(problem.place)}: ` : '';
  const mend = problem.mend ? ` ${problem.mend}` : '';
  return inert(`${where}${problem.found}; expected ${problem.expected}.${mend}`);
}

/** Problems of one file that are shown; the rest is counted. */
export const MAX_SHOWN = 20;

/** The policy, release, data or model is wrong: exit status 2, never a stack trace, never a pass. */
export class UserError extends Error {
  readonly problems: readonly Problem[];
  /** The first problems of each file. */
  readonly shown: readonly Problem[];
  /** The number of problems that are not shown. */
  readonly hidden: number;

  /** @param uncounted problems that were found and are not in the list */
  constructor(problems: readonly Problem[], uncounted = 0) {
    const shown = firstOfEachFile(problems);
    const hidden = problems.length - shown.length + uncounted;
    super(linesOf(shown, hidden).join('\n'));
    this.name = 'UserError';
    this.problems = problems;
    this.shown = shown;
    this.hidden = hidden;
  }

  /** One line a problem that is shown, then one that counts the rest. */
  get lines(): readonly string[] {
    return linesOf(this.shown, this.hidden);
  }
}

function firstOfEachFile(problems: readonly Problem[]): Problem[] {
  const counts = new Map<string | undefined, number>();
  return problems.filter(({ place }) => {
    const count = (counts.get(place?.file) ?? 0) + 1;
    counts.set(place?.file, count);
    return count <= MAX_SHOWN;
  });
}

function linesOf(shown: readonly Problem[], hidden: number): string[] {
  return [...shown.map(formatProblem), ...(hidden > 0 ? [`… and ${plural(hidden, 'more problem')}.`] : [])];
}

/** A policy, a release or an argument that cannot be followed. */
export class ConfigError extends UserError {
  override readonly name = 'ConfigError';
}

/** A table or an embedding file that cannot be judged. */
export class DataError extends UserError {
  override readonly name = 'DataError';
}

/** A checkpoint that cannot be run, or whose output cannot be used. */
export class ModelError extends UserError {
  override readonly name = 'ModelError';
}

/** Gathers all problems of one reading, so that a user mends them in one go. */
export class ProblemList {
  readonly problems: Problem[] = [];
  /** Found, and not kept. */
  private dropped = 0;

  add(problem: Problem): void {
    this.problems.push(problem);
  }

  /** Counts problems that nobody would read to the end. */
  count(more: number): void {
    this.dropped += more;
  }

  get any(): boolean {
    return this.problems.length > 0;
  }

  throwIfAny(Kind: new (problems: readonly Problem[], uncounted?: number) => UserError): void {
    if (this.any) throw new Kind(this.problems, this.dropped);
  }
}
