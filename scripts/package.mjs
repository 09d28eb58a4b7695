// Lays out the npm package: the files of dist/ and gates/ as they are committed, and a package.json that installs nothing else,
// as everything that runs is in the bundle.
// Usage: node scripts/package.mjs DIR   (an empty or a new folder), then: npm publish DIR
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [folder] = process.argv.slice(2);

/** What users of the package read of package.json. */
const KEPT = ['name', 'version', 'description', 'license', 'repository', 'keywords', 'engines', 'bin', 'files'];

if (folder === undefined || (existsSync(folder) && readdirSync(folder).length > 0)) {
  console.error(`package: ${folder ?? 'no folder'}; expected a folder that is empty or new`);
  process.exitCode = 1;
} else {
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  mkdirSync(folder, { recursive: true });
  for (const name of [...own.files, 'README.md', 'LICENSE'])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  const packaged = Object.fromEntries(KEPT.map((key) => [key, own[key]]));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(packaged, null, 2)}\n`);
}
