/** What stands in the place of a policy or a release: read once, as the bytes that are digested, and never waited for. */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digest, Project } from '../../support/project.js';

const POLICY = 'gates/gate.yml';
const RELEASE = 'models/release.yml';

let project: Project;
beforeEach(() => {
  project = new Project();
});
afterEach(() => project.remove());

const at = (path: string) => join(project.folder, path);

describe.each([
  ['policy', POLICY],
  ['release', RELEASE],
])('a %s', (what, path) => {
  it('that is a pipe is refused, and not waited for', async () => {
    rmSync(at(path));
    expect(spawnSync('mkfifo', [at(path)]).status).toBe(0);
    const { status, message } = await project.judge();
    expect([status, message]).toEqual([2, `${path}: no ${what} file here; expected the path of a YAML file.`]);
  });

  it('that is a folder is refused', async () => {
    rmSync(at(path));
    project.write(join(path, 'x'), '');
    expect((await project.judge()).message).toMatch(/file here; expected the path of a YAML file/);
  });

  it('whose bytes are no UTF-8 is refused: two files would be one text', async () => {
    writeFileSync(at(path), Buffer.concat([project.bytes(path), Buffer.from('# caf\xe9\n', 'latin1')]));
    const { status, message } = await project.judge();
    expect([status, message]).toEqual([
      2,
      expect.stringMatching(/:\d+:6: byte 0xe9, which is not UTF-8; expected a YAML file in UTF-8\.$/),
    ]);
  });

  it('is digested as it is parsed, a byte order mark with it', async () => {
    writeFileSync(at(path), Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), project.bytes(path)]));
    const { report, message } = await project.judge();
    expect(message).toBe('');
    expect(report![what as 'policy' | 'release'].sha256).toBe(digest(project.bytes(path)));
  });
});
