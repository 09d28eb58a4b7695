/** A corpus of wrong inputs: each is exit status 2 with one actionable message at the right place, never a pass, never a trace. */
import { afterEach, describe, expect, it } from 'vitest';
import { goodFiles, Project } from './project.js';

export const POLICY = 'gates/gate.yml';
export const MODEL = 'models/release.yml';
export const HEAD = 'request,item,clicked,weight,user,tier,source,query_index,item_index';

export type Case = readonly [title: string, spoil: (project: Project) => unknown, message: RegExp];

/** Replaces one cell of the eval rows: `line` counts from 2 (line 1 is the header). */
export function cell(project: Project, line: number, column: string, value: string): Project {
  const lines = project.read('eval/rows.csv').trimEnd().split('\n');
  const index = lines[0]!.split(',').indexOf(column);
  const cells = lines[line - 1]!.split(',');
  cells[index] = value;
  lines[line - 1] = cells.join(',');
  return project.rows(`${lines.join('\n')}\n`);
}

/** Holds each case to its message; `what` is what has the mistake. */
export function refuses(what: string, cases: readonly Case[]): void {
  describe(what, () => {
    let project: Project;
    afterEach(() => project.remove());

    it.each(cases)('%s is refused', async (_title, spoil, message) => {
      project = new Project(goodFiles());
      spoil(project);
      const outcome = await project.judge();
      expect(outcome.message).toMatch(message);
      expect(outcome.status).toBe(2);
      expect(outcome.message).not.toMatch(/\n\s+at |undefined|\[object/);
    });
  });
}
