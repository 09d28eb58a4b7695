/** A terminal: the result on stdout, progress and errors on stderr. */

import { dirname, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { ConfigError, type UserError } from '../errors.js';
import type { CommandHost } from '../gate.js';
import type { Step } from '../lib/progress.js';
import { inert, printable } from '../lib/text.js';
import { renderJson } from '../report/json.js';
import { COLOUR, type Paint, PLAIN } from '../report/paint.js';
import { COLUMNS, renderText } from '../report/text.js';
import { viewOf } from '../report/view/view.js';
import type { ReportFiles } from '../report/write.js';
import type { Report } from '../verdict/report-object.js';
import { Beating, GroupedProgress, type ProgressDisplay, SparseProgress, WatchedProgress } from './progress.js';

export interface Streams {
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Questions are asked where it is a terminal, and stderr too. */
  readonly stdin?: NodeJS.ReadableStream & { readonly isTTY?: boolean };
}

export class TerminalHost implements CommandHost {
  readonly workspace: string;
  private readonly display: ProgressDisplay;

  constructor(
    private readonly streams: Streams,
    private readonly format: 'text' | 'json',
    /** The result alone: no progress, no warnings. What could not be judged is still said. */
    private readonly quiet = false,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.workspace = streams.env.GITHUB_WORKSPACE || process.cwd();
    const { stderr, env } = streams;
    const write = (text: string) => stderr.write(text);
    const grouped = env.GITHUB_ACTIONS === 'true';
    this.display = new Beating(
      stderr.isTTY
        ? new WatchedProgress(write, () => stderr.columns || 80, now)
        : grouped
          ? new GroupedProgress(write, now)
          : new SparseProgress(write, now),
    );
  }

  /** The same terminal with another way of showing a verdict. */
  showing(format: 'text' | 'json', quiet: boolean): TerminalHost {
    return new TerminalHost(this.streams, format, quiet, this.now);
  }

  /** Asks on stderr, so that stdout carries the result alone; undefined where there is no terminal on both ends. */
  get ask(): ((question: string) => Promise<string>) | undefined {
    const { stdin, stderr } = this.streams;
    if (!stdin?.isTTY || !stderr.isTTY) return undefined;
    return (question) => asked(stdin, question, (text) => stderr.write(text));
  }

  get screen(): { readonly columns: number; readonly paint: Paint } {
    const { stdout, env } = this.streams;
    // no-color.org: an empty NO_COLOR asks for nothing.
    const colour = stdout.isTTY === true && !env.NO_COLOR;
    return { columns: (stdout.isTTY && stdout.columns) || COLUMNS, paint: colour ? COLOUR : PLAIN };
  }

  output(text: string): void {
    this.streams.stdout.write(text);
  }

  progress(step: Step): void {
    if (!this.quiet) this.display.show(step);
  }

  async result(report: Report, files: ReportFiles): Promise<void> {
    this.display.end();
    const { stdout, stderr } = this.streams;
    const { paint, columns } = this.screen;
    const at = files.json === undefined ? undefined : relative(process.cwd(), dirname(files.json)) || '.';
    stdout.write(this.format === 'json' ? renderJson(report) : renderText(viewOf(report), paint, columns, at));
    if (files.failure !== undefined && !this.quiet)
      stderr.write(`warning: the report's files could not be written: ${printable(files.failure, 400)}\n`);
  }

  async refused(error: UserError): Promise<void> {
    this.display.end();
    for (const line of error.lines) this.streams.stderr.write(`error: ${line}\n`);
  }

  async crashed(error: unknown): Promise<void> {
    this.display.end();
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.streams.stderr.write(`skewgate has a bug: nothing was judged. Please report this:\n${text}\n`);
  }
}

/** One line of an input, after a question. Throws ConfigError where the input ends. */
function asked(input: NodeJS.ReadableStream, question: string, write: (text: string) => unknown): Promise<string> {
  write(question.split('\n').map(inert).join('\n'));
  const lines = createInterface({ input, terminal: false });
  return new Promise((resolve, reject) => {
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
    });
    lines.once('close', () =>
      reject(
        new ConfigError([
          { found: 'the end of the input in place of an answer', expected: 'an answer, or --yes to take the guesses' },
        ]),
      ),
    );
  });
}
