/** What the scores of a published version are read from does not change with a pull request. */
import { afterEach, describe, expect, it } from 'vitest';
import { RELEASE as BY_TOWERS, digest, Project } from '../../support/project.js';
import { publishedRelease } from '../../support/published-release.js';
import { byScores, scoredProject } from '../../support/scored-columns.js';

const RELEASE = 'models/release.yml';
let project: Project;
afterEach(() => project.remove());

const { judged, refused, pinned } = publishedRelease(() => project);

describe('the source of published scores', () => {
  it('may be extended by aligned columns, and versions go on', async () => {
    project = scoredProject(new Project()).edit(RELEASE, "  aligned: 'aligned_{version}'\n", '');
    const before = project.read(RELEASE);
    const { status, message } = await judged(() =>
      project.write(RELEASE, before.replace('scores:\n', "scores:\n  aligned: 'aligned_{version}'\n")),
    );
    expect([status, message]).toEqual([0, '']);
  });

  it.each([
    ['column', 'score_{version}', 'aligned_{version}'],
    ['older_query', 'older_{version}', 'rollback_{version}'],
  ])('is no other column in a change: %s', async (key, before, now) => {
    project = scoredProject(new Project()).edit(RELEASE, "  aligned: 'aligned_{version}'\n", '');
    expect(await refused(() => project.edit(RELEASE, `${key}: '${before}'`, `${key}: '${now}'`))).toMatch(
      new RegExp(
        `^models/release.yml:\\d+:\\d+: "${now}", where the base commit [0-9a-f]{12} has "${before}"; expected ${key}: ` +
          `'${before}', as the base commit .* policy-ref: head\\.$`,
      ),
    );
  });

  it('is a tower where it was one, pinned or not', async () => {
    // The rows are those of the base's policy: they hold the columns before the change.
    project = scoredProject(new Project());
    const scores = project.read(RELEASE);
    project.write(RELEASE, BY_TOWERS);
    pinned();
    const message = await refused(() => project.write(RELEASE, scores));
    expect(message).toMatch(
      /^models\/release.yml:\d+:\d+: scores in place of towers; expected query_tower and item_tow/,
    );
    expect(message.split('\n')).toHaveLength(1);
  });

  it('is no tower where it was a column', async () => {
    project = scoredProject(new Project());
    expect(await refused(() => project.write(RELEASE, BY_TOWERS))).toMatch(
      /^models\/release.yml:\d+:\d+: towers in place of scores; expected scores, as the base commit/,
    );
  });

  it('goes on in two changes: first the rows at a new path, then the release', async () => {
    project = scoredProject(new Project());
    const rows = project.read('eval/rows.csv');
    const [head, ...lines] = rows.trimEnd().split('\n');
    const at = head!.split(',').indexOf('score_v3');
    // The scores of v4, with the items of each version; columns of v3 become those of an older one.
    const names = ['score_v4', 'score_v3', 'score_v2', 'aligned_v3', 'aligned_v2', 'older_v3'];
    const kept = head!.split(',').slice(0, at);
    const next = `${[[...kept, ...names].join(','), ...lines].join('\n')}\n`;
    const first = await judged(() => {
      project.write('eval/rows-v4.csv', next);
      project.edit('gates/gate.yml', 'rows.csv', 'rows-v4.csv').edit('gates/gate.yml', digest(rows), digest(next));
    });
    expect([first.status, first.message]).toEqual([0, '']);
    const second = await judged(() =>
      project.edit(RELEASE, 'live: v3\nversions: [v3, v2, v1]', 'live: v4\nversions: [v4, v3, v2]'),
    );
    expect([second.status, second.message]).toEqual([0, '']);
    expect(second.report!.evalSet!.sha256).toEqual({ rows: digest(next) });
  });

  it('is free for a family that begins', async () => {
    project = scoredProject(new Project());
    const scores = byScores(BY_TOWERS);
    project.write(RELEASE, BY_TOWERS.replace('live: v3', 'live: w3').replace('[v3, v2, v1]', '[w3, w2, w1]'));
    const { status, message } = await judged(() => project.write(RELEASE, scores));
    expect([status, message]).toEqual([0, '']);
  });
});
