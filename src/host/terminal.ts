/** A terminal: the result on stdout, progress and errors on stderr. */

import type { UserError } from '../errors.js';
import type { CommandHost } from '../gate.js';
import { printable } from '../lib/text.js';
import { renderJson } from '../report/json.js';
import { COLOUR, PLAIN } from '../report/paint.js';
import { renderText } from '../report/text.js';
import { viewOf } from '../report/view/view.js';
import type { ReportFiles } from '../report/write.js';
import type { Report } from '../verdict/report-object.js';

export interface Streams {
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
}

export class TerminalHost implements CommandHost {
  readonly workspace: string;

  constructor(
    private readonly streams: Streams,
    private readonly format: 'text' | 'json',
    /** The result alone: no progress, no warnings. What could not be judged is still said. */
    private readonly quiet = false,
  ) {
    this.workspace = streams.env.GITHUB_WORKSPACE || process.cwd();
  }

  /** The same terminal with another way of showing a verdict. */
  showing(format: 'text' | 'json', quiet: boolean): TerminalHost {
    return new TerminalHost(this.streams, format, quiet);
  }

  output(text: string): void {
    this.streams.stdout.write(text);
  }

  progress(message: string): void {
    if (this.streams.stderr.isTTY && !this.quiet) this.streams.stderr.write(`${printable(message)}\n`);
  }

  async result(report: Report, files: ReportFiles): Promise<void> {
    const { stdout, stderr, env } = this.streams;
    // no-color.org: an empty NO_COLOR asks for nothing.
    const colour = stdout.isTTY === true && !env.NO_COLOR;
    stdout.write(
      this.format === 'json'
        ? renderJson(report)
        : renderText(viewOf(report), colour ? COLOUR : PLAIN, (stdout.isTTY && stdout.columns) || undefined),
    );
    if (files.failure !== undefined && !this.quiet)
      stderr.write(`warning: the report's files could not be written: ${printable(files.failure, 400)}\n`);
  }

  async refused(error: UserError): Promise<void> {
    for (const line of error.lines) this.streams.stderr.write(`error: ${line}\n`);
  }

  async crashed(error: unknown): Promise<void> {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.streams.stderr.write(`skewgate has a bug: nothing was judged. Please report this:\n${text}\n`);
  }
}
