/** The policy of a commit: what judges a pull request, whatever the pull request itself makes of the file. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { manifestDigest, sha256 } from '../data/artefacts/digests.js';
import { isFile, sizeOf, type Workspace } from '../data/artefacts/files.js';
import { artefactAt } from '../data/artefacts/list.js';
import { checkout, type OriginalPolicy, type PolicyOrigin } from '../documents/policy/origin.js';
import { MAX_YAML_BYTES } from '../documents/yaml/source.js';
import { ConfigError } from '../errors.js';
import { differenceOf } from '../lib/difference.js';
import { BaseFiles, nameInYaml, pointedTo } from './base-files.js';
import { Commit } from './git.js';

/** The policy, and the past of the release, of a branch, tag or commit that somebody names; `head` is the checkout. */
export function originNamed(workspace: string, ref: string): PolicyOrigin {
  return ref === 'head' ? checkout('head') : new BasePolicy(Commit.named(workspace, ref));
}

export class BasePolicy implements PolicyOrigin {
  readonly from = 'base';
  readonly past: BaseFiles;
  /** True where the policy was found in the commit; a first introduction is judged by its own tables too. */
  private introduced = false;
  private folder: string | undefined;

  constructor(readonly commit: Commit) {
    this.past = new BaseFiles(commit);
  }

  policy(path: string, workspace: Workspace): OriginalPolicy {
    if (!workspace.contains(path)) return checkout('head').policy(path, workspace);
    const same = this.past.text(path, workspace);
    if (same !== undefined) return this.original(path, same, path, []);
    const name = isFile(path) ? nameInYaml(checkout('head').policy(path, workspace).text, 'policy') : undefined;
    const renamed = name === undefined ? undefined : this.past.named('policy', name, path, workspace);
    if (renamed)
      return this.original(renamed.path, renamed.text, path, [
        `the policy ${workspace.show(renamed.path)} of the base commit was renamed to ${workspace.show(path)}: ` +
          'judged by the base’s.',
      ]);
    this.introduced = true;
    return {
      ...checkout('head').policy(path, workspace),
      notices: [`${this.past.name} has no policy of this name: this change introduces it, and is judged by it.`],
    };
  }

  table(path: string, workspace: Workspace): string {
    const inside = this.commit.pathOf(path);
    if (this.introduced || inside === undefined) return path;
    const shown = workspace.show(path);
    const blob = this.commit.blob(inside);
    if (!blob && this.hasParts(path, shown)) return path;
    if (!blob)
      throw new ConfigError([
        {
          place: { file: shown },
          found: `no such file in ${this.past.name}, whose policy names it`,
          expected: 'the table that the base’s policy goes by',
        },
      ]);
    this.past.refuseLink(blob, shown);
    if (isFile(path) && readFileSync(path).equals(blob.bytes)) return path;
    // Git LFS keeps a pointer in the commit: the checkout's file is the one meant if it has that digest.
    const pointed = pointedTo(blob);
    if (pointed !== undefined) {
      if (isFile(path) && sha256(readFileSync(path)) === pointed) return path;
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

  /** True where a table is part files that are those of the commit. Refuses ones that this change edits. */
  private hasParts(path: string, shown: string): boolean {
    const before = this.past.digest(path);
    if (before === undefined) return false;
    const parts = artefactAt(path)?.parts ?? [];
    if (manifestDigest(new Map(parts.map((part) => [part.name, sha256(readFileSync(part.path))]))) === before)
      return true;
    throw new ConfigError([
      {
        place: { file: shown },
        found: 'a table of part files that this change edits',
        expected: 'the table of the base commit, by which the change is judged',
        mend: 'Change it in a pull request of its own, after which others are judged by it.',
      },
    ]);
  }

  private original(file: string, text: string, head: string, notices: readonly string[]): OriginalPolicy {
    const readable = isFile(head) && sizeOf(head) <= MAX_YAML_BYTES;
    const difference = differenceOf(text, readable ? readFileSync(head, 'utf8') : '');
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
}
