/**
 * Small texts that version control puts in the place of a large file. A digest of one is a digest of nothing, and no
 * reader may take it for the file: it is recognised by its first bytes.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import type { Place, Problem } from '../../errors.js';
import { shellPath } from '../../lib/text.js';

export interface Pointer {
  /** `a Git LFS pointer`. */
  readonly kind: string;
  /** The command that fetches the file. */
  readonly mend: (path: string) => string;
}

const KINDS: readonly (readonly [RegExp, Pointer])[] = [
  // https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md; hawser was its name before the first release.
  [
    /^version https:\/\/(git-lfs|hawser)\.github\.com\/spec\//,
    { kind: 'a Git LFS pointer', mend: () => 'git lfs pull' },
  ],
  [/^# xet version \d/, { kind: 'a Hugging Face Xet pointer', mend: () => 'git xet pull, or hf download' }],
  // .dvc files: `outs:` is a list of mappings, after a few keys of the stage.
  [
    /^(?:(?:md5|frozen|desc|wdir|meta|deps|type):[\s\S]*\n)?outs:\r?\n *- +(?:md5|etag|checksum|hash|size|path|cloud):/,
    { kind: 'a DVC pointer', mend: (path) => `dvc pull ${path}` },
  ],
  // Unlocked files hold `/annex/objects/KEY`, locked ones are links whose text is what a checkout without links holds.
  [
    /^(?:\/annex\/objects\/|(?:\.\.\/)*\.git\/annex\/objects\/)/,
    { kind: 'a git-annex pointer', mend: (path) => `git annex get ${path}` },
  ],
];

/** More than any pointer's first line. */
const HEAD = 1024;

/** Names the pointer that stands in the place of a file, by its first bytes; undefined for anything else. */
export function pointerKind(head: Uint8Array): Pointer | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, HEAD)).toString('latin1');
  return KINDS.find(([pattern]) => pattern.test(text))?.[1];
}

/**
 * The problem of a file of which only a pointer is there; `place` where something else than the file itself should be
 * pointed at.
 */
export function pointerProblem(path: string, shown: string, place: Place = { file: shown }): Problem | undefined {
  const pointer = pointerKind(headOf(path));
  if (!pointer) return undefined;
  return {
    place,
    found: `${pointer.kind} in place of ${place.file === shown ? 'the file' : `the file ${shown}`}`,
    expected: 'the file itself',
    mend: `Run: ${pointer.mend(shellPath(shown))}`,
  };
}

function headOf(path: string): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const head = new Uint8Array(HEAD);
    return head.subarray(0, readSync(file, head, 0, HEAD, 0));
  } finally {
    closeSync(file);
  }
}
