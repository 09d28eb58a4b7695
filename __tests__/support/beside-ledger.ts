/** A clear gap, and one table beside the ledger: what a hypothesis makes of it. */
import { afterEach, expect } from 'vitest';
import { GapProject } from './ledger.js';
import type { Project } from './project.js';

const made: Project[] = [];

/** To be called by each file that uses these: what a test has made is removed when it is over. */
export function removedAfterEach(): void {
  afterEach(() => {
    for (const project of made.splice(0)) project.remove();
  });
}

export function kept<T extends Project>(project: T): T {
  made.push(project);
  return project;
}

export function withTable(id: string, name: string, text: string): GapProject {
  return kept(new GapProject({ featureLoss: 0.7, requests: 800 }, [id]))
    .write(`models/${name}.csv`, text)
    .edit('models/release.yml', 'evidence:\n', `evidence:\n  ${name}: ${name}.csv\n`);
}

export async function found(id: string, name: string, text: string) {
  const { of } = await withTable(id, name, text).diagnosis();
  return of(id);
}

export async function refused(id: string, name: string, text: string): Promise<string> {
  const { status, message } = await withTable(id, name, text).judge();
  expect(status).toBe(2);
  expect(message).not.toMatch(/\n\s+at |undefined|\[object/);
  return message;
}
