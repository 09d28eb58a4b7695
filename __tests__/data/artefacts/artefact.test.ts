/** What a path names, in which order its parts stand, and the one digest that covers them. */
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Digests, OncePerFile, sha256 } from '../../../src/data/artefacts/digests.js';
import { Workspace } from '../../../src/data/artefacts/files.js';
import { matchesWildcard } from '../../../src/data/artefacts/glob.js';
import { artefactAt, artefactProblems, siblingParts } from '../../../src/data/artefacts/list.js';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'skewgate-artefact-')));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), `bytes of ${name}`);
  }
}

const namesOf = (path: string) => artefactAt(join(folder, path))?.parts.map(({ name }) => name);

describe('an artefact', () => {
  it('is a file', async () => {
    write(['a.parquet']);
    expect(artefactAt(join(folder, 'a.parquet'))).toMatchObject({ kind: 'file', parts: [{ name: 'a.parquet' }] });
    expect(await new Digests().of(artefactAt(join(folder, 'a.parquet'))!)).toBe(sha256('bytes of a.parquet'));
  });

  it('is a folder of parts, in the order of the bytes of their paths, without what is hidden or a marker', () => {
    write([
      't/part-10.parquet',
      't/part-2.parquet',
      't/Z.parquet',
      't/ä.parquet',
      't/tier=small/part-0.parquet',
      't/_day=1/part-0.parquet',
      't/_SUCCESS',
      't/_metadata',
      't/.part-2.parquet.crc',
      't/part-2.parquet.crc',
      't/_temporary/part-9.parquet',
      't/.hidden/part-9.parquet',
    ]);
    const names = ['Z.parquet', '_day=1/part-0.parquet', 'part-10.parquet', 'part-2.parquet'];
    expect(namesOf('t')).toEqual([...names, 'tier=small/part-0.parquet', 'ä.parquet']);
    expect(artefactAt(join(folder, 't'))?.kind).toBe('folder');
  });

  it('is a glob, whose names are those below its first wildcard', () => {
    write([
      't/dt=1/part-0.parquet',
      't/dt=1/part-1.csv',
      't/dt=2/part-0.parquet',
      't/dt=12/x/y.parquet',
      't/z.parquet',
    ]);
    expect(namesOf('t/dt=*/*.parquet')).toEqual(['dt=1/part-0.parquet', 'dt=2/part-0.parquet']);
    expect(namesOf('t/dt=[12]/part-?.parquet')).toEqual(['dt=1/part-0.parquet', 'dt=2/part-0.parquet']);
    expect(namesOf('t/dt=1*')).toEqual(['dt=1/part-0.parquet', 'dt=1/part-1.csv', 'dt=12/x/y.parquet']);
    const below = ['dt=1/part-0.parquet', 'dt=12/x/y.parquet', 'dt=2/part-0.parquet', 'z.parquet'];
    expect(namesOf('t/**/*.parquet')).toEqual(below);
    expect(artefactAt(join(folder, 't/*.parquet'))).toMatchObject({ kind: 'glob', folder: join(folder, 't') });
  });

  it('is the file of a name that reads as a glob, where there is one', () => {
    write(['t/a[1].parquet', 't/a1.parquet']);
    expect(namesOf('t/a[1].parquet')).toEqual(['a[1].parquet']);
  });

  it('is nothing where no part is', () => {
    write(['t/_SUCCESS']);
    expect(['t', 'no', 'no/*.parquet', 't/*.parquet'].map(namesOf)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('has the digest that sha256sum prints of its parts, whatever stands beside them', async () => {
    write(['t/b=1/x.parquet', 't/a.parquet', 't/_SUCCESS']);
    const lines = ['a.parquet', 'b=1/x.parquet'].map((name) => `${sha256(`bytes of t/${name}`)}  ${name}\n`);
    expect(await new Digests().of(artefactAt(join(folder, 't'))!)).toBe(sha256(lines.join('')));
    expect(await new Digests().of(artefactAt(join(folder, 't/**'))!)).toBe(sha256(lines.join('')));
  });
});

describe('parts are refused', () => {
  const place = { file: 'gates/gate.yml', line: 3, column: 9 };
  const foundOf = (path: string, root = folder) =>
    artefactProblems(artefactAt(join(folder, path))!, new Workspace(root), place).map(({ found }) => found);

  it('that lead out of the workspace, or to a folder', () => {
    write(['outside.parquet', 'inside/t/part-0.parquet', 'inside/other/x.parquet']);
    symlinkSync(join(folder, 'outside.parquet'), join(folder, 'inside/t/part-1.parquet'));
    symlinkSync(join(folder, 'inside/other'), join(folder, 'inside/t/part-2.parquet'));
    symlinkSync(join(folder, 'inside/other/x.parquet'), join(folder, 'inside/t/part-3.parquet'));
    expect(foundOf('inside/t', join(folder, 'inside'))).toEqual([
      '"part-1.parquet", a link out of the workspace',
      '"part-2.parquet", which is no file',
    ]);
  });

  it('that are pointers, or whose names are lines of a manifest', () => {
    write(['t/part-0.parquet', 't/part\n1.parquet']);
    writeFileSync(join(folder, 't/part-2.parquet'), 'version https://git-lfs.github.com/spec/v1\n');
    expect(foundOf('t')).toEqual([
      'a part "part\\u000a1.parquet"',
      'a Git LFS pointer in place of the file t/part-2.parquet',
    ]);
  });
});

it('a part that is named alone is told from a table of one file', () => {
  write([
    't/part-0.snappy.parquet',
    't/part-1.snappy.parquet',
    't/part-2.parquet.crc',
    't/.part-3.parquet',
    'a.parquet',
  ]);
  expect(siblingParts(join(folder, 't/part-0.snappy.parquet'))).toBe(1);
  expect(siblingParts(join(folder, 'a.parquet'))).toBe(0);
});

describe('a file', () => {
  it('is hashed once a run, by whatever path it is reached, and anew once it is another', async () => {
    write(['a', 'b']);
    symlinkSync(join(folder, 'a'), join(folder, 'link'));
    const hashed: string[] = [];
    const once = new OncePerFile(async (path) => {
      hashed.push(path);
      return sha256(readFileSync(path));
    });
    const [a, link] = [join(folder, 'a'), join(folder, 'link')];
    expect(await once.of(a)).toBe(await once.of(link));
    expect(hashed).toEqual([a]);
    writeFileSync(a, 'bytes of c');
    utimesSync(a, 1, statSync(join(folder, 'b')).mtimeMs / 1000);
    expect(await once.of(a)).toBe(sha256('bytes of c'));
    expect(hashed).toEqual([a, a]);
  });

  it('is hashed again by another run', async () => {
    write(['a']);
    const digests = new Digests();
    expect(await digests.ofFile(join(folder, 'a'))).toBe(sha256('bytes of a'));
    expect(new Workspace(folder).digests).not.toBe(new Workspace(folder).digests);
  });
});

it('a folder of one part may be pinned by that part, unless folders say more of it', async () => {
  const digests = new Digests();
  write(['t/_SUCCESS', 't/part-0', 'hive/tier=a/part-0', 'two/part-0', 'two/part-1']);
  const own = (name: string) => sha256(`bytes of ${name}`);
  const matches = (name: string, pin: string) => digests.matches(artefactAt(join(folder, name))!, pin);
  expect(await matches('t', own('t/part-0'))).toBe(true);
  expect(await matches('t', await digests.of(artefactAt(join(folder, 't'))!))).toBe(true);
  expect(await matches('t', own('t/_SUCCESS'))).toBe(false);
  expect(await matches('hive', own('hive/tier=a/part-0'))).toBe(false);
  expect(await matches('two', own('two/part-0'))).toBe(false);
});

it.each([
  ['part-0.parquet', 'part-*', true],
  ['part-0.parquet', '*-?.parquet', true],
  ['part-0.parquet', 'part-*.csv', false],
  ['a-b', 'a[!x]b', true],
  ['axb', 'a[!x]b', false],
  ['a5', 'a[0-9]', true],
  ['a.', 'a[', false],
  ['a[', 'a[', true],
  ['ä', '?', true],
  ['', '*', true],
  ['a'.repeat(250), `${'a*'.repeat(120)}b`, false],
])('%s is named by %s: %s', (text, pattern, expected) => expect(matchesWildcard(text, pattern)).toBe(expected));
