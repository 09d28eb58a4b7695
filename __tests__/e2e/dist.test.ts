/** The built command line as users start it, on node 20 and on the Action’s own node 24. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lookupTower, onnx } from '../support/onnx.js';
import { Project } from '../support/project.js';
import { reportProblems } from '../support/report-schema.js';

const root = resolve(import.meta.dirname, '../..');
const cli = join(root, 'dist/cli.cjs');
const NODE24 = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin/node');
const example = join(root, 'examples/online-retail');
const folders: string[] = [];

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'skewgate-e2e-'));
  folders.push(folder);
  return folder;
}

/** Inside the repository, which is the workspace of the examples: a report goes nowhere else. */
function reportFolder(): string {
  const folder = mkdtempSync(join(root, 'node_modules', '.skewgate-e2e-'));
  folders.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function run(node: string, args: string[], options: { cwd?: string; env?: Record<string, string> } = {}) {
  const { status, stdout, stderr } = spawnSync(node, args, {
    cwd: options.cwd ?? root,
    // Nothing of the test runner's own environment: no NODE_OPTIONS, no GITHUB_*.
    env: { PATH: process.env.PATH!, HOME: process.env.HOME ?? '/', ...options.env },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const nodes = [
  ['this node', process.execPath],
  ['node 24', NODE24],
] as const;

describe.each(nodes)('the command line on %s', (_, node) => {
  it('is there to run it', () => expect(existsSync(node)).toBe(true));

  it('starts with an empty stderr', () => {
    expect(run(node, [cli, '--version'])).toEqual({ status: 0, stdout: '0.1.0\n', stderr: '' });
  });

  it('tells its version without its program, which need not be read for it', () => {
    const alone = join(temporary(), 'cli.cjs');
    cpSync(cli, alone);
    for (const flag of ['--version', '-V'])
      expect(run(node, [alone, flag])).toEqual({ status: 0, stdout: '0.1.0\n', stderr: '' });
    const { status, stderr } = run(node, [alone, 'validate']);
    expect([status, stderr]).toEqual([
      3,
      expect.stringMatching(/^skewgate has a bug: nothing was judged \([^\n]*\)\.\n$/),
    ]);
  });

  it('judges the warm-started family ready, with an empty stderr where it is to be quiet', () => {
    const out = reportFolder();
    const args = [
      'run',
      '--policy',
      join(example, 'policy.yml'),
      '--release',
      join(example, 'release.warm.yml'),
      '--out',
      out,
      '--quiet',
    ];
    const { status, stdout, stderr } = run(node, [cli, ...args]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^✓ READY {2}online-retail-warm v43/);
    expect(reportProblems(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')))).toEqual([]);
    expect(readFileSync(join(out, 'summary.md'), 'utf8')).toMatch(/^## ✅ Ready/);
  });
});

describe('the command line', () => {
  it('judges the family retrained from scratch not ready', () => {
    const { status, stdout } = run(process.execPath, [
      cli,
      'run',
      '--policy',
      join(example, 'policy.yml'),
      '--release',
      join(example, 'release.scratch.yml'),
      '--format',
      'json',
    ]);
    expect(status).toBe(1);
    const report = JSON.parse(stdout) as { verdict: string; recommendation: { action: string } };
    expect(reportProblems(report)).toEqual([]);
    expect(report.verdict).toBe('not_ready');
    expect(report.recommendation.action).toBe('architecture_change');
  });

  it('gives the same report to the byte whatever the number of threads', () => {
    const judged = ['1', '2', '3'].map((threads) => {
      const files = ['--policy', join(example, 'policy.yml'), '--release', join(example, 'release.scratch.yml')];
      const { status, stdout } = run(process.execPath, [
        cli,
        'run',
        ...files,
        '--format',
        'json',
        '--threads',
        threads,
      ]);
      expect(status).toBe(1);
      const { run: _, ...report } = JSON.parse(stdout) as Record<string, unknown>;
      return JSON.stringify(report);
    });
    expect(new Set(judged).size).toBe(1);
  });

  it('refuses what is no number of threads', () => {
    for (const threads of ['0', 'many', '1.5', '-2']) {
      const { status, stderr } = run(process.execPath, [
        cli,
        ...['run', '--policy', join(example, 'policy.yml'), '--release', join(example, 'release.warm.yml')],
        `--threads=${threads}`,
      ]);
      expect([status, stderr]).toEqual([
        2,
        `error: --threads "${threads}"; expected a number from 1 to 999. Write: --threads 2\n`,
      ]);
    }
  });

  it('finds the planted causes of the gap’s example, without any tower', () => {
    const out = reportFolder();
    const gap = join(root, 'examples/gap');
    const args = [
      'run',
      '--policy',
      join(gap, 'policy.yml'),
      '--release',
      join(gap, 'release.yml'),
      '--out',
      out,
      '--quiet',
    ];
    const { status, stdout, stderr } = run(process.execPath, [cli, ...args]);
    expect([status, stderr]).toEqual([1, '']);
    expect(stdout.replace(/\s+/g, ' ')).toMatch(
      /contributing: feature-parity \(5\d %\), version-skew \((49|5\d) %\) and recall-saturation; inconclusive: metric-mismatch; ruled out: sampling-bias/,
    );
    const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as object;
    expect(reportProblems(report)).toEqual([]);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toMatch(/<h2>Where the gain goes<\/h2>/);
  });

  it('prints with --format json exactly what report.json holds', () => {
    const project = new Project();
    const out = join(project.folder, 'out');
    const args = [
      'run',
      '--policy',
      'gates/gate.yml',
      '--release',
      'models/release.yml',
      '--out',
      out,
      '--format',
      'json',
    ];
    const { status, stdout, stderr } = run(process.execPath, [cli, ...args], { cwd: project.folder });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toBe(readFileSync(join(out, 'report.json'), 'utf8'));
    project.remove();
  });

  it('works where nothing is installed: the bundles and their runtime alone', () => {
    const bare = temporary();
    cpSync(join(root, 'dist'), join(bare, 'dist'), { recursive: true });
    const project = new Project();
    const { status, stderr } = run(
      process.execPath,
      [join(bare, 'dist/cli.cjs'), 'run', '--policy', 'gates/gate.yml', '--release', 'models/release.yml'],
      { cwd: project.folder },
    );
    expect([status, stderr]).toEqual([0, '']);
    project.remove();
  });

  it.each([
    ['no command', [], 0, /skewgate run --policy/],
    ['--help', ['--help'], 0, /Exit status: 0 ready/],
    [
      'an unknown command',
      ['rnu'],
      2,
      /error: command "rnu"; expected one of run, validate, .* and [a-z]+. Did you mean "run"\?/,
    ],
    ['an unknown option', ['run', '--polcy=x'], 2, /error: option "--polcy=x" of run.*Did you mean "--policy"\?/],
    ['a missing option', ['run', '--policy', 'x.yml'], 2, /error: run without --release/],
    [
      'a format that is none',
      ['run', '--policy', 'x', '--release', 'y', '--format', 'xml'],
      2,
      /--format "xml"; expected text or json/,
    ],
    [
      'a policy that is not there',
      ['run', '--policy', 'x.yml', '--release', 'y.yml'],
      2,
      /error: x.yml: no policy file here/,
    ],
  ] as const)('with %s', (_, args, expected, message) => {
    const { status, stdout, stderr } = run(process.execPath, [cli, ...args]);
    expect(status).toBe(expected);
    expect(expected === 0 ? stdout : stderr).toMatch(message);
    if (expected !== 0) expect(stdout).toBe('');
  });

  it('validates without judging', () => {
    const project = new Project();
    const good = run(
      process.execPath,
      [cli, 'validate', '--policy', 'gates/gate.yml', '--release', 'models/release.yml'],
      { cwd: project.folder },
    );
    expect([good.status, good.stderr]).toEqual([0, '']);
    expect(good.stdout).toMatch(/valid\n$/);
    project.write('models/item/v1.onnx', 'no model');
    const bad = run(
      process.execPath,
      [cli, 'validate', '--policy', 'gates/gate.yml', '--release', 'models/release.yml'],
      { cwd: project.folder },
    );
    expect(bad.status).toBe(2);
    expect(bad.stderr).toMatch(/models\/item\/v1.onnx: item checkpoint "v1" that is no ONNX model/);
    project.write('models/item/v1.onnx', onnx(lookupTower(Array(50).fill([1, 2, 3]), 'item_index')));
    const shapes = run(
      process.execPath,
      [cli, 'validate', '--policy', 'gates/gate.yml', '--release', 'models/release.yml'],
      {
        cwd: project.folder,
      },
    );
    expect(shapes.status).toBe(2);
    expect(shapes.stderr).toMatch(
      /embeddings of 3 numbers from item checkpoint "v1", against 4 from query checkpoint "v3"/,
    );
    project.remove();
  });

  it('pins, keeping comments, and finds nothing more to pin', () => {
    const project = new Project();
    project.write('gates/gate.yml', project.read('gates/gate.yml').replace(/rows: [0-9a-f]{64}/, ''));
    expect(run(process.execPath, [cli, 'pin', 'gates/gate.yml'], { cwd: project.folder }).stdout).toBe(
      'gates/gate.yml: 1 pin, 1 changed\n',
    );
    expect(run(process.execPath, [cli, 'pin', 'models/release.yml'], { cwd: project.folder }).stdout).toBe(
      'models/release.yml: 6 pins, 6 changed\n',
    );
    expect(project.read('gates/gate.yml')).toMatch(/^# Acceptance of the test model\.\n/);
    const pinned = project.read('models/release.yml');
    expect(run(process.execPath, [cli, 'pin', 'models/release.yml'], { cwd: project.folder }).stdout).toBe(
      'models/release.yml: 6 pins, 0 changed\n',
    );
    expect(project.read('models/release.yml')).toBe(pinned);
    expect(
      run(process.execPath, [cli, 'run', '--policy', 'gates/gate.yml', '--release', 'models/release.yml'], {
        cwd: project.folder,
      }).status,
    ).toBe(0);
    project.remove();
  });
});

describe('the command line on evidence', () => {
  it('pins tables, comments kept, so that a policy that requires pins takes them', () => {
    const health = 'arm,tower,stage,requests,successes\ncontrol,q,s,1000,999\ntreatment,q,s,1000,999\n';
    const project = new Project({
      'gates/gate.yml':
        'policy: health\nrequire_pins: true\nchecks:\n  serving-health:\n    require:\n      - {metric: success_rate, max_decrease: 2%}\n',
      'models/release.yml':
        'release: r\nlive: v1\nevidence:\n  # of last week\n  serving_health: health.csv   # all hosts\n',
      'models/health.csv': health,
    });
    const judge = () =>
      run(process.execPath, [cli, 'run', '--policy', 'gates/gate.yml', '--release', 'models/release.yml'], {
        cwd: project.folder,
      });
    const pin = () => run(process.execPath, [cli, 'pin', 'models/release.yml'], { cwd: project.folder }).stdout;
    expect(judge().stderr).toMatch(/no sha256 of "serving_health"; expected one/);
    expect(pin()).toBe('models/release.yml: 1 pin, 1 changed\n');
    expect(project.read('models/release.yml')).toMatch(
      /# of last week\n {2}serving_health: \{path: health.csv, sha256: [0-9a-f]{64}\} +# all hosts\n/,
    );
    expect(pin()).toBe('models/release.yml: 1 pin, 0 changed\n');
    expect(judge().status).toBe(0);
    project.write('models/health.csv', health.replace('999\ntreatment', '998\ntreatment'));
    expect(judge().stderr).toMatch(/sha256 .*… of "serving_health", but the file has/);
    expect(pin()).toBe('models/release.yml: 1 pin, 1 changed\n');
    expect(judge().status).toBe(0);
    project.remove();
  });
});
