/**
 * The files of a commit as a change may not rewrite them: policies and releases by path or by name, digests of what
 * they name.
 */
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { manifestDigest, sha256 } from '../data/artefacts/digests.js';
import type { Workspace } from '../data/artefacts/files.js';
import { isPart, splitGlob } from '../data/artefacts/list.js';
import { type PastFile, type PastFiles, yamlText } from '../documents/policy/origin.js';
import { MAX_YAML_BYTES } from '../documents/yaml/source.js';
import { ConfigError } from '../errors.js';
import { list, quoted } from '../lib/text.js';
import type { Blob, Commit } from './git.js';

/** Git's mode of a symbolic link. */
const LINK = '120000';

export type Kind = 'policy' | 'release';

export class BaseFiles implements PastFiles {
  readonly name: string;
  private readonly digests = new Map<string, string | undefined>();

  constructor(readonly commit: Commit) {
    this.name = `the base commit ${commit.sha.slice(0, 12)}`;
  }

  /** The path in the commit of a file of the checkout. */
  inside(path: string): string | undefined {
    return this.commit.pathOf(path);
  }

  text(path: string, workspace: Workspace): string | undefined {
    const inside = this.inside(path);
    return inside === undefined ? undefined : this.textOf(inside, path, workspace);
  }

  releases(path: string, text: string, workspace: Workspace): PastFile[] {
    const same = this.text(path, workspace);
    const name = nameInYaml(text, 'release');
    const here = same === undefined ? [] : [{ path, text: same }];
    if (name === undefined || (same !== undefined && nameInYaml(same, 'release') === name)) return here;
    const elsewhere = this.named('release', name, path, workspace);
    return elsewhere ? [...here, elsewhere] : here;
  }

  digest(path: string): string | undefined {
    if (!this.digests.has(path)) {
      const inside = this.inside(path);
      const blob = inside === undefined ? undefined : this.commit.blob(inside);
      const digest = blob && blob.mode !== LINK ? digestOf(blob) : undefined;
      this.digests.set(path, blob ? digest : this.digestOfParts(path));
    }
    return this.digests.get(path);
  }

  /** The digest of a folder or a glob as the commit has it (docs/digests.md); undefined where it has none. */
  private digestOfParts(path: string): string | undefined {
    const { folder, pattern } = splitGlob(path);
    const inside = this.inside(folder);
    if (inside === undefined) return undefined;
    const parts = [...this.commit.blobsBelow(inside, (name) => isPart(name, pattern))];
    return parts.length === 0
      ? undefined
      : manifestDigest(new Map(parts.map(([name, blob]) => [name, digestOf(blob)])));
  }

  /** A policy or release of this name elsewhere in the commit. */
  named(kind: Kind, name: string, path: string, workspace: Workspace): PastFile | undefined {
    const found = this.commit.filesWith(kind).flatMap((candidate) => {
      const file = join(this.commit.top, candidate);
      if (candidate === this.inside(path) || !workspace.contains(file)) return [];
      const text = this.textOf(candidate, file, workspace);
      return text !== undefined && nameInYaml(text, kind) === name ? [{ path: file, text }] : [];
    });
    if (found.length > 1)
      throw new ConfigError([
        {
          place: { file: workspace.show(path) },
          found:
            `a ${kind} that the base commit does not have here, and ${found.length} of the name ${quoted(name)} ` +
            `elsewhere in it: ${list(found.map((f) => quoted(workspace.show(f.path))))}`,
          expected: `one ${kind} of a name`,
          mend: `Rename the ${kind} in a change of its own, or give it another name.`,
        },
      ]);
    return found[0];
  }

  refuseLink({ mode }: Blob, shown: string): void {
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

  private textOf(inside: string, path: string, workspace: Workspace): string | undefined {
    const blob = this.commit.blob(inside);
    if (!blob) return undefined;
    this.refuseLink(blob, workspace.show(path));
    if (blob.bytes.length > MAX_YAML_BYTES)
      throw new ConfigError([
        {
          place: { file: workspace.show(path), line: 1, column: 1 },
          found: `a file of ${blob.bytes.length.toLocaleString('en-US')} bytes in the base commit`,
          expected: 'at most 1,048,576',
        },
      ]);
    return yamlText(blob.bytes, workspace.show(path));
  }
}

/** sha256 of a blob, of what a Git LFS pointer stands for. */
function digestOf(blob: Blob): string {
  return pointedTo(blob) ?? sha256(blob.bytes);
}

/** The sha256 that a Git LFS pointer stands for; undefined of a file that is none. */
export function pointedTo({ bytes }: Blob): string | undefined {
  return /^version https:\/\/git-lfs[^\n]*\n(?:[^\n]*\n)*?oid sha256:([0-9a-f]{64})\n/.exec(
    bytes.toString('latin1', 0, 1024),
  )?.[1];
}

/** The name that a policy or release gives itself, also where the rest is wrong; undefined where it gives none. */
export function nameInYaml(text: string, kind: Kind): string | undefined {
  if (text.length > MAX_YAML_BYTES) return undefined;
  try {
    const name: unknown = parseDocument(text, { uniqueKeys: false }).get(kind);
    return typeof name === 'string' && name.trim() !== '' ? name : undefined;
  } catch {
    return undefined;
  }
}
