/** `skewgate promote`: one version further, in one command, with everything else of the file as it was. */

import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { promote } from '../../src/commands/promote.js';
import { KeepingHost } from '../support/host.js';
import { digest, Project } from '../support/project.js';

let project: Project;
afterEach(() => project.remove());

const OLD = 'ab'.repeat(32);

const RELEASE = `# The ranking model.
release: l1
live: v3 # since Monday
versions: [v3, v2, v1] # newest first
query_tower:
  onnx: 'query/{version}.onnx' # every night
item_tower:
  embeddings: item/{version}.parquet
  sha256: {v3: ${OLD}, v2: ${OLD}, v1: ${OLD}}
score:
  similarity: cosine
  scale:
    v3: 14.2 # the last
    v2: 13.9
    v1: 13.5
`;

function withRelease(text: string, files: Record<string, string> = {}): Project {
  project = new Project({ 'models/release.yml': text, ...files });
  return project;
}

async function promoted(version: string, options: Record<string, string> = {}) {
  const host = new KeepingHost(project.folder);
  const release = join(project.folder, 'models/release.yml');
  const status = await promote.run({ argument: version, release, ...options }, host);
  return { status, message: host.message, output: host.printed, text: project.read('models/release.yml') };
}

describe('promote', () => {
  it('shifts a release by scores, which has no files to pin', async () => {
    const scores = "scores: {column: 'score_{version}'} # of the eval set's rows\n";
    const text = `release: l1\nlive: v3\nversions: [v3, v2]\n${scores}score: {scale: {v3: 2, v2: 1}}\n`;
    withRelease(text);
    const { status, output, text: now } = await promoted('v4', { scale: '3' });
    expect(status).toBe(0);
    expect(now).toBe(
      text.replace('live: v3', 'live: v4').replace('[v3, v2]', '[v4, v3]').replace('{v3: 2, v2: 1}', '{v4: 3, v3: 2}'),
    );
    expect(output).not.toMatch(/sha256|pin/);
  });

  it('shifts live, versions, scales and pins; comments stay', async () => {
    withRelease(RELEASE, { 'models/item/v4.parquet': 'not read by a digest' });
    const { status, output, text } = await promoted('v4', { scale: '14.5' });
    expect(status).toBe(0);
    expect(text).toBe(
      RELEASE.replace('live: v3', 'live: v4')
        .replace('[v3, v2, v1]', '[v4, v3, v2]')
        .replace(
          `{v3: ${OLD}, v2: ${OLD}, v1: ${OLD}}`,
          `{v3: ${OLD}, v2: ${OLD}, v4: ${digest('not read by a digest')}}`,
        )
        .replace('    v3: 14.2', '    v4: 14.5\n    v3: 14.2')
        .replace('    v1: 13.5\n', ''),
    );
    expect(output).toMatch(/^models\/release.yml: live v3 → v4; scale 14.5; v1 no longer listed\n/);
    expect(output).toMatch(/sha256 of v4 \(models\/item\/v4.parquet\) is/);
  });

  it('keeps as many versions as is asked, and no fewer than lead to the live one', async () => {
    withRelease(RELEASE);
    expect((await promoted('v4', { scale: '1', keep: '4' })).text).toContain('versions: [v4, v3, v2, v1]');
    withRelease(RELEASE);
    expect((await promoted('v2', { keep: '1' })).text).toContain('versions: [v3, v2]');
  });

  it('goes back to a version that is listed, and says so', async () => {
    withRelease(RELEASE);
    const { output, text } = await promoted('v2');
    expect(text).toBe(RELEASE.replace('live: v3', 'live: v2'));
    expect(output).toMatch(/live v3 → v2; which is an older version: a rollback/);
  });

  it('writes numbers where versions are numbers, and texts in the quotation marks of the others', async () => {
    withRelease('release: r\nlive: 7\nversions: [7, 6]\n');
    expect((await promoted('8')).text).toBe('release: r\nlive: 8\nversions: [8, 7]\n');
    withRelease(`release: r\nlive: '07'\nversions: ['07', '06']\n`);
    expect((await promoted('08')).text).toBe(`release: r\nlive: '08'\nversions: ['08', '07']\n`);
  });

  it('says of a file that is not there yet that it is still to be pinned', async () => {
    withRelease(RELEASE);
    const { output } = await promoted('v4', { scale: '1' });
    expect(output).toMatch(
      /v4 of item_tower is not pinned, as its file is not there: until it is, run refuses the release. Then: skewgate pin models\/release.yml/,
    );
  });

  it.each<[string, string, Record<string, string>, RegExp]>([
    ['the live one', 'v3', {}, /release.yml:3:7: "v3", which is live already; expected another version/],
    ['one without its scale', 'v4', {}, /release.yml:\d+:\d+: no scale of "v4"; expected one, .* Add: --scale 14.2/],
    ['one with a bias that no version has', 'v4', { scale: '1', bias: '2' }, /--bias 2, and one bias for all versions/],
    ['one with a scale that is none', 'v4', { scale: 'x' }, /--scale "x"; expected a finite number/],
    ['none of a list', 'v4', { scale: '1', keep: '0' }, /--keep "0"; expected a whole number of 1 or above/],
  ])('refuses %s, and leaves the file', async (_, version, options, message) => {
    withRelease(RELEASE);
    const { status, message: said, text } = await promoted(version, options);
    expect(said).toMatch(message);
    expect(status).toBe(2);
    expect(text).toBe(RELEASE);
  });
});
