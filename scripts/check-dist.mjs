// Rebuilds dist/ beside the committed one and compares every byte. Fails on a difference, a missing or a surplus file.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const committed = join(root, 'dist');
const fresh = mkdtempSync(join(tmpdir(), 'skewgate-dist-'));

function files(folder) {
  return readdirSync(folder)
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? files(path) : [path];
    })
    .sort();
}

try {
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs'), fresh], { stdio: 'inherit' });
  const names = new Set([committed, fresh].flatMap((folder) => files(folder).map((path) => relative(folder, path))));
  const read = (folder, name) => {
    try {
      return readFileSync(join(folder, name));
    } catch {
      return undefined;
    }
  };
  const differences = [...names].sort().flatMap((name) => {
    const [old, now] = [read(committed, name), read(fresh, name)];
    if (old === undefined) return [`missing: ${name}`];
    if (now === undefined) return [`surplus: ${name}`];
    return old.equals(now) ? [] : [`differs: ${name} (${old.length} bytes committed, ${now.length} built)`];
  });
  if (differences.length > 0) {
    console.error(
      `dist/ is not what src/ builds:\n${differences.map((line) => `  ${line}`).join('\n')}\n` +
        'Run: npm run build, and commit dist/.',
    );
    process.exitCode = 1;
  } else console.log(`dist/: ${names.size} files, byte for byte what src/ builds`);
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
