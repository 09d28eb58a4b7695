/** `skewgate pin`: all that is there is pinned; a pointer that version control has left is no file. */

import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { pin } from '../../src/commands/pin.js';
import { KeepingHost } from '../support/host.js';
import { digest, Project } from '../support/project.js';

let project: Project;
afterEach(() => project.remove());

async function pinned(file: string, workspace = '.'): Promise<{ status: number; message: string }> {
  const host = new KeepingHost(join(project.folder, workspace));
  const status = await pin.run({ argument: join(project.folder, file) }, host);
  return { status, message: host.message };
}

describe('pin refuses a pointer, and leaves the file as it was', () => {
  it.each([
    ['gates/gate.yml', 'eval/rows.csv', 'version https://git-lfs.github.com/spec/v1\n', 'Run: git lfs pull'],
    [
      'models/release.yml',
      'models/item/v2.onnx',
      '/annex/objects/SHA256E-s1--a\n',
      'Run: git annex get models/item/v2.onnx',
    ],
  ])('%s', async (file, target, pointer, mend) => {
    project = new Project();
    project.write(target, pointer);
    const before = project.read(file);
    const { status, message } = await pinned(file);
    expect(status).toBe(2);
    // At the place that names it, or at the file itself where it is one of a tower's.
    expect(message).toMatch(/^(gates\/gate.yml:\d+:\d+|models\/item\/v2.onnx): a .* pointer in place of the file/);
    expect(message).toContain(target);
    expect(message).toContain(`; expected the file itself. ${mend}`);
    expect(message).not.toMatch(/skewgate pin/);
    expect(project.read(file)).toBe(before);
  });
});

describe('pin', () => {
  const SERVED = `release: r
live: 2
versions: [2, 1] # as the trainer counts
query_tower: {onnx: 'query/{version}.onnx'}
item_tower:
  onnx: item/{version}.onnx
  sha256:
    2: ${'0'.repeat(64)} # of Monday
  served: {onnx: 'served/{version}.onnx'} # int8
evidence:
  serving_health: health.csv
  ledger: none.csv
`;

  function withFiles(release: string, others: Record<string, string> = {}): Project {
    const files: Record<string, string> = { 'models/release.yml': release, ...others };
    return new Project(files);
  }

  it('takes the digests of all files that are there, in place, and then has nothing more to do', async () => {
    project = withFiles(SERVED, {
      'models/query/2.onnx': 'q2',
      'models/item/2.onnx': 'i2',
      'models/item/1.onnx': 'i1',
      'models/served/2.onnx': 's2',
      'models/health.csv': 'h',
    });
    const run = async () => {
      const host = new KeepingHost(project.folder);
      expect(await pin.run({ argument: join(project.folder, 'models/release.yml') }, host)).toBe(0);
      return host.printed;
    };
    expect(await run()).toBe('models/release.yml: 5 pins, 5 changed\n');
    const text = `release: r
live: 2
versions: [2, 1] # as the trainer counts
query_tower: {onnx: 'query/{version}.onnx', sha256: {"2": ${digest('q2')}}}
item_tower:
  onnx: item/{version}.onnx
  sha256:
    2: ${digest('i2')} # of Monday
    "1": ${digest('i1')}
  served: {onnx: 'served/{version}.onnx', sha256: ${digest('s2')}} # int8
evidence:
  serving_health: {path: health.csv, sha256: ${digest('h')}}
  ledger: none.csv
`;
    expect(project.read('models/release.yml')).toBe(text);
    expect(await run()).toBe('models/release.yml: 5 pins, 0 changed\n');
    expect(project.read('models/release.yml')).toBe(text);
  });

  it.each([
    [
      'release: r\n',
      /release.yml:1:1: nothing to pin: neither eval_set, nor versions, nor evidence; expected a policy/,
    ],
    ['- a list\n', /release.yml:1:1: nothing to pin: neither eval_set/],
    [
      'versions: [v1]\nitem_tower: {onnx: x}\n',
      /:1:1: nothing to pin: no file under the paths that it names; expected/,
    ],
    [
      'eval_set: {rows: none.csv}\n',
      /^eval_set file "none.csv", which does not exist; expected a file to take the digest/,
    ],
    ['evidence: {a: ../x.csv}\n', /:1:11: "a" outside the workspace; expected a file inside it/],
    ['evidence: {a: &a x.csv, b: *a}\n', /:1:28: an alias; expected a mapping of its own, to be pinned/],
    ['evidence: &e {a: x.csv}\nversions: [x]\nitem_tower: *e\n', undefined],
    [
      'versions: [v]\nquery_tower: &q {onnx: x.csv}\nitem_tower: *q\n',
      /:3:13: an alias; expected a mapping of its own/,
    ],
  ])('of %j says what is wrong and leaves the file alone', async (text, message) => {
    project = withFiles(text, { 'models/x.csv': 'x', 'x.csv': 'x' });
    const { status, message: said } = await pinned('models/release.yml', 'models');
    if (message === undefined) expect([status, said]).toEqual([0, '']);
    else {
      expect(status).toBe(2);
      expect(said).toMatch(message);
      expect(project.read('models/release.yml')).toBe(text);
    }
  });
});
