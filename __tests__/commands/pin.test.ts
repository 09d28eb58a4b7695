/** `skewgate pin` on files of which version control has left a pointer: what it would pin is no file. */

import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { pin } from '../../src/commands/pin.js';
import { KeepingHost } from '../support/host.js';
import { Project } from '../support/project.js';

let project: Project;
afterEach(() => project.remove());

async function pinned(file: string): Promise<{ status: number; message: string }> {
  const host = new KeepingHost(project.folder);
  const status = await pin.run({ argument: join(project.folder, file) }, host);
  return { status, message: host.message };
}

describe('pin refuses a pointer, and leaves the file as it was', () => {
  it.each([
    ['gates/gate.yml', 'eval/rows.csv', 'version https://git-lfs.github.com/spec/v1\n', 'Run: git lfs pull'],
    [
      'models/release.yml',
      'models/item/v2.onnx',
      '/annex/objects/SHA256E-s1--a\n',
      'Run: git annex get models/item/v2.onnx',
    ],
  ])('%s', async (file, target, pointer, mend) => {
    project = new Project();
    project.write(target, pointer);
    const before = project.read(file);
    const { status, message } = await pinned(file);
    expect(status).toBe(2);
    // At the place that names it, or at the file itself where it is one of a tower's.
    expect(message).toMatch(/^(gates\/gate.yml:\d+:\d+|models\/item\/v2.onnx): a .* pointer in place of the file/);
    expect(message).toContain(target);
    expect(message).toContain(`; expected the file itself. ${mend}`);
    expect(message).not.toMatch(/skewgate pin/);
    expect(project.read(file)).toBe(before);
  });
});
