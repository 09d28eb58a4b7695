// The pages that a browser is shown: of the examples, judged by the built program and drawn by src/, and of generated reports.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Judges a policy and a release of a folder; the text of the report.json. */
function judged(policy, release, folder = root) {
  const args = [
    join(root, 'dist/cli.cjs'),
    'run',
    '--policy',
    policy,
    '--release',
    release,
    '--quiet',
    '--format',
    'json',
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1e9,
    env: { PATH: process.env.PATH },
  });
  if (status !== 0 && status !== 1) throw new Error(`${release}: status ${status}\n${stderr}`);
  return stdout;
}

/** The ready example under margins of which the sample cannot tell whether they hold. */
function inconclusive(folder) {
  const to = join(folder, 'inconclusive');
  cpSync(join(root, 'examples/online-retail'), to, { recursive: true });
  const path = join(to, 'policy.yml');
  const edits = [
    ['max_increase: 1%,', 'max_increase: 0.4%,'],
    ['max_increase: 1.5%,', 'max_increase: 0.7%,'],
    ['max_change: 3%,', 'max_change: 1.5%,'],
  ];
  const text = edits.reduce(
    (before, [from, into]) => {
      if (!before.includes(from)) throw new Error(`${path} has no ${from}`);
      return before.replace(from, into);
    },
    readFileSync(path, 'utf8'),
  );
  writeFileSync(path, text);
  return judged('policy.yml', 'release.warm.yml', to);
}

/** @param work what is done with the pages: `{name, html, summary, curves}`, written as files of `folder` */
export async function withPages(work) {
  const folder = mkdtempSync(join(tmpdir(), 'skewgate-look-'));
  try {
    // Where the packages that it imports are found.
    const bundle = join(root, 'node_modules/.cache/skewgate/pages.mjs');
    await build({
      absWorkingDir: root,
      entryPoints: ['__tests__/support/pages.ts'],
      outfile: bundle,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      logLevel: 'warning',
    });
    const draw = await import(pathToFileURL(bundle));
    const retail = 'examples/online-retail';
    const drawn = {
      ready: draw.ofReport(judged(`${retail}/policy.yml`, `${retail}/release.warm.yml`)),
      'not-ready': draw.ofReport(judged(`${retail}/policy.yml`, `${retail}/release.scratch.yml`)),
      inconclusive: draw.ofReport(inconclusive(folder)),
      gap: draw.ofReport(judged('examples/gap/policy.yml', 'examples/gap/release.yml')),
      'many-cells': draw.ofManyCells(130),
      history: draw.ofHistory(),
      'hostile-names': draw.ofHostileNames(),
    };
    const pages = Object.entries(drawn).map(([name, rendered]) => {
      const file = join(folder, `${name}.html`);
      writeFileSync(file, rendered.html);
      return { name, ...rendered, url: String(pathToFileURL(file)) };
    });
    return await work(pages, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
