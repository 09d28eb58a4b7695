/** Projects of evidence that are removed when their test is over. */
import { afterEach } from 'vitest';
import { EvidenceProject, type Tables } from './evidence.js';
import type { Project } from './project.js';

export let project: Project;

/** To be called by each file that uses these. */
export function removedAfterEach(): void {
  afterEach(() => project.remove());
}

/** Kept until the test is over. */
export function kept<T extends Project>(own: T): T {
  project = own;
  return own;
}

export function evidence(rules: Record<string, readonly string[]>, tables: Tables, release?: string): EvidenceProject {
  return kept(new EvidenceProject(rules, tables, release));
}
