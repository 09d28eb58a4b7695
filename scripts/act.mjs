// Runs the repository's own readiness workflow by act on this host, without containers: the ready example must be
// green, the other red, and a pull request judged by its base's policy. Needs Go, git and network to the Go module
// proxy; not part of `npm cit`. Also lints the workflows by actionlint, and by zizmor where it is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ACT = 'github.com/nektos/act@v0.2.89';
const ACTIONLINT = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12';
const WORKFLOWS = [
  '.github/workflows/ci.yml',
  '.github/workflows/readiness.yml',
  '.github/workflows/release.yml',
  'examples/workflows/readiness.yml',
  'examples/workflows/readiness-post.yml',
  'examples/workflows/required.yml',
  'examples/workflows/cached.yml',
  'examples/workflows/matrix.yml',
  'examples/workflows/many-models.yml',
  'examples/workflows/nightly.yml',
  'examples/workflows/history.yml',
];

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const work = mkdtempSync(join(tmpdir(), 'skewgate-act-'));
const bin = process.env.GOBIN ?? join(work, 'bin');
let failed = 0;

function run(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  });
  if (error) throw error;
  return { status, stdout, stderr };
}

function check(name, holds, detail = '') {
  console.log(`${holds ? 'ok' : 'FAILED'}: ${name}${holds ? '' : `\n${detail}`}`);
  if (!holds) failed++;
}

function install(module, name) {
  const path = join(bin, name);
  if (!existsSync(path)) {
    const { status, stderr } = run('go', ['install', module], { env: { ...process.env, GOBIN: bin } });
    if (status !== 0) throw new Error(stderr);
  }
  return path;
}

try {
  const act = install(ACT, 'act');
  const lint = run(install(ACTIONLINT, 'actionlint'), WORKFLOWS);
  check('actionlint', lint.status === 0, lint.stdout);
  try {
    const zizmor = run('zizmor', ['--offline', '--no-progress', ...WORKFLOWS, 'action.yml']);
    check('zizmor', zizmor.status === 0, zizmor.stdout + zizmor.stderr);
  } catch {
    console.log('skipped: zizmor is not installed');
  }

  // A clone, so that nothing of the working tree that is not committed has a say.
  const clone = join(work, 'clone');
  run('git', ['clone', '-q', root, clone]);
  const sha = run('git', ['rev-parse', 'HEAD'], { cwd: clone }).stdout.trim();
  const event = join(work, 'event.json');
  const pull = { number: 1, base: { sha, ref: 'main' }, head: { sha, ref: 'bump' } };
  writeFileSync(event, JSON.stringify({ action: 'synchronize', number: 1, pull_request: pull }));

  // The Action says `node24`; act takes the node that it finds first.
  const node24 = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin');
  const workflow = (...args) => {
    const all = [...args, '-W', '.github/workflows/readiness.yml', '-P', 'ubuntu-latest=-self-hosted', '--json'];
    const { status, stdout, stderr } = run(act, all, {
      cwd: clone,
      env: { ...process.env, PATH: `${node24}:${process.env.PATH}` },
    });
    const lines = (stdout + stderr).split('\n').flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
    const step = lines.find((line) => line.stepResult !== undefined && line.step === './');
    return { status, step: step?.stepResult, log: lines.map((line) => line.msg).join('\n') };
  };

  const ready = workflow('workflow_dispatch', '--input', 'release=warm');
  check('the ready example is green', ready.status === 0 && ready.step === 'success', ready.log.slice(-3000));
  check(
    'its outputs and summary say so',
    /verdict: ready, action: ship/.test(ready.log) && /## ✅ Ready/.test(ready.log),
  );

  const other = workflow('workflow_dispatch', '--input', 'release=scratch');
  check('the other is red', other.status !== 0 && other.step === 'failure', other.log.slice(-3000));
  check(
    'its outputs and summary say why',
    /verdict: not_ready, action: architecture_change/.test(other.log) && /## ❌ Not ready/.test(other.log),
  );

  const change = workflow('pull_request', '-e', event);
  check('a pull request is judged', change.status === 0 && change.step === 'success', change.log.slice(-3000));
  check('by the policy of its base', /"from": "base"/.test(change.log));
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(failed === 0 ? 'all passed' : `${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
