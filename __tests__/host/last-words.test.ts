/** What neither stream nor event may do: change the exit status, or end in Node's own dump. The module itself, in a process of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skewgate-last-words-'));
  await build({
    entryPoints: [join(root, 'src/host/last-words.ts')],
    outfile: join(folder, 'last-words.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'silent',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const program = (code: string) => ['-e', `require(${JSON.stringify(join(folder, 'last-words.cjs'))});\n${code}`];

function ran(code: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, program(code), { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('what nobody catches', () => {
  it.each([
    ['an error', "throw new TypeError('x is undefined')", 'TypeError: x is undefined'],
    ['a promise', "Promise.reject(new RangeError('no end'))", 'RangeError: no end'],
    ['a text', "throw 'a text'", 'a text'],
    ['an event', "setImmediate(() => { throw new Error('late'); })", 'Error: late'],
  ])('is a bug of ours, never a pass: %s', (_, code, said) => {
    expect(ran(code)).toEqual({
      status: 3,
      stdout: '',
      stderr: `skewgate has a bug: nothing was judged (${said}).\n`,
    });
  });

  it('is the machine’s where memory is lacking', () => {
    const { status, stderr } = ran("throw new RangeError('Array buffer allocation failed')");
    expect([status, stderr]).toEqual([2, 'error: not enough memory (RangeError: Array buffer allocation failed).\n']);
  });

  it('is printed in one line, whatever stands in it', () => {
    const { stderr } = ran("throw new Error('a\\u001b[2J\\nb')");
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).not.toContain(String.fromCharCode(27));
  });
});

describe('a status that is promised', () => {
  const ending = (promise: string) =>
    ran(`const { endWith } = require(${JSON.stringify(join(folder, 'last-words.cjs'))});\nendWith(${promise});`);

  it.each([0, 1, 2, 3])('is that of the process: %i', (status) => {
    expect(ending(`Promise.resolve(${status})`)).toEqual({ status, stdout: '', stderr: '' });
  });

  it('and never given is a bug of ours, never a pass', () => {
    expect(ending('new Promise(() => undefined)')).toEqual({
      status: 3,
      stdout: '',
      stderr: 'skewgate has a bug: it ended without a verdict.\n',
    });
  });

  it('and broken is told once', () => {
    expect(ending("Promise.reject(new Error('broken'))")).toEqual({
      status: 3,
      stdout: '',
      stderr: 'skewgate has a bug: nothing was judged (Error: broken).\n',
    });
  });
});

describe('a stream', () => {
  it('that its reader has closed leaves the status as it is, and says nothing', async () => {
    const code = `process.exitCode = 1;
      let left = 2000;
      const next = () => { process.stdout.write('x'.repeat(65536)); if (--left > 0) setImmediate(next); };
      next();`;
    const child = spawn(process.execPath, program(code), { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (data: Buffer) => {
      stderr += data.toString('utf8');
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const status = await new Promise((done) => child.on('close', done));
    expect([status, stderr]).toEqual([1, '']);
  });

  it('that cannot be written says so once, and leaves the status as it is', () => {
    const said = ran(`process.exitCode = 1;
      const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
      process.stdout.emit('error', full);
      process.stdout.emit('error', full);`);
    expect(said).toEqual({
      status: 1,
      stdout: '',
      stderr: 'warning: the result could not be written to stdout (no space left).\n',
    });
  });

  it('of errors that fails is nothing to say anything on', () => {
    expect(ran("process.stderr.emit('error', new Error('gone'))")).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});
