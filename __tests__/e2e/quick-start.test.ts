/** docs/quick-start.md: its commands run as they stand, and say what the page shows; so does what the readiness workflow starts. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = resolve(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/quick-start.md'), 'utf8');
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'skewgate-quick-start-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The fenced blocks of the page, in its order. */
const blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
  language,
  text: text!,
}));

/** Runs lines of a shell in the folder, with the built program in the place of `node dist/cli.cjs`. */
function shell(lines: string) {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', lines.replaceAll('node dist/cli.cjs', '"$NODE" "$CLI"')], {
    cwd: folder,
    env: { PATH: process.env.PATH!, NODE: process.execPath, CLI: join(root, 'dist/cli.cjs') },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

beforeAll(() => {
  for (const part of ['examples/online-retail', 'gates'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
});

it('the commands of the quick start run on the example, and print what it shows', () => {
  expect(blocks.map(({ language }) => language)).toEqual(['sh', 'text', 'sh', 'text']);
  for (let i = 0; i < blocks.length; i += 2) {
    const { status, stdout, stderr } = shell(blocks[i]!.text);
    expect([status, stderr.match(/error:.*/)?.[0]]).toEqual([0, undefined]);
    const printed = stdout.split('\n');
    for (const line of blocks[i + 1]!.text.trimEnd().split('\n')) expect(printed).toContain(line);
  }
});

it('the readiness workflow of this repository starts from a policy of gates/, and is ready', () => {
  rmSync(join(folder, '.github'), { recursive: true, force: true });
  const { steps } = parse(readFileSync(join(root, '.github/workflows/readiness.yml'), 'utf8')).jobs.starter;
  const [write, judge] = [steps.find((step: { run?: string }) => step.run), steps.at(-1)];
  expect(write.run).toContain('--from gates/conversion.yml');
  const written = shell(write.run);
  expect([written.status, written.stderr.match(/error:.*/)?.[0]]).toEqual([0, undefined]);
  const { policy, release } = judge.with;
  const judged = shell(`node dist/cli.cjs run --policy ${policy} --release ${release} --format json`);
  expect([judged.status, JSON.parse(judged.stdout).verdict]).toEqual([0, 'ready']);
});
