/** Rules that a policy lets fail until a date: what counts, what is shown, and what no waiver covers. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Host } from '../../src/gate.js';
import { gate } from '../../src/gate.js';
import { annotationsOf } from '../../src/report/annotations.js';
import { renderComment, renderTitle } from '../../src/report/check-run.js';
import { renderHtml } from '../../src/report/html.js';
import { renderJson, toJson } from '../../src/report/json.js';
import { readReport } from '../../src/report/read-json.js';
import { renderSummary } from '../../src/report/summary.js';
import { renderText } from '../../src/report/text.js';
import { viewOf } from '../../src/report/view/view.js';
import { exitStatus, type Report } from '../../src/verdict/report-object.js';
import { csv, EvidenceProject } from '../support/evidence.js';
import { goodFiles, Project } from '../support/project.js';
import { sound } from '../support/report-schema.js';

const POLICY = 'gates/gate.yml';
const LAST_DAY = new Date('2026-12-31T23:59:59Z');
const NEXT_DAY = new Date('2027-01-01T00:00:00Z');

/** The report of a project as judged at a time; throws what was refused. */
async function judgedAt(project: Project, time: Date): Promise<Report> {
  let found: Report | undefined;
  const refused: string[] = [];
  const host: Host = {
    workspace: project.folder,
    clock: () => time,
    progress: () => undefined,
    result: async (report) => {
      found = report;
    },
    refused: async (error) => {
      refused.push(error.message);
    },
    crashed: async (bug) => {
      throw bug;
    },
  };
  const at = (path: string) => `${project.folder}/${path}`;
  const status = await gate({ policy: at(POLICY), release: at('models/release.yml') }, host);
  if (!found) throw new Error(refused.join('\n'));
  sound(found);
  expect(status).toBe(exitStatus(found));
  return found;
}

/** A rule on the calibration that the model surely breaks, on all rows and on each tier. */
const BROKEN = '- {metric: calibration, max: 0.2, at: [0], slices: [all, tier]}';

describe('a waiver', () => {
  let project: Project;
  afterEach(() => project.remove());

  function projectWith(waive: readonly string[], rule = BROKEN): Project {
    project = new Project(goodFiles()).edit(
      POLICY,
      '      - metric: calibration_shift',
      `      ${rule}\n      - metric: calibration_shift`,
    );
    if (waive.length > 0)
      project.write(POLICY, `${project.read(POLICY)}waive:\n${waive.map((one) => `  - ${one}\n`).join('')}`);
    return project;
  }

  const entry = (own: string) =>
    `{rule: calibration max, ${own}until: 2026-12-31, owner: ads-ranking, reason: a refit is under way}`;

  it('lets what fails pass until the end of its last day, in UTC, and not a second longer', async () => {
    projectWith([entry('')]);
    const before = await judgedAt(project, LAST_DAY);
    expect(before).toMatchObject({ verdict: 'ready', waivers: [{ state: 'used', findings: 3 }] });
    expect(before.headline).toMatch(/^v3 can ship with 1 waiver: \d+ required cells pass, 3 waived cells do not/);
    const failing = before.checks.flatMap(({ findings }) => findings).filter(({ verdict }) => verdict === 'fail');
    expect(failing).toHaveLength(3);
    for (const { waived, level } of failing)
      expect({ waived, level }).toEqual({
        waived: { owner: 'ads-ranking', reason: 'a refit is under way', until: '2026-12-31' },
        level: 'fail',
      });

    const after = await judgedAt(project, NEXT_DAY);
    expect(after).toMatchObject({ verdict: 'not_ready', waivers: [{ state: 'expired', findings: 3 }] });
    expect(after.headline).toMatch(/; 1 waiver has expired\.$/);
    expect(after.notices.join()).toMatch(
      /gates\/gate\.yml:\d+: the waiver of "calibration max" expired after 2026-12-31/,
    );
  });

  it('is on every surface, with its owner, its reason and its last day', async () => {
    projectWith([entry('')]);
    const report = await judgedAt(project, LAST_DAY);
    const view = viewOf(report);
    const surfaces = {
      text: renderText(view),
      summary: renderSummary(view),
      html: renderHtml(view),
      comment: renderComment(view, undefined),
      json: renderJson(report),
      annotations: annotationsOf(view)
        .map(({ title, message }) => `${title}\n${message}`)
        .join('\n'),
    };
    for (const [surface, text] of Object.entries(surfaces))
      for (const part of ['2026-12-31', 'ranking', 'a refit is under way'])
        expect(text.replaceAll('&#45;', '-'), surface).toContain(part);
    expect(view.head.word).toBe('Ready with 1 waiver');
    expect(renderTitle(view)).toMatch(/^Ready with 1 waiver: /);
    expect(readReport(renderJson(report)).waivers).toEqual(report.waivers);
    expect(toJson(readReport(renderJson(report)))).toEqual(toJson(report));
  });

  it('has an annotation at its own line, an error once it is over', async () => {
    projectWith([entry('')]);
    const line =
      project
        .read(POLICY)
        .split('\n')
        .findIndex((text) => text.includes('rule: calibration max')) + 1;
    const at = async (time: Date) =>
      annotationsOf(viewOf(await judgedAt(project, time))).filter(({ place }) => place?.line === line);
    expect(await at(LAST_DAY)).toMatchObject([
      { level: 'warning', title: expect.stringMatching(/^Waived: calibration max, until 2026-12-31/) },
    ]);
    expect(await at(NEXT_DAY)).toMatchObject([
      { level: 'error', title: expect.stringMatching(/^An expired waiver: /) },
    ]);
  });

  it('of one slice leaves the others as they are', async () => {
    projectWith([entry('slice: {tier: large}, ')]);
    const report = await judgedAt(project, LAST_DAY);
    expect(report).toMatchObject({
      verdict: 'not_ready',
      waivers: [{ state: 'used', findings: 1, slice: { tier: 'large' } }],
    });
    const [large, ...others] = report.checks
      .flatMap(({ findings }) => findings)
      .filter(({ metric }) => metric === 'calibration')
      .toSorted((a) => (a.slice.tier === 'large' ? -1 : 1));
    expect(large?.waived).toBeDefined();
    expect(others.map(({ waived }) => waived)).toEqual([undefined, undefined]);
    expect(report.headline).toMatch(/2 of \d+ required cells fail/);
  });

  it('covers what is inconclusive too', async () => {
    projectWith([entry('')], '- {metric: calibration, max: 1.0001, at: [0], slices: [all, tier]}');
    const report = await judgedAt(project, LAST_DAY);
    const own = report.checks.flatMap(({ findings }) => findings).filter(({ metric }) => metric === 'calibration');
    expect(own.map(({ verdict }) => verdict)).toContain('inconclusive');
    expect(report.verdict).toBe('ready');
  });

  it('does not cover what was not measured: two versions of one file', async () => {
    projectWith(
      [
        `{rule: log_loss max_increase, until: 2026-12-31, owner: a, reason: b}`,
        `{rule: calibration_shift max_change, until: 2026-12-31, owner: a, reason: b}`,
      ],
      '# none',
    );
    project.write('models/item/v2.onnx', project.bytes('models/item/v3.onnx'));
    const report = await judgedAt(project, LAST_DAY);
    expect(report.verdict).toBe('inconclusive');
    expect(report.waivers?.map(({ state }) => state)).toContain('cannot');
  });

  it('does not cover evidence that is not there, nor production outside of the sweep', async () => {
    projectWith(
      [
        '{rule: log_loss max_increase at production, until: 2026-12-31, owner: a, reason: b}',
        '{rule: feature-parity log_loss max_increase, until: 2026-12-31, owner: a, reason: b}',
      ],
      '# none',
    );
    project.write(
      POLICY,
      project
        .read(POLICY)
        .replace('waive:', '  feature-parity:\n    require: [{metric: log_loss, max_increase: 0.1%}]\nwaive:'),
    );
    const report = await judgedAt(project, LAST_DAY);
    const [untested] = report.checks
      .flatMap(({ findings }) => findings)
      .filter(({ check }) => check === 'feature-parity');
    expect(untested).toMatchObject({ verdict: 'inconclusive', reason: { kind: 'not_tested' } });
    expect(untested?.waived).toBeUndefined();
    expect(report.verdict).toBe('inconclusive');
    expect(report.waivers?.map(({ state }) => state)).toEqual(['not_needed', 'cannot']);
  });

  it('does not hold where nothing that is required could be decided', async () => {
    const made = new EvidenceProject(
      { 'serving-health': ['{metric: success_rate, max_decrease: 0.1%}'] },
      {
        serving_health: csv('arm,tower,stage,requests,successes', [
          ['control', 'query', 'embed', 2000, 1999],
          ['treatment', 'query', 'embed', 2000, 1998],
        ]),
      },
    );
    project = made;
    project.write(
      POLICY,
      `${project.read(POLICY)}waive:\n  - {rule: serving-health success_rate max_decrease, until: 2026-12-31, owner: a, reason: b}\n`,
    );
    const report = await judgedAt(project, LAST_DAY);
    expect(report.checks.flatMap(({ findings }) => findings).map(({ verdict }) => verdict)).toEqual(['inconclusive']);
    expect(report).toMatchObject({ verdict: 'inconclusive', waivers: [{ state: 'cannot' }] });
  });

  it('that nothing needs is a notice', async () => {
    projectWith(['{rule: log_loss max_increase at production, until: 2026-12-31, owner: a, reason: b}'], '# none');
    const report = await judgedAt(project, LAST_DAY);
    expect(report).toMatchObject({ verdict: 'ready', waivers: [{ state: 'not_needed', findings: 0 }] });
    expect(report.headline).toMatch(/^v3 can ship: /);
    expect(report.notices.join()).toMatch(/is not needed, as all that it names passes: remove it/);
    expect(annotationsOf(viewOf(report))).toMatchObject([
      { level: 'notice', title: expect.stringMatching(/not needed/) },
    ]);
  });

  it('that is over and has nothing left to waive is a warning everywhere, and stops no release', async () => {
    projectWith(['{rule: log_loss max_increase at production, until: 2026-12-31, owner: a, reason: b}'], '# none');
    const report = await judgedAt(project, NEXT_DAY);
    expect(report).toMatchObject({ verdict: 'ready', waivers: [{ state: 'expired', findings: 0 }] });
    expect(report.headline).toMatch(/^v3 can ship: /);
    expect(report.notices.join()).toMatch(/expired after 2026-12-31, and all that it names passes: remove it/);
    const view = viewOf(report);
    expect(annotationsOf(view)).toMatchObject([
      { level: 'warning', title: expect.stringMatching(/^An expired waiver: /) },
    ]);
    for (const shown of [renderText(view), renderSummary(view), renderHtml(view)])
      expect(shown).toMatch(/expired, all that it names passes/);
  });

  it('names a rule by its id where two have the same words', async () => {
    const two =
      '- {id: loose, metric: calibration, max: 0.2, at: [0]}\n      - {metric: calibration, max: 0.3, at: [0], slices: [tier]}';
    projectWith(['{rule: calibration max, until: 2026-12-31, owner: a, reason: b}'], two);
    await expect(judgedAt(project, LAST_DAY)).rejects.toThrow(
      /rule "calibration max", which 2 rules are \(lines \d+ and \d+\); expected the name of one rule\. Give the rule an id/,
    );
    project.edit(POLICY, '{rule: calibration max,', '{rule: loose,');
    expect(await judgedAt(project, LAST_DAY)).toMatchObject({
      verdict: 'not_ready',
      waivers: [{ rule: 'loose', state: 'used', findings: 1 }],
    });
  });

  it.each([
    [
      'a rule that there is not',
      entry('').replace('calibration max', 'calibraton max'),
      /rule "calibraton max", which this policy has not; expected one of .*"calibration max at 0".* Did you mean "calibration max"\?/,
    ],
    [
      'a slice by another column',
      entry('slice: {source: feed}, '),
      /a slice by source, by which "calibration max at 0" does not judge; expected a slice by no column \(all rows\) and tier/,
    ],
    [
      'a slice that no row is of',
      entry('slice: {tier: lrge}, '),
      /a waiver of "calibration max" on \{tier: lrge\}, which it does not judge; .* Did you mean \{tier: large\}\?/,
    ],
    ['a day that is none', entry('').replace('2026-12-31', '2026-02-30'), /until "2026-02-30", which is no day/],
    [
      'a day in another order',
      entry('').replace('2026-12-31', '31.12.2026'),
      /"until" is "31\.12\.2026"; expected the last day/,
    ],
    ['no owner', entry('').replace('owner: ads-ranking, ', ''), /owner/],
    ['an empty reason', entry('').replace('a refit is under way', "' '"), /"reason" is " "/],
    ['another key', entry('level: warn, '), /unknown key "level"/],
  ])('of %s is an error at its line', async (_, waiver, message) => {
    projectWith([waiver]);
    const line =
      project
        .read(POLICY)
        .split('\n')
        .findIndex((text) => text.includes('owner:') || text.includes('until:')) + 1;
    await expect(judgedAt(project, LAST_DAY)).rejects.toThrow(message);
    await expect(judgedAt(project, LAST_DAY)).rejects.toThrow(new RegExp(`^gates/gate.yml:${line}:`));
  });

  it('twice of one rule is an error', async () => {
    projectWith([entry(''), entry('')]);
    await expect(judgedAt(project, LAST_DAY)).rejects.toThrow(/a second waiver of "calibration max"/);
  });

  it('covers a rule on evidence, and not a table that is wrong', async () => {
    const made = new EvidenceProject(
      { 'serving-health': ['{metric: success_rate, max_decrease: 0.1%}'] },
      {
        serving_health: csv('arm,tower,stage,requests,successes', [
          ['control', 'query', 'embed', 200_000, 199_900],
          ['treatment', 'query', 'embed', 200_000, 199_000],
        ]),
      },
    );
    project = made;
    project.write(
      POLICY,
      `${project.read(POLICY)}waive:\n  - {rule: serving-health success_rate max_decrease, until: 2026-12-31, owner: a, reason: b}\n`,
    );
    expect(await judgedAt(project, LAST_DAY)).toMatchObject({ verdict: 'ready', waivers: [{ state: 'used' }] });
    expect(await judgedAt(project, NEXT_DAY)).toMatchObject({ verdict: 'not_ready' });
    project.write('models/serving_health.csv', 'arm\ncontrol\n');
    await expect(judgedAt(project, LAST_DAY)).rejects.toThrow(/serving_health/);
  });
});
