/**
 * A workflow: job summary, annotations by workflow command and outputs need no token; the check run and the comment
 * are shown where one is given. The verdict depends on none of them.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as core from '@actions/core';
import { isFile, Workspace } from '../data/artefacts/files.js';
import type { PolicyOrigin } from '../documents/policy/origin.js';
import { ConfigError, formatPlace, formatProblem, type Place, type UserError } from '../errors.js';
import { cachedAt, type ExitStatus, type GateArguments, gate, type Host } from '../gate.js';
import { changedLines } from '../lib/difference.js';
import type { Step } from '../lib/progress.js';
import { printable, quoted } from '../lib/text.js';
import { type Annotation, annotationsOf } from '../report/annotations.js';
import { renderComment, renderTitle } from '../report/check-run.js';
import { escapeMarkdown } from '../report/markdown.js';
import { PLAIN } from '../report/paint.js';
import { picturesOfSummary } from '../report/pictures-link.js';
import { renderSummary } from '../report/summary.js';
import { COLUMNS, renderText } from '../report/text.js';
import { viewOf } from '../report/view/view.js';
import { forgetReport, type ReportFiles } from '../report/write.js';
import type { Report } from '../verdict/report-object.js';
import { BasePolicy, originNamed } from './base-policy.js';
import { Commit } from './git.js';
import { ARTIFACT_URL, isArtifactOf } from './github/artifacts.js';
import { identityOf } from './github/check-identity.js';
import { clientOf } from './github/client.js';
import { linkReport, type Written } from './github/link-report.js';
import { postReport } from './github/post.js';
import { PullRequestView } from './github/pull-request-view.js';
import { readTrigger, type Trigger } from './github/trigger.js';
import { enter, type Inputs, loadInputs } from './inputs.js';
import { Beating, GroupedProgress } from './progress.js';
import { subjectNames } from './subject.js';

/** The name under which the runner keeps, from the step to the end of its job, what was written. */
const STATE = 'written';
/** Annotations that GitHub shows of each level and step. */
const PER_LEVEL = 10;
/** Characters of a message before GitHub cuts it. */
const MESSAGE_LIMIT = 4096;
/** Characters of the output for a chat message. */
const HEADLINE_LIMIT = 600;
/** Events of a change that is still to be merged: its base's policy judges it. */
const CHANGES = ['pull_request', 'pull_request_target', 'merge_group'];

export class ActionsHost implements Host {
  readonly workspace = process.env.GITHUB_WORKSPACE || process.cwd();
  private readonly trigger: Trigger = readTrigger(process.env);
  private readonly display = new Beating(
    new GroupedProgress(
      (text) => process.stdout.write(text),
      () => performance.now(),
    ),
  );
  private view: PullRequestView | undefined;
  private base: Commit | undefined;

  /** Judges, or posts what a fork's run has judged. */
  async run(): Promise<ExitStatus> {
    const folder = enter();
    // Also where the inputs are wrong: a report of an earlier run must not pass for this one's.
    if (folder !== undefined) forgetReport(folder, this.workspace);
    const inputs = loadInputs();
    if (inputs.postReport === undefined) return gate(this.argumentsOf(inputs), this);
    this.inert(printable(await postReport(inputs.postReport, inputs, this.trigger), 400));
    return 0;
  }

  /**
   * After the job: the summary, the check and the comment lead to the artifact, where a step of the workflow has said
   * that it uploaded one. The verdict was told long before: nothing here changes a status.
   */
  async link(): Promise<ExitStatus> {
    const token = core.getInput('token');
    if (token !== '') core.setSecret(token);
    const { runUrl: run } = this.trigger;
    const artifact = process.env[ARTIFACT_URL];
    if (!artifact || run === undefined) return 0;
    if (!isArtifactOf(run, artifact)) {
      core.warning(
        `${ARTIFACT_URL} is ${quoted(artifact)}, which is no artifact of this run: nothing is linked to it.`,
      );
      return 0;
    }
    await this.writeSummary(`${picturesOfSummary({ artifact })}\n`);
    const written = writtenBefore();
    if (token === '' || !written) return 0;
    try {
      await linkReport(clientOf(token), this.trigger, written, { run, artifact });
    } catch (error) {
      core.warning(
        `Check and comment could not be linked to the artifact: ${printable((error as Error).message, 300)}`,
      );
    }
    return 0;
  }

  private argumentsOf(inputs: Inputs): GateArguments {
    const { policy, release, out, checkName, cacheDir } = inputs;
    const { event, pullRequest } = this.trigger;
    const ref = inputs.policyRef ?? (CHANGES.includes(event) ? 'base' : 'head');
    const workspace = new Workspace(this.workspace);
    const identity = (origin?: PolicyOrigin) =>
      identityOf({ ...subjectNames(inputs, origin, workspace), judgedBy: ref, pullRequest }, checkName);
    this.view = PullRequestView.of(inputs, this.trigger, this.workspace, identity);
    const origin = this.originOf(ref);
    if (this.view) this.view.identity = identity(origin);
    this.keep({ identity: identity(origin), comment: inputs.comment });
    return { policy, release, out, origin, ...cachedAt(cacheDir) };
  }

  private originOf(ref: string): PolicyOrigin {
    if (ref !== 'base') {
      const origin = originNamed(this.workspace, ref);
      if (origin instanceof BasePolicy) this.base = origin.commit;
      return origin;
    }
    if (this.trigger.baseSha === undefined)
      throw new ConfigError([
        {
          found: `no base commit in the event ${quoted(this.trigger.event)}, for policy-ref: base`,
          expected: `one of the events ${CHANGES.join(', ')}`,
          mend: 'Leave policy-ref out: a push or a manual run is judged by the policy of its own commit.',
        },
      ]);
    this.base = Commit.open(this.workspace, this.trigger.baseSha);
    return new BasePolicy(this.base);
  }

  async judging(): Promise<void> {
    this.view?.begin();
  }

  progress(step: Step): void {
    this.display.show(step);
  }

  /** Prints text in which the runner looks for no command, whatever a slice or a version is called. */
  private inert(text: string): void {
    const token = randomUUID();
    process.stdout.write(`::stop-commands::${token}\n${text.endsWith('\n') ? text : `${text}\n`}::${token}::\n`);
  }

  async result(report: Report, files: ReportFiles): Promise<void> {
    this.display.end();
    const view = viewOf(report);
    this.inert(renderText(view, PLAIN, COLUMNS));
    if (files.failure !== undefined)
      core.warning(`The report's files could not be written: ${printable(files.failure, 400)}`);
    const summary = renderSummary(view, this.trigger.runUrl);
    await this.writeSummary(summary);
    const annotations = annotationsOf(view, this.releasePlace(report));
    this.annotate(annotations);
    this.output('verdict', report.verdict);
    this.output('action', report.recommendation.action);
    this.output('headline', printable(view.head.headline, HEADLINE_LIMIT));
    this.output('max-index-age-hours', smallestAge(report));
    this.output('report', files.json ?? '');
    this.output('summary', files.summary ?? '');
    this.output('html', files.html ?? '');
    await this.view?.finish(
      { conclusion: view.head.conclusion, title: renderTitle(view), summary, annotations },
      (detailsUrl) => renderComment(view, detailsUrl),
    );
    this.sayWhatGitHubMissed();
  }

  async refused(error: UserError): Promise<void> {
    this.display.end();
    this.inert(error.lines.map((line) => `error: ${line}`).join('\n'));
    const summary = `## ❌ Could not judge\n\n${error.lines.map((line) => `- ${escapeMarkdown(line)}`).join('\n')}\n`;
    const annotations = error.shown.map(
      (problem): Annotation => ({
        level: 'error',
        title: 'skewgate could not judge',
        message: formatProblem(problem),
        ...(problem.place ? { place: problem.place } : {}),
      }),
    );
    await this.close('Could not judge', summary, annotations);
  }

  async crashed(error: unknown): Promise<void> {
    this.display.end();
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.inert(text);
    const message = 'Nothing was judged. Please report the log of this step.';
    await this.close('skewgate has a bug', `## ❌ skewgate has a bug\n\n${message}\n`, [
      { level: 'error', title: 'skewgate has a bug', message },
    ]);
  }

  /** Without a verdict nothing is ever shown green. */
  private async close(title: string, summary: string, annotations: readonly Annotation[]): Promise<void> {
    await this.writeSummary(summary);
    this.annotate(annotations);
    await this.view?.finish({ conclusion: 'failure', title, summary, annotations }, () => summary);
    this.sayWhatGitHubMissed();
  }

  /** Whatever GitHub could not be told, in one warning. */
  private sayWhatGitHubMissed(): void {
    const { failures = [], alike } = this.view ?? {};
    if (alike !== undefined)
      core.warning(
        `Another judgement of this commit has a check named ${quoted(alike)} too, of other files or by another ` +
          'policy: give each a check-name of its own, or branch protection may take one for the other.',
      );
    if (failures.length > 0)
      core.warning(
        'The verdict stands, but GitHub could not be told: ' +
          `${failures.map((failure) => printable(failure, 300)).join('; ')}. The check run needs permissions: ` +
          'checks: write, the comment pull-requests: write.',
      );
  }

  /** The line of the release that this change touched: the version's own, else the first one. */
  private releasePlace({ release }: Report): Place {
    const file = resolve(this.workspace, release.path);
    const inside = this.base?.pathOf(file);
    if (!this.base || inside === undefined || !isFile(file)) return release.place;
    const before = this.base.blob(inside)?.bytes.toString('utf8') ?? '';
    const lines = changedLines(before, readFileSync(file, 'utf8'));
    return lines.length === 0 || lines.includes(release.place.line ?? 0)
      ? release.place
      : { file: release.place.file, line: lines[0]!, column: 1 };
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
        `${dropped} more annotations were left out; all are in the summary ` +
          `(${annotations.flatMap((a) => (a.place ? [formatPlace(a.place)] : [])).length} places).`,
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

  /** Keeps for the end of the job what was written for whom. */
  private keep(written: Written): void {
    if (process.env.GITHUB_STATE) core.saveState(STATE, written);
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

/** True at the end of a job in which the Action has judged. */
export function isAfterJob(): boolean {
  return core.getState(STATE) !== '';
}

/** Undefined where the state is none that `keep` has written. */
function writtenBefore(): Written | undefined {
  try {
    const { identity, comment } = JSON.parse(core.getState(STATE)) as Partial<Written>;
    return typeof identity?.externalId === 'string' && identity.externalId !== ''
      ? { identity, comment: comment === true }
      : undefined;
  } catch {
    return undefined;
  }
}

/** The index age that the tightest tier needs; empty where no cadence is declared or nothing has to change. */
function smallestAge({ recommendation }: Report): string {
  const ages = recommendation.options.flatMap(({ maxIndexAgeHours }) => maxIndexAgeHours ?? []);
  return ages.length === 0 ? '' : String(Math.min(...ages));
}
