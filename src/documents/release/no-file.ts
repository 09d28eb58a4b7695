/** Says of a path of a release under which no file can be read what stands there instead, and the way out. */
import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { isFile, type Workspace } from '../../data/artefacts/files.js';
import { quoted, shellPath } from '../../lib/text.js';

/** The words of a problem beside its place. */
export interface Words {
  readonly found: string;
  readonly expected: string;
  readonly mend: string;
}

/** Tools that leave links in the place of files, by where these lead. */
const LINKS: readonly (readonly [target: RegExp, tool: string, mend: (path: string) => string])[] = [
  [/(^|\/)\.git\/annex\/objects\//, 'git-annex', (path) => `Run: git annex get ${path} && git annex unlock ${path}`],
  [
    /(^|\/)(\.dvc\/cache|files\/md5)\//,
    'DVC',
    (path) => `Run: dvc config cache.type copy,hardlink && dvc checkout --relink ${path}`,
  ],
  [
    /(^|\/)blobs\/[0-9a-f]{40,64}$/,
    'the Hugging Face cache',
    () => 'Run: hf download REPOSITORY --local-dir FOLDER, which writes files in place of links',
  ],
];

/** The last link on the way to a path below the workspace, and where it points. */
function linkOn(below: string, root: string): { readonly at: string; readonly target: string } | undefined {
  for (let at = join(root, below); at !== root && at !== dirname(at); at = dirname(at)) {
    const link = lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink();
    if (link) return { at, target: readlinkSync(at) };
  }
  return undefined;
}

/**
 * A link that leads to no file of the workspace; undefined where the path is none.
 *
 * @param path absolute
 * @param what the file, as messages call it
 */
export function strayLink(path: string, what: string, workspace: Workspace): Words | undefined {
  const shown = workspace.pathOf(path);
  const link = shown === undefined ? undefined : linkOn(shown, workspace.root);
  // A link that leads to something inside is no matter, whether or not a file of the name is there.
  if (shown === undefined || !link || (existsSync(link.at) && workspace.contains(path))) return undefined;
  const tool = LINKS.find(([pattern]) => pattern.test(link.target));
  const by = tool ? ` of ${tool[1]}` : '';
  const found = `${what} at ${quoted(shown)}, a link${by} to ${quoted(link.target)}`;
  const fetch = tool?.[2](shellPath(shown));
  if (!existsSync(link.at))
    return { found: `${found}, where no file is`, expected: 'the file itself', mend: fetch ?? 'Fetch its target.' };
  const outside = 'set GITHUB_WORKSPACE to a folder that holds both the link and its target';
  return {
    found: `${found}, outside the workspace`,
    expected: 'a file inside it, as nothing outside is read on a release’s word',
    mend: fetch ? `${fetch}; or ${outside}.` : `Copy the file in place of the link; or ${outside}.`,
  };
}

/** A file that DVC knows and has not fetched: its `.dvc` file stands beside. Undefined where none does. */
export function notPulled(path: string, what: string, workspace: Workspace): Words | undefined {
  if (existsSync(path) || !isFile(`${path}.dvc`)) return undefined;
  const shown = workspace.show(`${path}.dvc`);
  return {
    found: `no ${what}, but ${quoted(shown)}, which stands for it`,
    expected: 'the file itself',
    mend: `Run: dvc pull ${shellPath(shown)}`,
  };
}

const ADDRESS = /^([a-z][a-z0-9+.-]+):\/\/[^/]*\/*(.*)$/i;

/**
 * A path with a scheme, such as s3://; undefined for a path of the file system.
 *
 * @param folder the release's, as it is shown: the command runs at the workspace's root
 * @param template the path with `{version}` in it, where it has one
 */
export function remotePath(
  written: string,
  what: string,
  folder: string,
  template: string = written,
): Words | undefined {
  const [, scheme, path = ''] = ADDRESS.exec(written) ?? [];
  if (scheme === undefined) return undefined;
  const rest = written.slice(scheme.length + 3);
  // An address of Hugging Face begins with the repository, of two parts.
  const below = (address: string) => (scheme.toLowerCase() === 'hf' ? address.replace(/^[^/]*\//, '') : address);
  const local = shellPath(posix.join(folder, below(path) || 'FILE'));
  const again = below(ADDRESS.exec(template)?.[2] ?? '') || 'FILE';
  return {
    found: `${what} at ${quoted(written)}`,
    expected: 'a path of the file system: nothing is fetched here, so that the verdict is on files that are pinned',
    mend: `Fetch it in a step before: ${fetchLine(scheme.toLowerCase(), rest, local)}; then write: ${again}`,
  };
}

/** A command that fetches a file. @param rest of the address, after the scheme */
function fetchLine(scheme: string, rest: string, local: string): string {
  const address = `${scheme}://${/^[\w./+@=?&%~-]*$/.test(rest) ? rest : 'ADDRESS'}`;
  switch (scheme) {
    case 's3':
    case 's3a':
    case 's3n':
      return `aws s3 cp ${address.replace(/^s3[an]/, 's3')} ${local}`;
    case 'gs':
      return `gcloud storage cp ${address} ${local}`;
    case 'hf': {
      const [kind, ...parts] = rest.split('/');
      const typed = ['datasets', 'spaces'].includes(kind ?? '') ? parts : [kind ?? '', ...parts];
      const flag = typed === parts ? ` --repo-type ${kind?.replace(/s$/, '')}` : '';
      const [repository, file] = [typed.slice(0, 2).join('/'), typed.slice(2).join('/')];
      const into = shellPath(local.slice(0, -file.length - 1) || '.');
      return `hf download ${shellPath(repository)} ${shellPath(file)}${flag} --local-dir ${into}`;
    }
    case 'az':
    case 'abfs':
    case 'abfss':
      return `azcopy copy ADDRESS ${local}`;
    case 'http':
    case 'https':
      return `curl -fL --create-dirs -o ${local} '${address}'`;
    default:
      return `copy it to ${local}`;
  }
}
