/**
 * The names of what is judged, as far as they can be known before anything is read in earnest: a run that fails at the
 * first line has a check to complete too.
 */
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { isFile, pathBelow, sizeOf, type Workspace } from '../data/artefacts/files.js';
import type { PolicyOrigin } from '../documents/policy/origin.js';
import { MAX_YAML_BYTES } from '../documents/yaml/source.js';
import { type Kind, nameInYaml } from './base-files.js';
import { checkedOutWith } from './git.js';
import type { Named } from './github/check-identity.js';

/**
 * The policy and the release under the names that they give themselves: the policy as of its origin, the release as it
 * stands in the checkout. A file that does not say goes by its own name without the extension; one whose name another
 * file of the checkout bears too has its path beside it, as a check of one would else pass for the other's.
 */
export function subjectNames(
  { policy, release }: { readonly policy: string; readonly release: string },
  origin: PolicyOrigin | undefined,
  workspace: Workspace,
): { policy: Named; release: Named } {
  return {
    policy: named('policy', policy, () => originText(policy, origin, workspace), workspace),
    release: named('release', release, () => textOf(release, workspace), workspace),
  };
}

function originText(path: string, origin: PolicyOrigin | undefined, workspace: Workspace): string | undefined {
  try {
    return origin?.policy(resolve(path), workspace).text ?? textOf(path, workspace);
  } catch {
    // The reader says later why it cannot be read.
    return textOf(path, workspace);
  }
}

function named(kind: Kind, given: string, text: () => string | undefined, workspace: Workspace): Named {
  const path = workspace.pathOf(given) ?? resolve(given);
  const name = nameInYaml(text() ?? '', kind);
  if (name === undefined) return { path, name: basename(path).replace(/\.ya?ml$/, '') };
  const alike = checkedOutWith(workspace.root, kind).some((file) => {
    const other = pathBelow(workspace.root, file);
    return other !== undefined && other !== path && nameInYaml(textOf(file, workspace) ?? '', kind) === name;
  });
  return { path, name: alike ? `${name} (${path})` : name };
}

function textOf(path: string, workspace: Workspace): string | undefined {
  if (!workspace.contains(path) || !isFile(path) || sizeOf(path) > MAX_YAML_BYTES) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
