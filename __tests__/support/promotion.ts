/** A change that promotes a version: the base has a live v2, the change makes it v3. */
import type { Project } from './project.js';
import { commit } from './workflow.js';

export const POLICY = 'gates/gate.yml';
export const RELEASE = 'models/release.yml';
export const STRICT = 'max_increase: 5%';
export const LAX = 'max_increase: 40%';

/** Makes both commits; `edit` is what else the change does. */
export function promotionOf(project: Project, edit: () => void = () => undefined): { base: string; head: string } {
  project.edit(RELEASE, 'live: v3', 'live: v2').edit(POLICY, 'from: -1, to: 2', 'from: 0, to: 1');
  const base = commit(project, 'base');
  project.edit(RELEASE, 'live: v2', 'live: v3');
  edit();
  return { base, head: commit(project, 'promote v3') };
}
