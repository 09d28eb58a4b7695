/**
 * The verdict as a pull request shows it: a check run, and a comment where one is asked for. Best effort: what fails
 * is gathered, never thrown.
 */
import { relative, resolve, sep } from 'node:path';
import type { Annotation } from '../../report/annotations.js';
import type { Inputs } from '../inputs.js';
import type { CheckIdentity } from './check-identity.js';
import { type CheckAnnotation, type CheckOutcome, CheckRun, type CheckTarget } from './check-run.js';
import { clientOf, type GitHubClient } from './client.js';
import { stickyComment } from './comment.js';
import type { Trigger } from './trigger.js';

export interface ShownOutcome extends Omit<CheckOutcome, 'annotations'> {
  readonly annotations: readonly Annotation[];
}

export class PullRequestView {
  readonly failures: string[] = [];
  /** The check's name, where another judgement at this commit shows one of the same. */
  alike: string | undefined;
  private started: Promise<CheckRun | undefined> | undefined;

  private constructor(
    private readonly client: GitHubClient,
    private readonly target: Omit<CheckTarget, 'client'>,
    private readonly trigger: Trigger,
    private readonly workspace: string,
    private readonly wantsComment: boolean,
    /** Known better once the policy that judges has been found. */
    public identity: CheckIdentity,
  ) {}

  /** Undefined without a token, or without a commit to show anything at. */
  static of(
    inputs: Pick<Inputs, 'token' | 'comment'>,
    trigger: Trigger,
    workspace: string,
    identity: () => CheckIdentity,
    client: (token: string) => GitHubClient = clientOf,
  ): PullRequestView | undefined {
    const { repository, headSha: sha, runUrl } = trigger;
    if (inputs.token === '' || !repository || sha === undefined) return undefined;
    const target = { ...repository, sha, ...(runUrl === undefined ? {} : { detailsUrl: runUrl }) };
    return new PullRequestView(client(inputs.token), target, trigger, workspace, inputs.comment, identity());
  }

  /** Opens the check while the gate works. */
  begin(): void {
    // Whatever goes wrong now is tried once more at the end, and said then.
    this.started = this.open().catch(() => undefined);
  }

  /** Completes the check, also one that was never begun, then writes the comment. */
  async finish(outcome: ShownOutcome, comment: (detailsUrl: string | undefined) => string): Promise<void> {
    const { identity } = this;
    await this.attempt('check run', async () => {
      const run = (await this.started) ?? (await this.open());
      await run.complete({ ...outcome, annotations: outcome.annotations.flatMap((a) => this.inRepository(a)) });
      if (run.alike) this.alike = identity.name;
    });
    const { pullRequest } = this.trigger;
    if (!this.wantsComment || pullRequest === undefined) return;
    const { owner, repo, detailsUrl } = this.target;
    await this.attempt('comment', () =>
      stickyComment({ client: this.client, owner, repo, pullRequest }, identity, comment(detailsUrl)),
    );
  }

  private open(): Promise<CheckRun> {
    return CheckRun.start({ client: this.client, ...this.target }, this.identity);
  }

  private async attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const { status, message } = error as { status?: number; message?: string };
      this.failures.push(`${what} (${status === undefined ? '' : `${status}: `}${message ?? String(error)})`);
    }
  }

  /** With a place in the repository; the rest stands in the summary. */
  private inRepository({ level, title, message, place }: Annotation): CheckAnnotation[] {
    if (!place || place.line === undefined) return [];
    const path = relative(this.workspace, resolve(this.workspace, place.file)).split(sep).join('/');
    if (path === '' || path.startsWith('..')) return [];
    return [
      {
        path,
        start_line: place.line,
        end_line: place.line,
        annotation_level: level === 'error' ? 'failure' : level,
        title,
        message,
      },
    ];
  }
}
