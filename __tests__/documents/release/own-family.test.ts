/** A family that vouches for itself: compared with its own earlier version, one that breaks at every step loses nothing. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FamilyDigests, versionsBehind } from '../../../src/documents/release/own-family.js';
import { Project } from '../../support/project.js';

describe('how many versions behind the candidate the other is', () => {
  const files = { query: { v3: 'q3', v2: 'q2' }, item: { v3: 'i3', v2: 'i2', v1: 'i1' } } as const;
  const digests: FamilyDigests = (side, version) => (files[side] as Record<string, string | undefined>)[version];
  const behind = (query: string | undefined, item: string | undefined) =>
    versionsBehind(['v3', 'v2', 'v1'], digests, { query, item });

  it.each([
    ['the candidate itself', 'q3', 'i3', 0],
    ['the version before', 'q2', 'i2', 1],
    ['one whose query checkpoint is not there to compare', 'q1', 'i1', 2],
    ['another family', 'qx', 'ix', undefined],
    ['another query tower over the same items', 'qx', 'i2', undefined],
    ['nothing that is known', undefined, undefined, undefined],
  ])('%s', (_, query, item, expected) => {
    expect(behind(query, item)).toBe(expected);
  });
});

describe('compare_with the candidate’s own family', () => {
  const POLICY = 'gates/gate.yml';
  const RELEASE = 'models/release.yml';
  const ALL = /\s*- \{metric: log_loss, max_increase: 5%[^\n]*\n[\s\S]*$/;
  let project: Project;
  beforeEach(() => {
    project = new Project();
    // Copies: what counts is what the files hold, not what they are called.
    for (const side of ['query', 'item'])
      for (const [copy, like] of [
        ['s2', 'v2'],
        ['s1', 'v1'],
        ['s0', 'v1'],
      ])
        project.write(`models/serving/${side}/${copy}.onnx`, project.bytes(`models/${side}/${like}.onnx`));
    project.write(
      'models/production.yml',
      project
        .read(RELEASE)
        .replace('live: v3', 'live: s2')
        .replace('[v3, v2, v1]', '[s2, s1, s0]')
        .replaceAll('onnx: ', 'onnx: serving/'),
    );
    project.write(RELEASE, `${project.read(RELEASE)}compare_with: production.yml\n`);
  });
  afterEach(() => project.remove());

  const rules = (...lines: string[]) =>
    project.write(POLICY, project.read(POLICY).replace(ALL, `\n${lines.map((line) => `      - ${line}\n`).join('')}`));
  const GAIN = '{metric: log_loss, min_retained_gain: 10%, at: production}';

  it.each([
    ['alone', [GAIN]],
    ['beside another comparison', [GAIN, '{metric: log_loss, no_more_sensitive_than: production, margin: 1%}']],
    ['beside a level at distance 0', [GAIN, '{metric: gauc, min: 0.5, at: [0]}']],
    ['beside a rule that only warns', [GAIN, '{metric: log_loss, max_increase: 5%, at: each, level: warn}']],
  ])('is no evidence %s', async (_, lines) => {
    rules(...lines);
    const { status, message } = await project.judge();
    expect(status).toBe(2);
    expect(message).toMatch(
      /^models\/release.yml:9:15: compare_with is this family’s own "v2", 1 version behind the candidate, and every rule of gates\/gate.yml compares the two: .*Add to the policy: \{metric: log_loss, max_increase: 1%\}$/,
    );
  });

  it('is noted beside a rule on the change itself', async () => {
    rules(GAIN, '{metric: log_loss, max_increase: 5%, at: each}');
    const { report, message } = await project.judge();
    expect(message).toBe('');
    expect(report!.notices).toContainEqual(
      expect.stringMatching(
        /^compare_with is this family’s own "v2", 1 version behind the candidate: rules that compare/,
      ),
    );
  });

  it('is found beyond the sweep too', async () => {
    project.edit(POLICY, 'from: -1, to: 2', 'from: 0, to: 1').edit('models/production.yml', 'live: s2', 'live: s1');
    rules(GAIN);
    const { status, message } = await project.judge();
    expect([status, message]).toEqual([2, expect.stringMatching(/own "v1", 2 versions behind the candidate/)]);
  });

  it('is not asked about where no rule compares', async () => {
    const { report } = await project.judge();
    expect(report!.notices.filter((notice) => notice.includes('own'))).toEqual([]);
  });
});
