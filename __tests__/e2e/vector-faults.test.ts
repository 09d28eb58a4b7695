/** Faults of shards and caches, with the built program: whatever happens, no verdict rests on part of the data. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeBlock, encodeBlock } from '../../src/data/vectors/vector-block.js';
import { manyItems } from '../support/many-items.js';
import type { Project } from '../support/project.js';
import { runAction } from '../support/workflow.js';

const cli = join(resolve(import.meta.dirname, '../..'), 'dist/cli.cjs');
const FILES = ['--policy', 'gates/gate.yml', '--release', 'models/release.yml'];

let project: Project;
beforeEach(() => {
  project = manyItems();
});
afterEach(() => project.remove());

/** @param before a line of bash in front, such as a limit; @param node options of Node */
function skewgate(args: readonly string[], { before = ':', node = [] as readonly string[] } = {}) {
  const { status, signal, stdout, stderr } = spawnSync(
    'bash',
    ['-c', `${before}; exec "$@"`, 'bash', process.execPath, ...node, cli, ...args],
    { cwd: project.folder, env: { PATH: process.env.PATH! }, encoding: 'utf8' },
  );
  return { status, signal, stdout, stderr };
}

const shard = (index: number, options = {}) =>
  skewgate(['shard', ...FILES, '--index', String(index), '--of', '2', '--out', `s${index}`], options);
const merge = () => skewgate(['merge', ...FILES, 's1', 's2', '--out', 'report']);

/** Nothing of a verdict anywhere. */
function expectRefused({ status, stdout, stderr }: ReturnType<typeof skewgate>, why: RegExp): void {
  expect([status, stdout, stderr]).toEqual([2, '', expect.stringMatching(why)]);
  expect(existsSync(join(project.folder, 'report/report.json'))).toBe(false);
}

/** A module that ends the process, as the system would, when the second block is written. */
const KILLED = `
const fs = require('node:fs');
const { writeFileSync } = fs;
let blocks = 0;
fs.writeFileSync = (path, ...rest) => {
  if (String(path).includes('.vec') && ++blocks === 2) process.kill(process.pid, 'SIGKILL');
  return writeFileSync(path, ...rest);
};`;

describe('a shard', () => {
  it('that is killed has no manifest, and is refused by name', () => {
    expect(shard(1).status).toBe(0);
    project.write('kill.cjs', KILLED);
    expect(shard(2, { node: ['--require', './kill.cjs'] })).toMatchObject({
      status: null,
      signal: 'SIGKILL',
      stdout: '',
    });
    expect(readdirSync(join(project.folder, 's2')).some((name) => name.endsWith('.vec'))).toBe(true);
    expectRefused(merge(), /^error: s2: no manifest.json: a shard that has not come to its end/m);
  });

  it('on a disk that is full says so with status 2, and cannot be merged', () => {
    expect(shard(1).status).toBe(0);
    // No file may become larger than 8 KB: writing more fails, as on a disk that is full.
    const full = shard(2, { before: "trap '' XFSZ; ulimit -f 8" });
    expect([full.status, full.stdout, full.stderr]).toEqual([
      2,
      '',
      expect.stringMatching(
        /^error: the shard folder "s2", which cannot be written \(EFBIG.*Make room, or name another/m,
      ),
    ]);
    expectRefused(merge(), /^error: s2: no manifest.json/m);
  });

  it('without enough memory ends above 0 and leaves no manifest', () => {
    const { status, signal } = shard(1, { node: ['--max-old-space-size=8'] });
    // V8 ends the process itself (SIGABRT), which a shell shows as 134.
    expect(status === 0 && signal === null).toBe(false);
    expect(existsSync(join(project.folder, 's1/manifest.json'))).toBe(false);
  });

  it('of another release among them is refused', () => {
    expect(shard(1).status).toBe(0);
    project.edit('models/release.yml', 'versions: [v3, v2, v1]', 'versions: [v3, v2, v1] # the same');
    expect(shard(2).status).toBe(0);
    expectRefused(merge(), /^error: s2: a shard of another run \(release differ from s1\)/m);
  });

  it('whose vectors are cut off is refused', () => {
    for (const index of [1, 2]) expect(shard(index).status).toBe(0);
    const name = readdirSync(join(project.folder, 's2')).find((one) => one.endsWith('.vec'))!;
    project.write(`s2/${name}`, project.bytes(`s2/${name}`).subarray(0, 200));
    expectRefused(merge(), /^error: s2\/[0-9a-f]{64}\.vec: 200 bytes; expected [\d,]+ bytes, as the manifest/m);
  });
});

describe('the Action with a cache', () => {
  it('judges the same by it, and embeds nothing the second time', async () => {
    const runs = [];
    for (let i = 0; i < 2; i++) runs.push(await runAction(project, { inputs: { 'cache-dir': '.runner/cache' } }));
    const [first, second] = runs.map(({ report }) => report!);
    expect([first!.run.vectors!.embedded, second!.run.vectors!.embedded]).toEqual([first!.run.vectors!.entries, 0]);
    expect({ ...second, run: undefined }).toEqual({ ...first, run: undefined });
  });
});

describe('a cache', () => {
  const run = (options = {}) => skewgate(['run', ...FILES, '--cache', 'cache', '--format', 'json'], options);
  const reportOf = (stdout: string) => {
    const { run: own, ...report } = JSON.parse(stdout);
    return { own, report: JSON.stringify(report) };
  };
  const entries = () => {
    const [folder] = readdirSync(join(project.folder, 'cache'));
    return readdirSync(join(project.folder, 'cache', folder!)).map((name) =>
      join(project.folder, 'cache', folder!, name),
    );
  };

  it('on a disk that is full changes no verdict', () => {
    const alone = skewgate(['run', ...FILES, '--format', 'json']);
    const full = run({ before: "trap '' XFSZ; ulimit -f 8" });
    expect(full.status).toBe(alone.status);
    expect(reportOf(full.stdout).report).toBe(reportOf(alone.stdout).report);
    expect(reportOf(full.stdout).own.vectors.failure).toMatch(/EFBIG/);
  });

  it('whose entries were exchanged is refused, with what to do', () => {
    const first = run();
    expect(first.stderr).not.toMatch(/error/);
    for (const path of entries()) {
      const key = /([0-9a-f]{64})\.vec$/.exec(path)![1]!;
      const block = decodeBlock(key, readFileSync(path))!;
      writeFileSync(path, encodeBlock(key, { ...block, data: block.data.map((x) => -x) }));
    }
    expectRefused(
      run(),
      /^error: models\/item\/v3\.onnx: vectors in the cache "cache" that are not this checkpoint’s.*rm -r "cache"/m,
    );
  });
});
