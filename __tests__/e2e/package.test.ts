/** The npm package: the bundle as it is committed and nothing beside it, installed without a network, judges the example. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'skewgate-package-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function started(command: string, args: string[], cwd = folder) {
  const env = { PATH: process.env.PATH!, HOME: folder };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

const laid = join(folder, 'package');
const lay = (into: string) => started(process.execPath, [join(root, 'scripts/package.mjs'), into]);

describe('the npm package', () => {
  let packed: { readonly filename: string; readonly files: readonly { readonly path: string }[] };
  beforeAll(() => {
    expect(lay(laid)).toEqual({ status: 0, stdout: '', stderr: '' });
    const { stdout, status } = started('npm', ['pack', '--json', '--offline', '--pack-destination', folder], laid);
    expect(status).toBe(0);
    [packed] = JSON.parse(stdout);
  });

  it('is laid out in an empty folder alone', () => {
    expect(lay(laid)).toMatchObject({ status: 1, stderr: expect.stringMatching(/expected a folder that is empty/) });
  });

  it('installs nothing else, and starts no script', () => {
    const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const packaged = JSON.parse(readFileSync(join(laid, 'package.json'), 'utf8'));
    const { name, version, license, bin, files, engines } = own;
    expect(packaged).toMatchObject({ name, version, license, bin, files, engines });
    for (const key of ['private', 'scripts', 'dependencies', 'optionalDependencies', 'devDependencies', 'type'])
      expect(packaged).not.toHaveProperty(key);
  });

  it('has the whole bundle, the schemas and the policies to start from, and no more', () => {
    const paths = packed.files.map(({ path }) => path);
    const committed = spawnSync('git', ['ls-files', 'dist', 'gates'], { cwd: root, encoding: 'utf8' }).stdout;
    const whole = [...committed.trim().split('\n'), 'CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];
    expect(paths.sort()).toEqual(whole.sort());
  });

  it('is installed without a network, and judges the example', () => {
    const project = join(folder, 'project');
    mkdirSync(project);
    const options = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', project];
    expect(started('npm', ['install', ...options, join(folder, packed.filename)]).status).toBe(0);
    const command = join(project, 'node_modules/.bin/skewgate');
    expect(existsSync(command)).toBe(true);
    cpSync(join(root, 'examples/online-retail'), join(project, 'retail'), { recursive: true });
    const args = ['run', '--policy', 'retail/policy.yml', '--release', 'retail/release.warm.yml', '--quiet'];
    const { status, stdout, stderr } = started(command, args, project);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^✓ READY {2}online-retail-warm v43/);
  });
});
