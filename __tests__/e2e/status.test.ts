/** The exit status keeps its word: whatever becomes of the streams, the machine or the command line, it is the verdict's, and nothing ends in a stack of Node's. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Project } from '../support/project.js';
import { commit, NODE24 } from '../support/workflow.js';

const root = resolve(import.meta.dirname, '../..');
const cli = join(root, 'dist/cli.cjs');
const RUN = ['run', '--policy', 'gates/gate.yml', '--release', 'models/release.yml'];

let project: Project;
beforeEach(() => {
  project = new Project();
});
afterEach(() => project.remove());

const failing = () => project.edit('gates/gate.yml', 'max_increase: 5%', 'max: 0.01');
const broken = () => project.edit('gates/gate.yml', 'max_increase', 'max_incraese');

function run(args: readonly string[], env: Record<string, string> = {}, node = process.execPath, program = cli) {
  const { status, stdout, stderr } = spawnSync(node, [program, ...args], {
    cwd: project.folder,
    env: { PATH: process.env.PATH!, HOME: process.env.HOME ?? '/', ...env },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** Runs a line of bash in which `$RUN` is the command line; the status is that of `$RUN`, printed last. */
function bash(line: string, args: readonly string[] = RUN): { status: number; stdout: string; stderr: string } {
  const words = [process.execPath, cli, ...args].map((word) => `'${word}'`).join(' ');
  const { stdout, stderr } = spawnSync('bash', ['-c', line.replaceAll('$RUN', words)], {
    cwd: project.folder,
    env: { PATH: process.env.PATH!, HOME: process.env.HOME ?? '/' },
    encoding: 'utf8',
  });
  const lines = stdout.trimEnd().split('\n');
  return { status: Number(lines.pop()), stdout: lines.join('\n'), stderr };
}

const noStack = expect.not.stringMatching(/\n\s+at |node:internal|Error:/);

describe('with a stream that is closed or full, the status is the verdict’s:', () => {
  const misspelt = () => project.edit('gates/gate.yml', 'max: 0.01', 'mx: 0.01');
  it.each([
    ['stdout closed after a line', '$RUN | head -1 >/dev/null; echo $PIPESTATUS'],
    ['stdout closed at once', '$RUN | true; echo $PIPESTATUS'],
    ['stdout full', '$RUN >/dev/full; echo $?'],
    ['stderr full', '$RUN 2>/dev/full; echo $?'],
    ['both full', '$RUN >/dev/full 2>&1; echo $?'],
    ['stdout not open', '$RUN >&-; echo $?'],
    ['stderr not open', '$RUN 2>&-; echo $?'],
  ])('%s', (_, line) => {
    expect(bash(line)).toMatchObject({ status: 0, stderr: noStack });
    expect(bash(line, [...RUN, '--format', 'json'])).toMatchObject({ status: 0, stderr: noStack });
    failing();
    expect(bash(line)).toMatchObject({ status: 1, stderr: noStack });
    misspelt();
    expect(bash(line)).toMatchObject({ status: 2, stderr: noStack });
  });

  it('the other commands too', () => {
    const validate = ['validate', '--policy', 'gates/gate.yml', '--release', 'models/release.yml'];
    expect(bash('$RUN >/dev/full; echo $?', validate)).toMatchObject({ status: 0, stderr: noStack });
    expect(bash('$RUN | true; echo $PIPESTATUS', validate)).toMatchObject({ status: 0, stderr: '' });
    expect(bash('$RUN >/dev/full; echo $?', ['pin', 'models/release.yml'])).toMatchObject({ status: 0 });
    expect(bash('$RUN | true; echo $PIPESTATUS', ['--help'])).toMatchObject({ status: 0, stderr: '' });
  });

  it('a full disk is said once, a reader that has read enough is not', () => {
    expect(bash('$RUN >/dev/full; echo $?').stderr).toMatch(
      /^warning: the result could not be written to stdout \(ENOSPC[^\n]*\)\.\n$/,
    );
    expect(bash('$RUN | head -1 >/dev/null; echo $PIPESTATUS').stderr).toBe('');
  });
});

describe('with too little memory', () => {
  /** A module that makes one way of asking for memory fail, loaded before the program. */
  function preload(code: string): Record<string, string> {
    writeFileSync(join(project.folder, 'preload.cjs'), code);
    return { NODE_OPTIONS: `--require ${join(project.folder, 'preload.cjs')}` };
  }

  it.each([
    [
      'while the program loads',
      "WebAssembly.Instance = class { constructor() { throw new RangeError('WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory for new instance'); } };",
    ],
    [
      'while it judges',
      "const Real = Float64Array; globalThis.Float64Array = new Proxy(Real, { construct(target, args) { if (args[0] > 1000) throw new RangeError('Array buffer allocation failed'); return new Real(...args); } });",
    ],
  ])('%s it says so in one line, and not in a dump of its source', (_, code) => {
    const { status, stdout, stderr } = run(RUN, preload(code));
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error: not enough memory[^\n]*\n$/);
    expect(stderr.length).toBeLessThan(600);
  });

  it('names the option that does without the addresses that WebAssembly reserves', () => {
    const limited = 'ulimit -v 8000000';
    const { status, stderr } = bash(`${limited}; $RUN; echo $?`);
    // Later versions of Node find out for themselves.
    expect(`${status} ${stderr}`).toMatch(
      /^0 |^2 error: not enough memory[^\n]*are limited \(ulimit -v\), set NODE_OPTIONS=--disable-wasm-trap-handler/,
    );
    expect(bash(`${limited}; export NODE_OPTIONS=--disable-wasm-trap-handler; $RUN; echo $?`).status).toBe(0);
  });

  it.each([process.execPath, NODE24])('an exception while it loads is one line, on %s', (node) => {
    const { status, stdout, stderr } = run(
      RUN,
      preload("process.nextTick(() => { throw new TypeError('something\\nunforeseen'); });"),
      node,
    );
    expect([status, stdout]).toEqual([3, '']);
    expect(stderr).toBe('skewgate has a bug: nothing was judged (TypeError: something\\u000aunforeseen).\n');
  });
});

describe('without its runtime library', () => {
  const bare = mkdtempSync(join(tmpdir(), 'skewgate-bare-'));
  afterEach(() => rmSync(bare, { recursive: true, force: true }));

  it.each([
    ['missing', (file: string) => rmSync(file)],
    ['damaged', (file: string) => writeFileSync(file, 'not a library')],
  ])('%s, it says so, and blames no model', (_, spoil) => {
    cpSync(join(root, 'dist'), join(bare, 'dist'), { recursive: true });
    const folder = join(bare, 'dist/node_modules/onnxruntime-node/bin/napi-v6/linux', process.arch);
    const library = readdirSync(folder).find((name) => name.startsWith('libonnxruntime.so'))!;
    spoil(join(folder, library));
    const { status, stderr } = run(RUN, {}, process.execPath, join(bare, 'dist/cli.cjs'));
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^error: the ONNX runtime library, which cannot be loaded \([^\n]*\); expected the library[^\n]*\n$/,
    );
    expect(stderr).not.toMatch(/checkpoint/);
  });
});

describe('of many mistakes', () => {
  it('20 of a file are printed and the rest counted, in the log and in the summary', () => {
    const tags = Array.from({ length: 20_000 }, (_, i) => `  - !t${i} x\n`).join('');
    project.write('gates/gate.yml', `policy: x\nlist:\n${tags}`);
    const { status, stderr } = run(RUN);
    expect(status).toBe(2);
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(21);
    expect(lines[20]).toBe('error: … and 19,980 more problems.');
    project.write('.summary', '');
    const action = run(
      [],
      {
        GITHUB_ACTIONS: 'true',
        GITHUB_WORKSPACE: project.folder,
        GITHUB_STEP_SUMMARY: join(project.folder, '.summary'),
        INPUT_POLICY: 'gates/gate.yml',
        INPUT_RELEASE: 'models/release.yml',
      },
      NODE24,
      join(root, 'dist/index.cjs'),
    );
    expect(action.status).toBe(2);
    expect(
      project
        .read('.summary')
        .split('\n')
        .filter((line) => line.startsWith('- ')),
    ).toHaveLength(21);
    expect(action.stdout.length).toBeLessThan(20_000);
  });
});

describe('a command line', () => {
  it.each([
    [
      'an option twice',
      [...RUN, '--policy', 'gates/gate.yml'],
      /^error: --policy a second time; expected --policy once/,
    ],
    ['an option twice, in its other form', [...RUN, '--release=x'], /^error: --release a second time/],
    ['an empty folder', [...RUN, '--out', ''], /^error: --out ""; expected a value that is not empty/],
    [
      'a folder outside',
      [...RUN, '--out', '/tmp/skewgate-out'],
      /^error: the report folder "\/tmp\/skewgate-out", which lies outside/,
    ],
    ['a value for a flag', [...RUN, '--quiet=yes'], /^error: Option '--quiet' does not take an argument/],
    ['a ref that is none', [...RUN, '--policy-ref', 'no-such'], /^error: /],
  ])('with %s is refused', (_, args, message) => {
    const { status, stdout, stderr } = run(args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  it('that is refused leaves no report of an earlier run in the folder that it names', () => {
    for (const args of [
      [...RUN, '--out', 'out', '--format', 'xml'],
      [...RUN, '--out=out', '--policy', 'again.yml'],
      [...RUN, '--out', 'out', '--policy-ref', 'no-such'],
      ['run', '--polcy', 'x', '--out', 'out'],
    ]) {
      expect(run([...RUN, '--out', 'out']).status).toBe(0);
      expect(existsSync(join(project.folder, 'out/report.json'))).toBe(true);
      expect(run(args).status).toBe(2);
      expect(readdirSync(join(project.folder, 'out'))).toEqual([]);
    }
  });

  it('with --quiet prints the result alone', () => {
    const { stdout } = run(RUN);
    expect(run([...RUN, '--quiet'])).toEqual({ status: 0, stdout, stderr: '' });
    broken();
    expect(run([...RUN, '--quiet']).stderr).toMatch(/^error: gates\/gate.yml:15:28: unknown key/);
  });

  it('with --policy-ref is judged by that commit’s policy, and by what it has published', () => {
    failing();
    commit(project, 'strict');
    project.edit('gates/gate.yml', 'max: 0.01', 'max_increase: 5%');
    const by = (ref: string) => run([...RUN, '--format', 'json', '--policy-ref', ref]);
    expect(run(RUN).status).toBe(0);
    const strict = by('main');
    expect([strict.status, JSON.parse(strict.stdout).policy.from]).toEqual([1, 'base']);
    const own = by('head');
    expect([own.status, JSON.parse(own.stdout).policy.from]).toEqual([0, 'head']);
    project.write('models/item/v1.onnx', project.bytes('models/item/v2.onnx'));
    expect(by('main').stderr).toMatch(/^error: models\/release.yml:\d+:1: v1 of the item tower: its file had/);
  });
});

describe('an Action whose inputs are wrong', () => {
  const action = (inputs: Record<string, string>) =>
    run(
      [],
      {
        GITHUB_ACTIONS: 'true',
        GITHUB_WORKSPACE: project.folder,
        INPUT_POLICY: 'gates/gate.yml',
        INPUT_RELEASE: 'models/release.yml',
        ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
      },
      NODE24,
      join(root, 'dist/index.cjs'),
    );

  it('leaves no report of an earlier run', () => {
    for (const inputs of [{ comment: 'yes' }, { policy: '' }, { 'policy-ref': 'no-such' }]) {
      expect(action({}).status).toBe(0);
      expect(readdirSync(join(project.folder, 'skewgate-report')).sort()).toEqual([
        'report.html',
        'report.json',
        'summary.md',
      ]);
      expect(action(inputs).status).toBe(2);
      expect(readdirSync(join(project.folder, 'skewgate-report'))).toEqual([]);
    }
  });
});
