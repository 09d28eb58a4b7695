/** The pages of artifacts, by the addresses that GitHub gives them. */

import type { GitHubClient } from './client.js';

/** The variable in which a step of the workflow says where it has uploaded the report's folder. */
export const ARTIFACT_URL = 'SKEWGATE_ARTIFACT_URL';

/** True of the page of an artifact of this very run, and of nothing else: what is linked to is no free text. */
export function isArtifactOf(run: string, url: string): boolean {
  return url.startsWith(`${run}/artifacts/`) && /^\d{1,20}$/.test(url.slice(`${run}/artifacts/`.length));
}

/**
 * The page of the one artifact that a run has; undefined where it has none or several, of which nobody can say which
 * is meant, and where the token may not look.
 *
 * @param run the run's page
 */
export async function soleArtifact(
  client: GitHubClient,
  repository: { readonly owner: string; readonly repo: string },
  run: string,
): Promise<string | undefined> {
  const [, id] = /\/actions\/runs\/(\d{1,15})$/.exec(run) ?? [];
  if (id === undefined) return undefined;
  try {
    const { data } = await client.rest.actions.listWorkflowRunArtifacts({ ...repository, run_id: Number(id) });
    const [one, ...others] = data.artifacts.filter(({ expired }) => !expired);
    return one && others.length === 0 && Number.isSafeInteger(one.id) ? `${run}/artifacts/${one.id}` : undefined;
  } catch {
    return undefined;
  }
}
