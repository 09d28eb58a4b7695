/**
 * A corpus of wrong inputs: each is exit status 2 with one actionable message at the right place, never a pass, never
 * a trace; and `skewgate validate` says the same of it as a run, but for what only the scores of a sweep can tell.
 */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { validate } from '../../src/commands/validate.js';
import { KeepingHost } from './host.js';
import { goodFiles, Project } from './project.js';

export const POLICY = 'gates/gate.yml';
export const MODEL = 'models/release.yml';
export const HEAD = 'request,item,clicked,weight,user,tier,source,query_index,item_index';

/** The reason for which `validate` does not say what a run says. */
export type Apart =
  /** The scores alone tell: `validate` has nothing to refuse. */
  | { readonly needsSweep: string }
  /** It refuses the same, in words that name what it tried. */
  | { readonly triedOn: string };

/** Without `apart` `validate` says the same as a run, to the byte. */
export type Case = readonly [title: string, spoil: (project: Project) => unknown, message: RegExp, apart?: Apart];

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

    it.each(cases.map((one) => [one[0], one] as const))('%s is refused', async (_title, [, spoil, message, apart]) => {
      project = new Project(goodFiles());
      spoil(project);
      const outcome = await project.judge();
      expect(outcome.message).toMatch(message);
      expect(outcome.status).toBe(2);
      expect(outcome.message).not.toMatch(/\n\s+at |undefined|\[object/);
      const validated = await validatedFiles(project);
      if (apart === undefined) expect(validated).toMatchObject({ status: 2, message: outcome.message });
      else if ('needsSweep' in apart) expect(validated, apart.needsSweep).toMatchObject({ status: 0, message: '' });
      else {
        expect(validated.status, apart.triedOn).toBe(2);
        expect(validated.message).toMatch(message);
        expect(validated.message, 'it says the same by now').not.toBe(outcome.message);
      }
    });
  });
}

/** Runs `validate` over a project's policy and release. */
export async function validatedFiles(project: Project): Promise<{ status: number; message: string; printed: string }> {
  const host = new KeepingHost(project.folder);
  const files = { policy: join(project.folder, POLICY), release: join(project.folder, MODEL) };
  const status = await validate.run(files, host);
  return { status, message: host.message, printed: host.printed };
}
