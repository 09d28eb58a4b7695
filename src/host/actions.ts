/** A workflow: job summary, annotations by workflow command, outputs. Needs no token; the verdict never depends on it. */
import { randomUUID } from 'node:crypto';
import * as core from '@actions/core';
import { formatPlace, formatProblem, type UserError } from '../errors.js';
import type { Host } from '../gate.js';
import { printable } from '../lib/text.js';
import { type Annotation, annotationsOf } from '../report/annotations.js';
import { escapeMarkdown } from '../report/markdown.js';
import { renderSummary } from '../report/summary.js';
import { renderText } from '../report/text.js';
import type { ReportFiles } from '../report/write.js';
import type { Report } from '../verdict/report-object.js';

/** Annotations that GitHub shows of each level and step. */
const PER_LEVEL = 10;
/** Characters of a message before GitHub cuts it. */
const MESSAGE_LIMIT = 4096;

export class ActionsHost implements Host {
  readonly workspace = process.env.GITHUB_WORKSPACE || process.cwd();

  progress(message: string): void {
    this.inert(printable(message));
  }

  /** Prints text in which the runner looks for no command, whatever a slice or a version is called. */
  private inert(text: string): void {
    const token = randomUUID();
    process.stdout.write(`::stop-commands::${token}\n${text.endsWith('\n') ? text : `${text}\n`}::${token}::\n`);
  }

  async result(report: Report, files: ReportFiles): Promise<void> {
    this.inert(renderText(report));
    if (files.failure !== undefined)
      core.warning(`The report's files could not be written: ${printable(files.failure, 400)}`);
    await this.writeSummary(renderSummary(report));
    this.annotate(annotationsOf(report));
    this.output('verdict', report.verdict);
    this.output('action', report.recommendation.action);
    this.output('max-index-age-hours', smallestAge(report));
    this.output('report', files.json ?? '');
    this.output('summary', files.summary ?? '');
  }

  async refused(error: UserError): Promise<void> {
    this.inert(error.problems.map((problem) => `error: ${formatProblem(problem)}`).join('\n'));
    await this.writeSummary(
      `## ❌ Could not judge\n\n${error.problems
        .slice(0, 50)
        .map((problem) => `- ${escapeMarkdown(formatProblem(problem))}`)
        .join('\n')}\n`,
    );
    this.annotate(
      error.problems.map((problem) => ({
        level: 'error',
        title: 'skewgate could not judge',
        message: formatProblem(problem),
        ...(problem.place ? { place: problem.place } : {}),
      })),
    );
  }

  async crashed(error: unknown): Promise<void> {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.inert(text);
    this.annotate([
      {
        level: 'error',
        title: 'skewgate has a bug',
        message: 'Nothing was judged. Please report the log of this step.',
      },
    ]);
    await this.writeSummary('## ❌ skewgate has a bug\n\nNothing was judged. Please report the log of this step.\n');
  }

  private annotate(annotations: readonly Annotation[]): void {
    const used = { error: 0, warning: 0, notice: 0 };
    for (const { level, title, message, place } of annotations) {
      if (++used[level] > PER_LEVEL) continue;
      const show = { error: core.error, warning: core.warning, notice: core.notice }[level];
      show(message.slice(0, MESSAGE_LIMIT), {
        title: printable(title),
        ...(place ? { file: place.file } : {}),
        ...(place?.line === undefined ? {} : { startLine: place.line }),
        ...(place?.column === undefined ? {} : { startColumn: place.column }),
      });
    }
    const dropped = annotations.length - Object.values(used).reduce((sum, n) => sum + Math.min(n, PER_LEVEL), 0);
    if (dropped > 0)
      this.inert(
        `${dropped} more annotations were left out; all are in the summary (${annotations.flatMap((a) => (a.place ? [formatPlace(a.place)] : [])).length} places).`,
      );
  }

  private async writeSummary(markdown: string): Promise<void> {
    if (!process.env.GITHUB_STEP_SUMMARY) return;
    try {
      await core.summary.addRaw(markdown).write();
    } catch (error) {
      core.warning(`The job summary could not be written: ${printable((error as Error).message, 400)}`);
    }
  }

  private output(name: string, value: string): void {
    if (!process.env.GITHUB_OUTPUT) return;
    try {
      core.setOutput(name, value);
    } catch (error) {
      core.warning(`Output ${name} could not be set: ${printable((error as Error).message, 400)}`);
    }
  }
}

/** The index age that the tightest tier needs; empty where no cadence is declared or nothing has to change. */
function smallestAge({ recommendation }: Report): string {
  const ages = recommendation.options.flatMap(({ maxIndexAgeHours }) => maxIndexAgeHours ?? []);
  return ages.length === 0 ? '' : String(Math.min(...ages));
}
