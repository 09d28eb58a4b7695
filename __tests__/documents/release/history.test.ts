/**
 * History does not change: what the base commit has published of a release holds for a change, whatever it makes of
 * its files.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BasePolicy } from '../../../src/host/base-policy.js';
import { Commit } from '../../../src/host/git.js';
import { digest, type Outcome, Project } from '../../support/project.js';
import { publishedRelease } from '../../support/published-release.js';
import { commit } from '../../support/workflow.js';

const POLICY = 'gates/gate.yml';
const RELEASE = 'models/release.yml';
let project: Project;

beforeEach(() => {
  project = new Project();
});

afterEach(() => project.remove());

const { pinned, judged, retrained, refused } = publishedRelease(() => project);

describe('the pin of a published version', () => {
  it.each(['query', 'item'])('of the %s tower is no other in a change', async (side) => {
    pinned();
    const before = digest(project.bytes(`models/${side}/v2.onnx`));
    const message = await refused(() => {
      retrained(`models/${side}/v2.onnx`);
      project.edit(RELEASE, before, digest(project.bytes(`models/${side}/v2.onnx`)));
    });
    const now = digest(project.bytes(`models/${side}/v2.onnx`));
    expect(message).toMatch(
      new RegExp(
        `^models/release.yml:\\d+:\\d+: v2 of the ${side} tower: its pin was ${before.slice(0, 12)}… in the base commit [0-9a-f]{12} and is ${now.slice(0, 12)}… here, but a published version does not change; .*Give a re-export a version name of its own\\.$`,
      ),
    );
  });

  it('is not left out either', async () => {
    pinned();
    const message = await refused(() => {
      retrained('models/item/v2.onnx');
      project.write(RELEASE, project.read(RELEASE).replace(/, v2: [0-9a-f]{64}/g, ''));
    });
    expect(message).toMatch(/v2 of the query tower: its pin was .* and is left out here/);
    expect(message).toMatch(/v2 of the item tower: its pin was .* and is left out here/);
  });

  it('holds in a release of evidence alone, whose logs name it', async () => {
    const evidence = (pin: string) =>
      `release: r\nlive: v1\nquery_tower: {sha256: {v1: ${pin}}}\nevidence: {serving_health: health.csv}\n`;
    project
      .write(
        POLICY,
        'policy: health\nchecks: {serving-health: {require: [{metric: success_rate, max_decrease: 2%}]}}\n',
      )
      .write(
        'models/health.csv',
        'arm,tower,stage,requests,successes\ncontrol,q,s,9000,8990\ntreatment,q,s,9000,8990\n',
      )
      .write(RELEASE, evidence('a'.repeat(64)));
    expect(await refused(() => project.write(RELEASE, evidence('b'.repeat(64))))).toMatch(
      /v1 of the query tower: its pin was aaaaaaaaaaaa… .* and is bbbbbbbbbbbb… here/,
    );
  });

  it('of what is served holds while the version is live', async () => {
    project.edit(
      RELEASE,
      'item/{version}.onnx',
      'item/{version}.onnx\n  served: {onnx: item/served.onnx, sha256: SERVED}',
    );
    project.write('models/item/served.onnx', project.bytes('models/item/v3.onnx'));
    const before = digest(project.bytes('models/item/served.onnx'));
    project.edit(RELEASE, 'SERVED', before);
    const message = await refused(() => {
      retrained('models/item/served.onnx');
      project.edit(RELEASE, before, digest(project.bytes('models/item/served.onnx')));
    });
    expect(message).toMatch(/v3 of the item tower as it is served: its pin was/);
  });

  it('may be spelled in capitals, and new versions have pins of their own', async () => {
    pinned(['v2', 'v1']).edit(RELEASE, 'live: v3', 'live: v2').edit(RELEASE, '[v3, v2, v1]', '[v2, v1]');
    project.edit(POLICY, 'from: -1, to: 2', 'from: 0, to: 1');
    const before = digest(project.bytes('models/item/v2.onnx'));
    const { status, message } = await judged(() => {
      project.edit(RELEASE, before, before.toUpperCase()).edit(RELEASE, 'live: v2', 'live: v3');
      project.edit(RELEASE, '[v2, v1]', '[v3, v2, v1]');
      for (const side of ['query', 'item'])
        project.edit(
          RELEASE,
          `${side}/{version}.onnx\n  sha256: {`,
          `${side}/{version}.onnx\n  sha256: {v3: ${digest(project.bytes(`models/${side}/v3.onnx`))}, `,
        );
    });
    expect([status, message]).toEqual([0, '']);
  });
});

describe('the file of a published version', () => {
  it('that git keeps is the base’s, also without a pin', async () => {
    expect(await refused(() => retrained('models/item/v2.onnx'))).toMatch(
      /v2 of the item tower: its file had [0-9a-f]{12}… in the base commit [0-9a-f]{12} and models\/item\/v2.onnx has [0-9a-f]{12}… here/,
    );
  });

  it('is looked for where the base had it', async () => {
    const message = await refused(() => {
      for (const v of ['v3', 'v2', 'v1'])
        project.write(`models/again/${v}.onnx`, project.bytes(`models/item/${v}.onnx`));
      retrained('models/again/v1.onnx');
      project.edit(RELEASE, 'onnx: item/', 'onnx: again/');
    });
    expect(message).toMatch(/v1 of the item tower: its file had .* and models\/again\/v1.onnx has/);
  });

  it('that Git LFS keeps is the one that the base’s pointer means', async () => {
    const weights = project.bytes('models/item/v2.onnx');
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${digest(weights)}\nsize ${weights.length}\n`;
    project.write('models/item/v2.onnx', pointer);
    const base = commit(project, 'base');
    const origin = () => new BasePolicy(Commit.open(project.folder, base));
    project.write('models/item/v2.onnx', weights);
    expect((await project.judge(origin())).status).toBe(0);
    retrained('models/item/v2.onnx');
    expect((await project.judge(origin())).message).toMatch(/v2 of the item tower: its file had/);
  });

  it('of a version that was not live yet may still change', async () => {
    project.edit(RELEASE, 'live: v3', 'live: v2').edit(POLICY, 'from: -1, to: 2', 'from: 0, to: 1');
    const again = project.bytes('models/item/v3.onnx');
    retrained('models/item/v3.onnx');
    const { status, message } = await judged(() => {
      project.write('models/item/v3.onnx', again).edit(RELEASE, 'live: v2', 'live: v3');
    });
    expect([status, message]).toEqual([0, '']);
  });
});

describe('the order of versions', () => {
  const six = '[v6, v5, v4, v3, v2, v1]';
  /** The base lists six versions with a live v5; `versions` and `live` are the change's. */
  async function lists(versions: string, live: string): Promise<Outcome> {
    for (const [version, like] of [
      ['v4', 'v3'],
      ['v5', 'v3'],
      ['v6', 'v3'],
      ['v7', 'v3'],
      ['v0', 'v1'],
      ['x', 'v1'],
    ] as const)
      for (const side of ['query', 'item'])
        project.write(`models/${side}/${version}.onnx`, project.bytes(`models/${side}/${like}.onnx`));
    project.edit(RELEASE, '[v3, v2, v1]', six).edit(RELEASE, 'live: v3', 'live: v5');
    project.edit(POLICY, 'from: -1, to: 2', 'from: 0, to: 1');
    return judged(() => project.edit(RELEASE, six, versions).edit(RELEASE, 'live: v5', `live: ${live}`));
  }

  it.each([
    ['moves live on', six, 'v6'],
    ['gains a version in front', '[v7, v6, v5, v4, v3]', 'v7'],
    ['leaves out one that was never live', '[v7, v5, v4, v3]', 'v7'],
    ['loses its oldest', '[v6, v5, v4]', 'v6'],
    ['gains older ones at its end', '[v6, v5, v4, v3, v2, v1, v0]', 'v6'],
    ['goes back', six, 'v4'],
    ['goes back and forgets what it goes back behind', '[v4, v3, v2]', 'v4'],
    ['is that of a new family', '[x, v0]', 'x'],
  ])('%s', async (_, versions, live) => {
    const { message } = await lists(versions, live);
    expect(message).not.toMatch(/versions/);
  });

  it.each([
    [
      'a version from the middle',
      '[v6, v5, v3, v2, v1]',
      'v6',
      /versions without "v4", so that older ones come nearer to live "v6"/,
    ],
    ['the version that was live', '[v6, v4, v3, v2]', 'v6', /versions without "v5"/],
    ['a name for another', '[v6, v5, x, v3, v2]', 'v6', /versions without "v4"/],
    ['the order', '[v6, v5, v3, v4, v2]', 'v6', /versions in the order "v6", "v5", "v3", "v4" and "v2"/],
    ['a version in between', '[v6, v5, x, v4, v3]', 'v6', /versions in the order/],
    ['the oldest for others', '[v6, v5, v4, x, v0]', 'v6', /"x" and "v0" in the place of "v3", "v2" and "v1"/],
  ])('is not changed: %s', async (_, versions, live, message) => {
    const outcome = await lists(versions, live);
    expect(outcome.status).toBe(2);
    expect(outcome.message).toMatch(message);
    expect(outcome.message).toMatch(
      /expected v5, v4, v3, v2 and v1 in this order, as the base commit [0-9a-f]{12} lists them/,
    );
  });

  it('says which versions come between what serves and what is to serve', async () => {
    const { report } = await lists('[v7, x, v5, v4, v3]', 'v7');
    expect(report?.notices).toContainEqual(
      expect.stringMatching(
        /^"x" stands between live "v7" and "v5", which is live in the base commit [0-9a-f]{12}, and that commit lists it nowhere: an index of "v5" is at distance 2\./,
      ),
    );
  });

  it.each([
    ['[v7, v6, v5, v4, v3]', 'v7'],
    ['[v7, v5, v4, v3]', 'v7'],
    ['[v6, v5, v4]', 'v6'],
  ])('says nothing of %s, where all of them were listed', async (versions, live) => {
    const { report } = await lists(versions, live);
    expect(report!.notices.join()).not.toContain('between live');
  });

  it('says that a family begins anew', async () => {
    const { report } = await lists('[x, v0]', 'x');
    expect(report?.notices).toContainEqual(
      expect.stringMatching(
        /^none of the versions that the base commit [0-9a-f]{12} lists from live v5 backwards is left/,
      ),
    );
  });
});
