/** What a commit has published: policies and releases by path or by name, and digests of what they name. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Workspace } from '../../src/data/artefacts/files.js';
import { ConfigError } from '../../src/errors.js';
import { BaseFiles, nameInYaml, pointedTo } from '../../src/host/base-files.js';
import { Commit } from '../../src/host/git.js';
import { digest } from '../support/project.js';
import { Repository } from '../support/repository.js';

let repository: Repository;
beforeEach(() => {
  repository = new Repository();
});
afterEach(() => repository.remove());

function published() {
  const commit = Commit.open(repository.folder, repository.commit());
  return { files: new BaseFiles(commit), workspace: new Workspace(repository.folder), sha: commit.sha };
}

const POINTER = (oid: string) => `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize 12\n`;

describe('a file of the base', () => {
  it('is its text there, whatever the change made of it', () => {
    repository.write('gates/a.yml', 'policy: a\n');
    const { files, workspace, sha } = published();
    repository.write('gates/a.yml', 'policy: changed\n');
    expect(files.name).toBe(`the base commit ${sha.slice(0, 12)}`);
    expect(files.text(repository.path('gates/a.yml'), workspace)).toBe('policy: a\n');
    expect(files.text(repository.path('gates/none.yml'), workspace)).toBeUndefined();
    expect(files.text('/etc/hosts', workspace)).toBeUndefined();
  });

  it.each<[string, (r: Repository) => unknown, RegExp]>([
    ['a link', (r) => r.write('b.yml', 'policy: b\n').link('a.yml', 'b.yml'), /^a\.yml: a symbolic link in the base/],
    ['no UTF-8', (r) => r.write('a.yml', Buffer.from([0x61, 0xff])), /^a\.yml:1:2: byte 0xff, which is not UTF-8/],
    [
      'larger than a YAML file may be',
      (r) => r.write('a.yml', '#'.repeat(1_048_577)),
      /^a\.yml:1:1: a file of 1,048,577 bytes in the base commit; expected at most 1,048,576/,
    ],
  ])('that is %s is refused', (_, write, message) => {
    write(repository);
    const { files, workspace } = published();
    // What the change puts in its place does not matter.
    repository.delete('a.yml').write('a.yml', 'policy: a\n');
    const read = () => files.text(repository.path('a.yml'), workspace);
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(message);
  });
});

describe('the releases of the base', () => {
  const NEW = 'release: model\nlive: v3\n';
  const paths = (...names: string[]) => names.map((name) => expect.objectContaining({ path: repository.path(name) }));

  it('are the one at the path, where its name is the same', () => {
    repository.write('models/a.yml', 'release: model\nlive: v2\n').write('models/b.yml', 'release: model\n');
    const { files, workspace } = published();
    expect(files.releases(repository.path('models/a.yml'), NEW, workspace)).toEqual([
      { path: repository.path('models/a.yml'), text: 'release: model\nlive: v2\n' },
    ]);
  });

  it('are the one of the name elsewhere beside the one at the path, where a file took another’s place', () => {
    repository.write('models/a.yml', 'release: other\n').write('models/b.yml', 'release: model\n');
    const { files, workspace } = published();
    expect(files.releases(repository.path('models/a.yml'), NEW, workspace)).toEqual(
      paths('models/a.yml', 'models/b.yml'),
    );
  });

  it('are the one of the name alone, where a file moved', () => {
    repository.write('models/b.yml', 'release: model\n');
    const { files, workspace } = published();
    expect(files.releases(repository.path('models/a.yml'), NEW, workspace)).toEqual(paths('models/b.yml'));
  });

  it('are none of a release that is new, or has no name', () => {
    repository.write('models/b.yml', 'release: other\n');
    const { files, workspace } = published();
    expect(files.releases(repository.path('models/a.yml'), NEW, workspace)).toEqual([]);
    expect(files.releases(repository.path('models/a.yml'), 'live: v3\n', workspace)).toEqual([]);
  });

  it('are an error where two bear the name', () => {
    repository.write('b.yml', 'release: model\n').write('c.yml', 'release: model\n');
    const { files, workspace } = published();
    expect(() => files.releases(repository.path('a.yml'), NEW, workspace)).toThrow(
      /^a\.yml: a release that the base commit does not have here, and 2 of the name "model" elsewhere in it: "b\.yml".*"c\.yml"/,
    );
  });
});

describe('a digest of the base', () => {
  it('is of the bytes, or of what a pointer of Git LFS stands for', () => {
    repository.write('a.onnx', 'weights').write('b.onnx', POINTER('ab'.repeat(32)));
    const { files } = published();
    repository.write('a.onnx', 'others');
    expect(files.digest(repository.path('a.onnx'))).toBe(digest('weights'));
    expect(files.digest(repository.path('b.onnx'))).toBe('ab'.repeat(32));
  });

  it('is none of a link, a missing file and one outside', () => {
    repository.write('a.onnx', 'weights').link('b.onnx', 'a.onnx');
    const { files } = published();
    for (const path of [repository.path('b.onnx'), repository.path('c.onnx'), '/etc/hosts'])
      expect(files.digest(path), path).toBeUndefined();
  });
});

describe('a pointer', () => {
  const of = (text: string) => pointedTo({ mode: '100644', bytes: Buffer.from(text) });

  it('says the digest, with other lines between', () => {
    expect(of(POINTER('0f'.repeat(32)))).toBe('0f'.repeat(32));
    expect(of(POINTER('0f'.repeat(32)).replace('oid', 'ext-0-foo sha256:00\noid'))).toBe('0f'.repeat(32));
  });

  it.each([
    '',
    'weights',
    `oid sha256:${'0f'.repeat(32)}\n`,
    POINTER('0f'.repeat(31)),
    `\n${POINTER('0f'.repeat(32))}`,
  ])('%j is none', (text) => {
    expect(of(text)).toBeUndefined();
  });
});

describe('a name', () => {
  it.each([
    ['policy: a gate\n', 'a gate'],
    ['"policy": \'a\'\nchecks: {}\n', 'a'],
    ['checks: [\npolicy: a\n', 'a'],
    ['policy: 7\n', undefined],
    ['policy: "  "\n', undefined],
    ['release: a\n', undefined],
    ['- policy: a\n', undefined],
    ['', undefined],
    ['policy: a\nchecks: &x [*x\n', 'a'],
    [`policy: a\n${'#'.repeat(1_048_577)}`, undefined],
  ])('of %j is %j', (text, name) => {
    expect(nameInYaml(text, 'policy')).toBe(name);
  });
});
