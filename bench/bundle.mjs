// TypeScript of this folder, bundled with src/ into a temporary module.
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));

/** Bundles `entry`, imports it, and hands it and its path to `use`; the bundle is gone afterwards. */
export async function withBundle(entry, use) {
  const folder = mkdtempSync(join(tmpdir(), 'skewgate-bench-'));
  try {
    // The ONNX runtime is native and cannot be bundled: the module finds it through this link.
    symlinkSync(join(here, '../node_modules'), join(folder, 'node_modules'), 'dir');
    const outfile = join(folder, 'bundle.mjs');
    await build({
      entryPoints: [join(here, entry)],
      outfile,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      external: ['onnxruntime-node', 'onnxruntime-common'],
      // Some dependencies are CommonJS and call require().
      banner: {
        js:
          "import { createRequire as requireFrom } from 'node:module';\nconst require = " +
          'requireFrom(import.meta.url);',
      },
      logLevel: 'warning',
    });
    return await use(await import(pathToFileURL(outfile).href), outfile);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
