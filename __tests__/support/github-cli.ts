/**
 * A `gh` for the release workflow's own scripts: releases as files of a folder, refs as those of a bare repository.
 * It knows the calls that the workflow makes, refuses any other, and fails where GitHub would.
 */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PROGRAM = `#!/usr/bin/env node
const { execFileSync } = require('node:child_process');
const { copyFileSync, existsSync, mkdirSync, readdirSync } = require('node:fs');
const { basename, join } = require('node:path');
const { GH_TOKEN, FAKE_RELEASES: releases, FAKE_REMOTE: remote } = process.env;
const args = process.argv.slice(2);
const fail = (words) => { console.error(words); process.exit(1); };
const git = (...more) => execFileSync('git', ['--git-dir', remote, ...more], { encoding: 'utf8', stdio: 'pipe' }).trim();
const has = (ref) => { try { git('rev-parse', '--verify', '-q', ref); return true; } catch { return false; } };
if (!GH_TOKEN) fail('gh: no token');
const option = (name) => { const at = args.indexOf(name); return at < 0 ? undefined : args[at + 1]; };
const [first, second, third] = args;
if (first === 'release' && second === 'create') {
  if (!args.includes('--verify-tag') || !has('refs/tags/' + third)) fail('tag ' + third + ' is not on the remote');
  const folder = join(releases, third);
  if (existsSync(folder)) fail('a release with the same tag name already exists: ' + third);
  mkdirSync(folder, { recursive: true });
  copyFileSync(option('--notes-file'), join(folder, 'NOTES'));
  const named = new Set(['--title', '--notes-file'].map(option));
  for (const file of args.slice(3)) if (!file.startsWith('--') && !named.has(file)) copyFileSync(file, join(folder, basename(file)));
} else if (first === 'release' && second === 'list' && option('--json') === 'tagName') {
  for (const tag of existsSync(releases) ? readdirSync(releases) : []) console.log(tag);
} else if (first === 'api' && /\\/git\\/ref\\/tags\\/[^/]+$/.test(second)) {
  const ref = 'refs/tags/' + basename(second);
  if (!has(ref)) fail('gh: Not Found (HTTP 404)');
  console.log(JSON.stringify({ ref, object: { sha: git('rev-parse', ref) } }));
} else if (first === 'api' && option('--method') === 'PATCH') {
  const ref = 'refs/tags/' + basename(args[3]);
  if (!has(ref)) fail('gh: Reference does not exist (HTTP 422)');
  if (!args.includes('force=true')) fail('gh: Update is not a fast forward (HTTP 422)');
  git('update-ref', ref, option('-f').replace('sha=', ''));
} else if (first === 'api' && option('--method') === 'POST') {
  const fields = Object.fromEntries(args.filter((one) => /^(ref|sha)=/.test(one)).map((one) => one.split('=')));
  if (has(fields.ref)) fail('gh: Reference already exists (HTTP 422)');
  git('update-ref', fields.ref, fields.sha);
} else fail('gh: unknown call ' + JSON.stringify(args));
`;

/** Writes it into a folder that is to stand first in PATH. */
export function writeGithubCli(folder: string): void {
  const path = join(folder, 'gh');
  writeFileSync(path, PROGRAM);
  chmodSync(path, 0o755);
}
