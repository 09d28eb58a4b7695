/** States of fixtures, judged in workspaces of their own, and what two reports of the same rows differ in. */
import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../src/commands/run.js';
import { KeepingHost } from './host.js';

const FIXTURES = join(dirname(fileURLToPath(import.meta.url)), '../fixtures');
const made: string[] = [];

/** A workspace with the files of a fixture. */
export function workspaceOf(fixture: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'skewgate-state-')));
  made.push(folder);
  cpSync(join(FIXTURES, fixture), folder, { recursive: true });
  return folder;
}

export function removeWorkspaces(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** @param state folder of a state in the workspace; left out: the rows are judged */
export async function judged(folder: string, state?: string): Promise<KeepingHost> {
  const host = new KeepingHost(folder);
  await run.run(
    {
      policy: join(folder, 'policy.yml'),
      release: join(folder, 'release.yml'),
      format: 'json',
      ...(state === undefined ? {} : { state: join(folder, state) }),
    },
    host,
  );
  return host;
}

/** Every place in which two reports differ by more than the rounding of sums in another order. */
export function differences(one: unknown, other: unknown, path = ''): string[] {
  if (typeof one === 'number' && typeof other === 'number')
    return Math.abs(one - other) <= 1e-6 * Math.max(Math.abs(one), Math.abs(other)) + 1e-12 || Object.is(one, other)
      ? []
      : [`${path}: ${one} and ${other}`];
  if (one === null || other === null || typeof one !== 'object' || typeof other !== 'object')
    return one === other ? [] : [`${path}: ${String(one)} and ${String(other)}`];
  const [a, b] = [one, other] as [Record<string, unknown>, Record<string, unknown>];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((key) => key !== 'run' && key !== 'notices')
    .flatMap((key) => differences(a[key], b[key], `${path}.${key}`));
}
