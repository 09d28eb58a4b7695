// Builds dist/: three bundles, the ONNX runtime for Linux, and the licences of all of it.
// The same sources give the same bytes; check-dist.mjs relies on it.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = process.argv[2] ?? join(root, 'dist');

/** The platforms whose library is committed; the others fetch the pinned package once. */
const PLATFORMS = ['linux/x64', 'linux/arm64'];

/** The command line's program stands in a file of its own: `--version` reads none of it. */
const programApart = {
  name: 'program apart',
  setup(build) {
    build.onResolve({ filter: /\/commands\/program\.js$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './program.cjs', external: true } : undefined,
    );
  },
};

rmSync(dist, { recursive: true, force: true });
const result = await build({
  absWorkingDir: root,
  entryPoints: { cli: 'src/cli.ts', program: 'src/commands/program.ts', worker: 'src/worker.ts', index: 'src/main.ts' },
  plugins: [programApart],
  outdir: dist,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // A file that is required is compiled; one that is imported is read a second time first, for the names of its exports.
  supported: { 'dynamic-import': false },
  external: ['onnxruntime-node', 'onnxruntime-common'],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});

for (const name of ['onnxruntime-node', 'onnxruntime-common']) copyPackage(name);
writeLicences(result.metafile);

/** Copies a runtime package without sources, maps, types and other platforms' libraries. */
function copyPackage(name) {
  const from = join(root, 'node_modules', name);
  const to = join(dist, 'node_modules', name);
  const folder = name === 'onnxruntime-common' ? 'dist/cjs' : 'dist';
  cpSync(join(from, folder), join(to, folder), {
    recursive: true,
    filter: (path) => !/\.(map|d\.ts)$/.test(path),
  });
  const { version, license, type } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  const main = name === 'onnxruntime-common' ? 'dist/cjs/index.js' : 'dist/index.js';
  writeFileSync(join(to, 'package.json'), `${JSON.stringify({ name, version, license, main }, null, 2)}\n`);
  if (name === 'onnxruntime-common' && type === 'module')
    writeFileSync(join(to, 'dist/cjs/package.json'), '{"type":"commonjs"}\n');
  if (name === 'onnxruntime-node')
    for (const platform of PLATFORMS)
      cpSync(join(from, 'bin/napi-v6', platform), join(to, 'bin/napi-v6', platform), { recursive: true });
}

/** LICENSES.txt: the licence of every package that stands in the bundles or beside them. */
function writeLicences(metafile) {
  const packages = new Set(['onnxruntime-node', 'onnxruntime-common']);
  for (const input of Object.keys(metafile.inputs)) {
    const match = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(input);
    if (match) packages.add(match[1]);
  }
  const texts = [...packages].sort().map((name) => {
    const folder = join(root, 'node_modules', name);
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    const own = join(root, 'scripts/licences', `${name.replace('/', '__')}.txt`);
    const text = file
      ? readFileSync(join(folder, file), 'utf8')
      : existsSync(own)
        ? readFileSync(own, 'utf8')
        : undefined;
    const notices = join(root, 'scripts/licences', `${name.replace('/', '__')}.notices.txt`);
    if (text === undefined) throw new Error(`${name} ${version} (${license}) ships no licence text: add ${own}`);
    return `${'='.repeat(80)}\n${name} ${version} (${license})\n${'='.repeat(80)}\n\n${text.trim()}\n${
      existsSync(notices) ? `\nNotices of what its library contains:\n\n${readFileSync(notices, 'utf8').trim()}\n` : ''
    }`;
  });
  mkdirSync(dist, { recursive: true });
  writeFileSync(join(dist, 'LICENSES.txt'), texts.join('\n'));
}
