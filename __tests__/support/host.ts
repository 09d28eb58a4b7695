/** A host that keeps what a command says: commands are tested in process. */
import type { UserError } from '../../src/errors.js';
import type { CommandHost } from '../../src/gate.js';
import type { Step } from '../../src/lib/progress.js';
import { renderJson } from '../../src/report/json.js';
import type { Report } from '../../src/verdict/report-object.js';

export class KeepingHost implements CommandHost {
  /** Text of results. */
  printed = '';
  report?: Report;
  error?: UserError;

  constructor(readonly workspace: string) {}

  /** What could not be judged, in lines. */
  get message(): string {
    return this.error?.message ?? '';
  }

  output(text: string): void {
    this.printed += text;
  }

  showing(format: 'text' | 'json'): CommandHost {
    if (format === 'json') this.json = true;
    return this;
  }

  private json = false;

  progress(_step: Step): void {}

  async result(report: Report): Promise<void> {
    this.report = report;
    if (this.json) this.output(renderJson(report));
  }

  async refused(error: UserError): Promise<void> {
    this.error = error;
  }

  async crashed(bug: unknown): Promise<void> {
    throw bug;
  }
}
