/** The release of the base commit is found by its path or by its name, whatever a change makes of the file. */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digest, Project } from '../../support/project.js';
import { publishedRelease } from '../../support/published-release.js';

const RELEASE = 'models/release.yml';
let project: Project;

beforeEach(() => {
  project = new Project();
});

afterEach(() => project.remove());

const { pinned, judged, retrained, refused } = publishedRelease(() => project);

describe('the release of the base commit', () => {
  it('is found by its name where the change moves the file', async () => {
    pinned();
    project.write('models/old.yml', project.read(RELEASE));
    const before = digest(project.bytes('models/item/v1.onnx'));
    renameSync(join(project.folder, RELEASE), join(project.folder, 'models/moved-away.txt'));
    const message = await refused(() => {
      renameSync(join(project.folder, 'models/old.yml'), join(project.folder, RELEASE));
      retrained('models/item/v1.onnx');
      project.edit(RELEASE, before, digest(project.bytes('models/item/v1.onnx')));
    });
    expect(message).toMatch(
      /v1 of the item tower: its pin was .*; expected the pin of models\/old.yml as of that commit/,
    );
  });

  it('is that of the name too, where the change gives one file the name of another', async () => {
    pinned();
    project.write('models/other.yml', project.read(RELEASE));
    project.edit(RELEASE, 'release: test-model', 'release: something-else');
    project.write(RELEASE, project.read(RELEASE).replace(/ {2}sha256: .*\n/g, ''));
    const message = await refused(() => {
      project.edit(RELEASE, 'release: something-else', 'release: test-model');
    });
    expect(message).toMatch(/expected the pin of models\/other.yml/);
  });

  it('may be given another name in its place', async () => {
    pinned();
    const { status, message } = await judged(() => project.edit(RELEASE, 'release: test-model', 'release: named-anew'));
    expect([status, message]).toEqual([0, '']);
  });

  it('is absent where the change introduces it', async () => {
    project.write('kept.txt', project.read(RELEASE));
    renameSync(join(project.folder, RELEASE), join(project.folder, 'away.txt'));
    const { status, message } = await judged(() => pinnedAnew());
    expect([status, message]).toEqual([0, '']);
  });
  function pinnedAnew(): void {
    project.write(RELEASE, project.read('kept.txt'));
    pinned();
  }

  it.each([
    ['that cannot be read', 'live: [', /a release in the base commit [0-9a-f]{12} that cannot be read \(/],
    ['that is no mapping', '- a\n', /a release in the base commit [0-9a-f]{12} without live and versions/],
    ['whose pins are none', 'live: v3\nversions: [v3]\nitem_tower: {sha256: [a]}\n', /whose item_tower is no mapping/],
  ])('%s judges nothing', async (_, text, expected) => {
    const good = project.read(RELEASE);
    project.write(RELEASE, text);
    const message = await refused(() => project.write(RELEASE, good));
    expect(message).toMatch(expected);
    expect(message).toMatch(/policy-ref: head/);
  });
});
