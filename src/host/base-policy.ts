/** The policy of a commit: what judges a pull request, whatever the pull request itself makes of the file. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseDocument } from 'yaml';
import { ConfigError } from '../errors.js';
import { differenceOf } from '../lib/difference.js';
import { isFile, sha256, type Workspace } from '../lib/files.js';
import { list, quoted } from '../lib/text.js';
import { MAX_YAML_BYTES } from '../lib/yaml-source.js';
import { checkout, type OriginalPolicy, type PolicyOrigin } from '../policy/origin.js';
import type { Blob, Commit } from './git.js';

/** Git's mode of a symbolic link. */
const LINK = '120000';

export class BasePolicy implements PolicyOrigin {
  readonly from = 'base';
  /** Whether the policy was found in the commit; a first introduction is judged by its own tables too. */
  private introduced = false;
  private folder: string | undefined;

  constructor(private readonly commit: Commit) {}

  policy(path: string, workspace: Workspace): OriginalPolicy {
    if (!workspace.contains(path)) return checkout('head').policy(path, workspace);
    const inside = this.commit.pathOf(path);
    const same = inside === undefined ? undefined : this.text(inside, path, workspace);
    if (same !== undefined) return this.original(path, same, path, []);
    const renamed = this.renamedFrom(path, workspace);
    if (renamed)
      return this.original(renamed.file, renamed.text, path, [
        `the policy ${renamed.path} of the base commit was renamed to ${workspace.show(path)}: judged by the base’s.`,
      ]);
    this.introduced = true;
    return {
      ...checkout('head').policy(path, workspace),
      notices: [
        `the base commit ${this.commit.sha.slice(0, 12)} has no policy of this name: this change introduces it, and is judged by it.`,
      ],
    };
  }

  table(path: string, workspace: Workspace): string {
    const inside = this.commit.pathOf(path);
    if (this.introduced || inside === undefined) return path;
    const shown = workspace.show(path);
    const blob = this.commit.blob(inside);
    if (!blob)
      throw new ConfigError([
        {
          place: { file: shown },
          found: `no such file in the base commit ${this.commit.sha.slice(0, 12)}, whose policy names it`,
          expected: 'the table that the base’s policy goes by',
        },
      ]);
    this.refuseLink(blob, shown);
    if (isFile(path) && readFileSync(path).equals(blob.bytes)) return path;
    // Git LFS keeps a pointer in the commit: the checkout's file is the one meant if it has that digest.
    const lfs = /^version https:\/\/git-lfs[^\n]*\n(?:[^\n]*\n)*?oid sha256:([0-9a-f]{64})\n/.exec(
      blob.bytes.toString('latin1', 0, 1024),
    );
    if (lfs) {
      if (isFile(path) && sha256(readFileSync(path)) === lfs[1]) return path;
      throw new ConfigError([
        {
          place: { file: shown },
          found: 'a table kept in Git LFS that this change edits',
          expected: 'the table of the base commit, by which the change is judged',
          mend: 'Change it in a pull request of its own, after which others are judged by it.',
        },
      ]);
    }
    this.folder ??= mkdtempSync(join(process.env.RUNNER_TEMP || tmpdir(), 'skewgate-base-'));
    const copy = join(this.folder, `${inside.replaceAll('/', '__').slice(-100)}-${basename(path).slice(-60)}`);
    writeFileSync(copy, blob.bytes);
    return copy;
  }

  private original(file: string, text: string, head: string, notices: readonly string[]): OriginalPolicy {
    const difference = differenceOf(text, isFile(head) ? readFileSync(head, 'utf8').slice(0, MAX_YAML_BYTES) : '');
    return {
      from: 'base',
      path: file,
      text,
      ...(difference === '' ? {} : { difference }),
      notices: [
        ...notices,
        ...(difference === ''
          ? []
          : ['this change edits the policy: it is judged by the base’s, and the edit counts from the next change on.']),
      ],
    };
  }

  /** A policy of the same name elsewhere in the commit. */
  private renamedFrom(path: string, workspace: Workspace): { path: string; file: string; text: string } | undefined {
    const name = isFile(path) ? nameOf(checkout('head').policy(path, workspace).text) : undefined;
    if (name === undefined) return undefined;
    const found = this.commit.policyFiles().flatMap((candidate) => {
      const file = join(this.commit.top, candidate);
      if (!workspace.contains(file)) return [];
      const text = this.text(candidate, file, workspace);
      return text !== undefined && nameOf(text) === name ? [{ path: candidate, file, text }] : [];
    });
    if (found.length > 1)
      throw new ConfigError([
        {
          place: { file: workspace.show(path) },
          found: `a policy that the base commit does not have here, and ${found.length} of the name ${quoted(name)} elsewhere in it: ${list(found.map((f) => quoted(f.path)))}`,
          expected: 'one policy of a name',
          mend: 'Rename the policy in a change of its own, or give it another name.',
        },
      ]);
    return found[0];
  }

  private text(inside: string, path: string, workspace: Workspace): string | undefined {
    const blob = this.commit.blob(inside);
    if (!blob) return undefined;
    this.refuseLink(blob, workspace.show(path));
    if (blob.bytes.length > MAX_YAML_BYTES)
      throw new ConfigError([
        {
          place: { file: workspace.show(path), line: 1, column: 1 },
          found: `a file of ${blob.bytes.length.toLocaleString('en-US')} bytes`,
          expected: 'at most 1,048,576',
        },
      ]);
    return blob.bytes.toString('utf8');
  }

  private refuseLink({ mode }: Blob, shown: string): void {
    if (mode === LINK)
      throw new ConfigError([
        {
          place: { file: shown },
          found: 'a symbolic link in the base commit',
          expected: 'a file',
          mend: 'Name the file itself.',
        },
      ]);
  }
}

function nameOf(text: string): string | undefined {
  const document = parseDocument(text, { maxAliasCount: 0 } as object);
  if (document.errors.length > 0) return undefined;
  const name: unknown = document.get('policy');
  return typeof name === 'string' ? name : undefined;
}
