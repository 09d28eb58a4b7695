/** What version control leaves in the place of a file. */
import { describe, expect, it } from 'vitest';
import { pointerKind } from '../../../src/data/artefacts/pointers.js';

const head = (text: string) => new TextEncoder().encode(text);

describe('a pointer', () => {
  it.each([
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n', 'git lfs pull'],
    ['a Git LFS pointer', 'version https://hawser.github.com/spec/v1\noid sha256:4d7a\nsize 1\n', 'git lfs pull'],
    ['a Hugging Face Xet pointer', '# xet version 0\nfilesize = 123\nhash = "ab"\n', 'git xet pull, or hf download'],
    ['a DVC pointer', 'outs:\n- md5: a304afb96060aad90176268345e10355\n  size: 1\n  path: data.xml\n', 'dvc pull X'],
    ['a DVC pointer', 'md5: ab\nfrozen: true\ndeps:\n- path: x\nouts:\n- hash: md5\n  path: x\n', 'dvc pull X'],
    ['a git-annex pointer', '/annex/objects/SHA256E-s123--ab.parquet\n', 'git annex get X'],
    ['a git-annex pointer', '../../.git/annex/objects/a/b/SHA256E-s123--ab.parquet', 'git annex get X'],
  ])('%s is recognised by its first bytes', (kind, text, mend) => {
    const pointer = pointerKind(head(text))!;
    expect([pointer.kind, pointer.mend('X')]).toEqual([kind, mend]);
  });

  it.each([
    ['Parquet', 'PAR1\u0015\u0004'],
    ['a CSV', 'version,count\nv1,2\n'],
    ['a policy', 'policy: l1\neval_set:\n'],
    ['a release whose version is a text', 'version https\n'],
    ['nothing', ''],
    ['a key of that name', 'outs: [a, b]\n'],
  ])('%s is none', (_, text) => {
    expect(pointerKind(head(text))).toBeUndefined();
  });
});
