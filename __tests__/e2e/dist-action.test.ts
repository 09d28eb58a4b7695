/** The built Action as the runner spawns it, on its own node 24. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Project } from '../support/project.js';

const root = resolve(import.meta.dirname, '../..');
const action = join(root, 'dist/index.cjs');
const NODE24 = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin/node');

function run(node: string, args: string[], options: { cwd?: string; env?: Record<string, string> } = {}) {
  const { status, stdout, stderr } = spawnSync(node, args, {
    cwd: options.cwd ?? root,
    // Nothing of the test runner's own environment: no NODE_OPTIONS, no GITHUB_*.
    env: { PATH: process.env.PATH!, HOME: process.env.HOME ?? '/', ...options.env },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('the Action on node 24, as the runner spawns it', () => {
  function start(project: Project, inputs: Record<string, string>) {
    const files = { output: join(project.folder, '.out'), summary: join(project.folder, '.summary') };
    for (const file of Object.values(files)) writeFileSync(file, '');
    const env = Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
    );
    const result = run(NODE24, [action], {
      cwd: project.folder,
      env: {
        ...env,
        GITHUB_ACTIONS: 'true',
        GITHUB_WORKSPACE: project.folder,
        GITHUB_OUTPUT: files.output,
        GITHUB_STEP_SUMMARY: files.summary,
        RUNNER_TEMP: project.folder,
      },
    });
    return { ...result, output: readFileSync(files.output, 'utf8'), summary: readFileSync(files.summary, 'utf8') };
  }
  const inputs = { policy: 'gates/gate.yml', release: 'models/release.yml' };
  /**
   * The lines in which the runner would look for commands, but for groups of progress: what stands between
   * stop-commands and its token is inert.
   */
  function commands(stdout: string): string[] {
    const live: string[] = [];
    let token: string | undefined;
    for (const line of stdout.split('\n')) {
      if (token !== undefined) {
        if (line === `::${token}::`) token = undefined;
        continue;
      }
      const stop = /^::stop-commands::(.+)$/.exec(line);
      if (stop) token = stop[1];
      else if (/^::group::(reading|towers|measuring|examining|judging|writing the report)$|^::endgroup::$/.test(line))
        continue;
      else if (/^\s*::|##\[/.test(line)) live.push(line);
    }
    expect(token).toBeUndefined();
    return live;
  }

  it('judges, writes outputs, summary and report, and annotates nothing when all is well', () => {
    const project = new Project();
    const { status, stdout, stderr, output, summary } = start(project, inputs);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('✓ READY');
    expect(commands(stdout)).toEqual([]);
    expect(output).toMatch(/^verdict<<.*\nready\n/);
    expect(output).toMatch(/\naction<<.*\nship\n/);
    expect(output).toMatch(/\nheadline<<.*\nv3 can ship: all 4 required cells pass; nearest to its margin: /);
    expect(output).toContain('skewgate-report/report.json');
    expect(summary).toMatch(/^## ✅ Ready: test-model v3|^## ✅ Ready/);
    expect(existsSync(join(project.folder, 'skewgate-report/report.json'))).toBe(true);
    project.remove();
  });

  it('fails the step and annotates the line that set the threshold', () => {
    const project = new Project();
    project
      .edit('gates/gate.yml', 'max_increase: 5%', 'max: 0.01')
      .edit('gates/gate.yml', '  version-skew:', '  version-skew:\n    confidence: 90%');
    const { status, stdout, output, summary } = start(project, inputs);
    expect(status).toBe(1);
    expect(output).toMatch(/^verdict<<.*\nnot_ready\n/);
    expect(summary).toMatch(/^## ❌ Not ready/);
    expect(commands(stdout)).toEqual([
      expect.stringMatching(/^::error title=v3 is not ready,file=models\/release\.yml,line=2,col=7::v3 is not ready/),
      expect.stringMatching(
        /^::error title=log_loss fails%3A max 0\.01,file=gates\/gate\.yml,line=16,col=28::tier=small at production: 0\.\d+ /,
      ),
    ]);
    project.remove();
  });

  it('is red with exit status 2 when it could not judge, and says where', () => {
    const project = new Project();
    project.edit('gates/gate.yml', 'max_increase', 'max_incraese');
    const { status, stdout, summary, output } = start(project, inputs);
    expect(status).toBe(2);
    expect(output).toBe('');
    expect(summary).toMatch(/^## ❌ Could not judge/);
    expect(commands(stdout)).toEqual([
      expect.stringMatching(/^::error title=skewgate could not judge,file=gates\/gate\.yml,line=15,col=28::/),
    ]);
    project.remove();
  });

  it('refuses a missing input, and one that is neither true nor false', () => {
    const project = new Project();
    expect(start(project, { ...inputs, comment: 'yes' }).stdout).toMatch(/comment "yes"; expected true or false/);
    const { status, stdout } = start(project, { policy: inputs.policy });
    expect(status).toBe(2);
    expect(stdout).toMatch(/no input "release"/);
    project.remove();
  });

  it('runs in a working directory', () => {
    const project = new Project();
    const { status } = start(project, {
      policy: 'gate.yml',
      release: '../models/release.yml',
      'working-directory': 'gates',
    });
    expect(status).toBe(0);
    project.remove();
  });

  it('lets no slice value, version or file name become a command or markup', () => {
    const project = new Project();
    const hostile =
      '::error::pwned %0A::set-output name=x::y <img src=x onerror=1> [a](http://e.vil) @octocat #1 `x` ##[error]z';
    project.rows(project.read('eval/rows.csv').replace(/,large,/g, `,"${hostile}",`));
    project.edit('gates/gate.yml', 'max_increase: 5%', 'max: 0.01');
    const { status, stdout, summary } = start(project, inputs);
    expect(status).toBe(1);
    for (const line of commands(stdout)) expect(line).toMatch(/^::(error|warning) title=/);
    expect(summary).not.toMatch(/<img|\]\(http|@octocat|[^&]#1|`x`/);
    expect(summary).toContain('&#60;img');
    project.remove();
  });
});
