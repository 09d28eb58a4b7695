/**
 * An origin is where a policy is read from. On a pull request it is the base commit's, so that a change cannot lower
 * the bar that judges it; its pins then hold the eval set, and the tables that it names are the base commit's too.
 */
import { readFileSync } from 'node:fs';
import { isFile, sizeOf, type Workspace } from '../../data/artefacts/files.js';
import { pointerProblem } from '../../data/artefacts/pointers.js';
import { ConfigError } from '../../errors.js';
import { quoted } from '../../lib/text.js';
import { foreignByte } from '../../lib/utf8.js';
import { MAX_YAML_BYTES } from '../yaml/source.js';

export interface PolicyOrigin {
  readonly from: 'base' | 'head' | 'file';
  /**
   * The policy's path (absolute, in the checkout) and text as of the origin; `path` may differ from the one asked for
   * where the policy was renamed.
   */
  policy(path: string, workspace: Workspace): OriginalPolicy;
  /** The path that a table of the policy is read from: the checkout's file, or a copy of the base commit's. */
  table(path: string, workspace: Workspace): string;
  /** The files published before this change, which it may not rewrite; absent where the checkout is all there is. */
  readonly past?: PastFiles;
}

/** A file as a commit has it; its path (absolute) in the checkout, which may have none there. */
export interface PastFile {
  readonly path: string;
  readonly text: string;
}

/** The files of a commit. Paths are absolute, in the checkout. */
export interface PastFiles {
  /** As messages call it: `the base commit 0123456789ab`. */
  readonly name: string;
  /** Undefined where the commit has no such file. */
  text(path: string, workspace: Workspace): string | undefined;
  /**
   * The files that the commit has of a release: the file at its path, and the one elsewhere of the name that `text`,
   * the checkout's, gives it.
   */
  releases(path: string, text: string, workspace: Workspace): readonly PastFile[];
  /** sha256 of a file, of what a Git LFS pointer stands for; undefined where the commit has none. */
  digest(path: string): string | undefined;
}

export interface OriginalPolicy {
  readonly from: 'base' | 'head' | 'file';
  readonly path: string;
  readonly text: string;
  /** The difference of the checkout's policy from this one: lines with - and +. Absent where there is none. */
  readonly difference?: string;
  readonly notices: readonly string[];
}

/** The checkout as it is. */
export function checkout(from: 'head' | 'file'): PolicyOrigin {
  return {
    from,
    policy: (path, workspace) => ({ from, path, text: readWorkspaceYaml(path, workspace, 'policy'), notices: [] }),
    table: (path) => path,
  };
}

/** The text of a policy or release file; a missing or outside file is one clear error. */
export function readWorkspaceYaml(file: string, workspace: Workspace, what: string): string {
  const shown = workspace.show(file);
  if (!workspace.contains(file))
    throw new ConfigError([
      {
        place: { file: shown },
        found: `a ${what} outside the workspace ${quoted(workspace.root)}`,
        expected: 'a file inside it',
        mend:
          'The workspace is GITHUB_WORKSPACE, else the current directory: ' +
          'run from the folder that holds all files.',
      },
    ]);
  if (!isFile(file))
    throw new ConfigError([
      { place: { file: shown }, found: `no ${what} file here`, expected: 'the path of a YAML file' },
    ]);
  if (sizeOf(file) > MAX_YAML_BYTES)
    throw new ConfigError([
      {
        place: { file: shown, line: 1, column: 1 },
        found: `a file of ${sizeOf(file).toLocaleString('en-US')} bytes`,
        expected: 'at most 1,048,576',
      },
    ]);
  const pointer = pointerProblem(file, shown);
  if (pointer) throw new ConfigError([pointer]);
  return yamlText(readFileSync(file), shown);
}

/**
 * The text that bytes are: what is digested, parsed and shown is one and the same. Bytes that are no UTF-8 are refused,
 * as several of them would become one text.
 */
export function yamlText(bytes: Uint8Array, shown: string): string {
  const foreign = foreignByte(bytes);
  if (foreign)
    throw new ConfigError([
      {
        place: { file: shown, line: foreign.line, column: foreign.column },
        found: `byte ${foreign.shown}, which is not UTF-8`,
        expected: 'a YAML file in UTF-8',
      },
    ]);
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}
