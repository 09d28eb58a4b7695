/** The built Action as the runner spawns it: node 24, a git checkout, the event of a pull request. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ReportFile } from '../../src/report/report-file.js';
import type { Project } from './project.js';
import { fileOfReport } from './report-schema.js';

const root = resolve(import.meta.dirname, '../..');
const action = join(root, 'dist/index.cjs');
export const NODE24 = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin/node');

export interface ActionRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Outputs of the step; values on one line each. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** What the runner keeps for the end of the job, as the environment that it gives then. */
  readonly state: Readonly<Record<string, string>>;
  /** report.json, where it was written. */
  readonly report?: ReportFile;
}

export function git(folder: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(
    'git',
    ['-c', 'user.name=t', '-c', 'user.email=t@example.org', '-c', 'commit.gpgsign=false', '-C', folder, ...args],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

/** Makes a commit of everything in the project; its sha. */
export function commit(project: Project, message = 'change'): string {
  if (!existsSync(join(project.folder, '.git'))) git(project.folder, 'init', '-q', '-b', 'main');
  git(project.folder, 'add', '-A');
  git(project.folder, 'commit', '-q', '--allow-empty', '-m', message);
  return git(project.folder, 'rev-parse', 'HEAD');
}

export interface ActionOptions {
  readonly event?: string;
  readonly payload?: object;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the Action in the project's folder. Asynchronously, so that a server of the test can answer it. */
export async function runAction(
  project: Project,
  { event, payload, inputs, env }: ActionOptions = {},
): Promise<ActionRun> {
  const runner = join(project.folder, '.runner');
  project.write('.runner/event.json', JSON.stringify(payload ?? {}));
  for (const name of ['output', 'summary', 'state']) writeFileSync(join(runner, name), '');
  const given = { policy: 'gates/gate.yml', release: 'models/release.yml', 'report-dir': '.runner/report', ...inputs };
  const child = spawn(NODE24, [action], {
    cwd: project.folder,
    env: {
      PATH: process.env.PATH!,
      HOME: process.env.HOME ?? '/',
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: project.folder,
      GITHUB_EVENT_NAME: event ?? 'push',
      GITHUB_EVENT_PATH: join(runner, 'event.json'),
      GITHUB_OUTPUT: join(runner, 'output'),
      GITHUB_STATE: join(runner, 'state'),
      GITHUB_STEP_SUMMARY: join(runner, 'summary'),
      GITHUB_REPOSITORY: 'octo/towers',
      GITHUB_SERVER_URL: 'https://github.example',
      GITHUB_RUN_ID: '77',
      RUNNER_TEMP: runner,
      ...Object.fromEntries(Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
      ...env,
    },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString('utf8');
  });
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString('utf8');
  });
  const status = await new Promise<number | null>((done) => child.on('close', done));
  const valuesOf = (file: string) => {
    const written = readFileSync(join(runner, file), 'utf8');
    return [...written.matchAll(/^([\w-]+)<<(ghadelimiter_\S+)\n([\s\S]*?)\n\2$/gm)].map(
      (match) => [match[1]!, match[3]!] as const,
    );
  };
  const report = join(runner, 'report/report.json');
  return {
    status,
    stdout,
    stderr,
    outputs: Object.fromEntries(valuesOf('output')),
    state: Object.fromEntries(valuesOf('state').map(([name, value]) => [`STATE_${name}`, value])),
    summary: readFileSync(join(runner, 'summary'), 'utf8'),
    ...(existsSync(report) ? { report: fileOfReport(readFileSync(report, 'utf8')) } : {}),
  };
}

/** The payload of a pull request between two commits. */
export function pullRequest(base: string, head: string, number = 5): object {
  return { number, pull_request: { number, base: { sha: base, ref: 'main' }, head: { sha: head, ref: 'bump' } } };
}
