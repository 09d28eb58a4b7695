/**
 * The ONNX runtime for platforms whose library is not committed under dist/: fetched once as the package that
 * package-lock.json pins, verified against that sha512 before a byte of it is unpacked. Anything else fails closed.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ModelError } from '../../errors.js';
import { printable } from '../../lib/text.js';
import pin from './runtime-pin.json' with { type: 'json' };

const run = promisify(execFile);

export interface FetchOptions {
  /** Folder that keeps the unpacked package between runs. */
  readonly cache: string;
  /** Puts the package's tarball into a folder: `npm pack`, with the user's own registry settings. */
  readonly pack: (spec: string, folder: string) => Promise<void>;
  readonly pin: { readonly name: string; readonly version: string; readonly integrity: string };
}

function defaults(): FetchOptions {
  const cache = process.env.RUNNER_TOOL_CACHE ?? process.env.XDG_CACHE_HOME ?? tmpdir();
  return {
    cache: join(cache, 'skewgate-onnxruntime'),
    pack: async (spec, folder) => {
      await run('npm', ['pack', spec, '--pack-destination', folder, '--ignore-scripts', '--silent'], {
        shell: process.platform === 'win32',
      });
    },
    pin,
  };
}

/** Loads the pinned package from the cache, fetching and verifying it first where the cache lacks it. */
export async function fetchRuntime(): Promise<unknown> {
  const folder = await fetchPackage(defaults());
  const common = dirname(createRequire(__filename).resolve('onnxruntime-common/package.json'));
  const beside = join(folder, '..', 'onnxruntime-common');
  if (!existsSync(beside)) cpSync(common, beside, { recursive: true });
  return createRequire(join(folder, 'package.json'))(folder);
}

/** The folder of the verified, unpacked package. */
export async function fetchPackage({ cache, pack, pin: wanted }: FetchOptions): Promise<string> {
  const home = join(cache, `${wanted.version}-${process.platform}-${process.arch}`);
  const folder = join(home, 'node_modules', wanted.name);
  if (existsSync(join(folder, 'package.json'))) return folder;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'fetch-'));
  try {
    await pack(`${wanted.name}@${wanted.version}`, work).catch((error: Error) => {
      throw refused(`no package (${printable(error.message)})`, 'npm on the PATH and a registry that it reaches');
    });
    const tarball = readdirSync(work).find((file) => file.endsWith('.tgz'));
    if (tarball === undefined) throw refused('no package', 'one tarball');
    const digest = createHash('sha512')
      .update(readFileSync(join(work, tarball)))
      .digest('base64');
    if (`sha512-${digest}` !== wanted.integrity)
      throw refused(`a package with sha512 ${digest.slice(0, 16)}…`, `${wanted.integrity.slice(7, 23)}…, as pinned`);
    await run('tar', ['-xzf', tarball], { cwd: work });
    const staged = join(work, 'node_modules');
    mkdirSync(staged);
    renameSync(join(work, 'package'), join(staged, wanted.name));
    mkdirSync(home, { recursive: true });
    if (!existsSync(join(home, 'node_modules'))) renameSync(staged, join(home, 'node_modules'));
    return folder;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function refused(found: string, expected: string): ModelError {
  return new ModelError([
    {
      found: `the ONNX runtime for ${process.platform}-${process.arch} is not shipped, and fetching it gave ${found}`,
      expected,
      mend: 'Linux x64 and arm64 need no download.',
    },
  ]);
}
