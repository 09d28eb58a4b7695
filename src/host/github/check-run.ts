/**
 * One check run a policy, release and commit: in progress while the gate works, then completed. It only shows the
 * verdict; the exit status is the verdict.
 */
import { chunks } from '../../lib/text.js';
import type { CheckIdentity } from './check-identity.js';
import type { GitHubClient } from './client.js';

/** Annotations that GitHub takes a request. */
const BATCH = 50;
/** Characters of a summary, of an annotation's message and of its title. */
const SUMMARY_LIMIT = 65_535;
const MESSAGE_LIMIT = 16_000;
const TITLE_LIMIT = 255;

export interface CheckTarget {
  readonly client: GitHubClient;
  readonly owner: string;
  readonly repo: string;
  readonly sha: string;
  readonly detailsUrl?: string;
}

/** An annotation in the repository's own terms. */
export interface CheckAnnotation {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly annotation_level: 'failure' | 'warning' | 'notice';
  readonly title: string;
  readonly message: string;
}

export interface CheckOutcome {
  readonly conclusion: 'success' | 'failure' | 'neutral';
  readonly title: string;
  readonly summary: string;
  readonly annotations: readonly CheckAnnotation[];
}

export class CheckRun {
  private constructor(
    private readonly target: CheckTarget,
    readonly name: string,
    private readonly id: number,
    /** The check run that an earlier attempt of this run has left there. */
    private readonly before: readonly CheckAnnotation[],
    /** True where another judgement has a check of the same name at the commit. */
    readonly alike: boolean,
  ) {}

  /**
   * Opens the check at the commit: that of an earlier attempt at the same judgement is taken up again, else a new one
   * is made. Another's is never touched, whatever its name.
   */
  static async start(target: CheckTarget, identity: CheckIdentity): Promise<CheckRun> {
    const { client, owner, repo, sha } = target;
    const { name, externalId } = identity;
    const progress = {
      status: 'in_progress' as const,
      external_id: externalId,
      started_at: new Date().toISOString(),
      ...(target.detailsUrl === undefined ? {} : { details_url: target.detailsUrl }),
    };
    const { own, alike } = await earlierRuns(target, identity);
    for (const { id, count } of own) {
      const annotations = count === 0 ? [] : await annotationsOf({ client, owner, repo }, id);
      try {
        await client.rest.checks.update({ owner, repo, check_run_id: id, name, ...progress });
        return new CheckRun(target, name, id, annotations, alike);
      } catch (error) {
        // A run of another app is not ours to change.
        if (![403, 404].includes((error as { status?: number }).status ?? 0)) throw error;
      }
    }
    const { data } = await client.rest.checks.create({ owner, repo, name, head_sha: sha, ...progress });
    if (!Number.isSafeInteger(data?.id)) throw new Error('an answer without the id of the check');
    return new CheckRun(target, name, data.id, [], alike);
  }

  /** Annotations first, the conclusion last: what is shown as completed is complete. */
  async complete({ conclusion, title, summary, annotations }: CheckOutcome): Promise<void> {
    const { client, owner, repo } = this.target;
    const text = { title: cut(title, TITLE_LIMIT), summary: cut(summary, SUMMARY_LIMIT) };
    const known = new Set(this.before.map(keyOf));
    const fresh = annotations.map(within).filter((annotation) => !known.has(keyOf(annotation)));
    const batches = chunks(fresh, BATCH);
    const last = batches.pop() ?? [];
    const where = { owner, repo, check_run_id: this.id, name: this.name };
    for (const batch of batches) await client.rest.checks.update({ ...where, output: { ...text, annotations: batch } });
    const { data } = await client.rest.checks.update({
      ...where,
      status: 'completed',
      conclusion,
      completed_at: new Date().toISOString(),
      output: { ...text, annotations: last },
    });
    // An answer that is none may have come from anywhere on the way.
    if (data?.status !== 'completed') throw new Error('an answer that does not say that the check is completed');
  }
}

interface EarlierRun {
  readonly id: number;
  readonly output: { readonly title: string; readonly summary: string };
  /** Annotations are only ever appended: those of an earlier attempt are not sent again. */
  readonly count: number;
}

/** The checks of earlier attempts, whatever they were called; the newest first. */
export async function earlierRuns(
  { client, owner, repo, sha }: CheckTarget,
  { name, externalId }: CheckIdentity,
): Promise<{ own: EarlierRun[]; alike: boolean }> {
  const where = { owner, repo, ref: sha, filter: 'all' as const, per_page: 100 };
  const runs = await client.paginate(client.rest.checks.listForRef, where);
  // An answer that is none may have come from anywhere on the way.
  if (!runs.every((run) => Number.isSafeInteger(run?.id))) throw new Error('an answer that is no list of checks');
  const alike = runs.some(
    (run) => run.name === name && run.external_id?.startsWith('skewgate:') && run.external_id !== externalId,
  );
  const own = runs
    .filter(({ external_id }) => external_id === externalId)
    .map(({ id, output }): EarlierRun => {
      const { title, summary, annotations_count: count } = output ?? {};
      return { id, output: { title: title ?? '', summary: summary ?? '' }, count: count ?? 0 };
    });
  return { own: own.sort((a, b) => b.id - a.id), alike };
}

async function annotationsOf(
  { client, owner, repo }: Pick<CheckTarget, 'client' | 'owner' | 'repo'>,
  check_run_id: number,
): Promise<CheckAnnotation[]> {
  const where = { owner, repo, check_run_id, per_page: 100 };
  const found = await client.paginate(client.rest.checks.listAnnotations, where);
  return found.map((annotation) => ({
    path: annotation.path,
    start_line: annotation.start_line,
    end_line: annotation.end_line,
    annotation_level: annotation.annotation_level as CheckAnnotation['annotation_level'],
    title: annotation.title ?? '',
    message: annotation.message ?? '',
  }));
}

function keyOf({ path, start_line, annotation_level, title, message }: CheckAnnotation): string {
  return JSON.stringify([path, start_line, annotation_level, title, message]);
}

function within(annotation: CheckAnnotation): CheckAnnotation {
  return {
    ...annotation,
    title: cut(annotation.title, TITLE_LIMIT),
    message: cut(annotation.message, MESSAGE_LIMIT),
  };
}

/** In characters as GitHub counts them, not in the middle of one. */
function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
