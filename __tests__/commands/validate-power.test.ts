/** What `skewgate validate` says of rules that cannot pass on the rows at hand is what a run then finds. */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/checks/check-report.js';
import { validate } from '../../src/commands/validate.js';
import { renderJson } from '../../src/report/json.js';
import { formatSlice } from '../../src/verdict/format.js';
import { KeepingHost } from '../support/host.js';
import { Project } from '../support/project.js';

const POLICY = 'gates/gate.yml';
const SAID =
  /^version-skew: (\S+) .*: (\d+) of \d+ cells? (?:cannot pass|will stay inconclusive).* on these rows: (.*)$/;

let project: Project;
afterEach(() => project.remove());

async function validated(options: Record<string, string> = {}) {
  const host = new KeepingHost(project.folder);
  const files = { policy: join(project.folder, POLICY), release: join(project.folder, 'models/release.yml') };
  const status = await validate.run({ ...files, ...options }, host);
  return { status, message: host.message, lines: host.printed.split('\n') };
}

/** What a run finds of the sweep's rules. */
async function judged(): Promise<readonly Finding[]> {
  const { report, message } = await project.judge();
  if (!report) throw new Error(message);
  return report.checks.flatMap(({ findings }) => findings);
}

/** Rows of which some make thin or one-sided slices: of 30 rows, of positive rows alone, of two items, of ten users. */
function oddRows(): string {
  const [header, ...rows] = project.read('eval/rows.csv').trimEnd().split('\n');
  const changed = rows.map((row, i) => {
    const cells = row.split(',');
    const [, item, label, , user] = cells;
    if (i < 30) cells[5] = 'tiny';
    else if (label === '1' && i < 1500) cells[5] = 'sure';
    else if (item === 'i3' || item === 'i4') cells[5] = 'two items';
    else if (Number(user!.slice(1)) % 15 === 7) cells[5] = 'ten users';
    return cells.join(',');
  });
  return `${[header, ...changed].join('\n')}\n`;
}

const RULES = `
      - {metric: roc_auc, max_decrease: 0.05, at: production, slices: [all, tier]}
      - {metric: gauc, max_decrease: 0.05, at: production, slices: [all, tier]}
      - {metric: normalized_entropy, max_increase: 5%, at: production, slices: [all, tier]}
      - {metric: average_precision, max_decrease: 5%, at: production, slices: [all, tier]}
      - {metric: ndcg@5, max_decrease: 5%, at: production, slices: [tier], level: warn}`;

describe('cells that cannot pass on these rows', () => {
  it('are inconclusive in the run, every one of them, and those of floors are all that a run finds', async () => {
    project = new Project();
    project
      .rows(oddRows())
      .edit(POLICY, '      - metric: calibration_shift', `${RULES.slice(1)}\n      - metric: calibration_shift`);
    const { status, lines } = await validated();
    expect(status).toBe(0);
    const said = lines.flatMap((line) => {
      const [, metric, count, cells] = SAID.exec(line) ?? [];
      return metric ? [{ metric, count: Number(count), cells: cells! }] : [];
    });
    expect(said.map(({ metric }) => metric)).toEqual([
      'log_loss',
      'roc_auc',
      'gauc',
      'normalized_entropy',
      'average_precision',
      'ndcg@5',
    ]);
    const findings = await judged();
    for (const { metric, count, cells } of said) {
      const own = findings.filter((one) => one.metric === metric);
      const named = own.filter(({ slice }) => cells.includes(`${formatSlice(slice)} (`));
      expect(named.length).toBe(count);
      expect(named.map(({ verdict }) => verdict)).toEqual(named.map(() => 'inconclusive'));
      const floors = own.filter(({ reason: { kind } }) => /^too_few|undefined|cannot_move/.test(kind));
      // What a ranking rests on is known before a run up to the orders that could differ alone.
      if (metric !== 'gauc' && metric !== 'ndcg@5') expect(count).toBe(floors.length);
      else expect(count).toBeLessThanOrEqual(floors.length);
    }
    expect(lines.join('\n')).toMatch(
      /log_loss .*: 3 of 7 cells cannot pass .*tier=tiny \(too few positives: \d+ of at least 100\)/,
    );
    expect(lines.join('\n')).toMatch(/roc_auc .*tier=sure \(undefined/);
    expect(lines.join('\n')).toMatch(/ndcg@5 .*will stay inconclusive \(the rule only warns\)/);
  });

  it('are none that the policy only lists, and none of rows that suffice', async () => {
    project = new Project();
    expect((await validated()).lines.join('\n')).not.toMatch(SAID);
    project
      .rows(oddRows())
      .edit(POLICY, 'sweep: {from: -1, to: 2}', 'sweep: {from: -1, to: 2}\n    thin_slices: report');
    expect((await validated()).lines.filter((line) => SAID.test(line))).toEqual([]);
  });

  it('are said of a policy alone where no release could mend them', async () => {
    project = new Project();
    project.rows(oddRows());
    const host = new KeepingHost(project.folder);
    expect(await validate.run({ policy: join(project.folder, POLICY) }, host)).toBe(0);
    expect(host.printed).toMatch(/log_loss .*cannot pass on these rows: .*tier=tiny/);
  });
});

describe('margins below the detectable change', () => {
  async function reported(): Promise<string> {
    const { report } = await project.judge();
    project.write('out/report.json', renderJson(report!));
    return join(project.folder, 'out');
  }

  it('are counted by the errors of an earlier report, and named with the largest', async () => {
    project = new Project();
    const report = await reported();
    const findings = (await judged()).filter(({ metric }) => metric === 'log_loss');
    expect((await validated({ report })).lines).toContain(
      'version-skew: no margin is below the detectable change, by the errors of out/report.json',
    );
    // Between the smallest and the largest of what three cells can detect.
    const detectable = findings.map(({ mde }) => mde).sort((a, b) => a - b);
    const margin = (detectable[0]! + detectable[1]!) / 2;
    project.edit(POLICY, 'max_increase: 5%', `max_increase: ${(100 * margin).toPrecision(6)}%`);
    const line = (await validated({ report })).lines.find((one) => one.includes('detectable'))!;
    expect(line).toMatch(
      /^version-skew: log_loss max_increase 0\.\d+%: margin below the detectable change: 2 of 3 cells/,
    );
    const again = (await judged()).filter(({ metric }) => metric === 'log_loss');
    const unable = again.filter(({ upper, change }) => upper - change > margin).length;
    const none = /in (\d) not even a change of 0/.exec(line)?.[1] ?? '0';
    // Said of fewer cells at most: Student's t and skewness only widen the reach.
    expect(Number(none)).toBeLessThanOrEqual(unable);
    project.edit(POLICY, /max_increase: \S+%/.exec(project.read(POLICY))![0], 'max_increase: 0.0001%');
    expect((await validated({ report })).lines.join('\n')).toMatch(/3 of 3 cells, .*; in 3 not even a change of 0/);
  });

  it('are not said by a report on other rows, and cells that it lacks are named', async () => {
    project = new Project();
    const report = await reported();
    project.edit(
      POLICY,
      'metric: log_loss, max_increase: 5%, at: production',
      'metric: brier, max_increase: 5%, at: production',
    );
    expect((await validated({ report })).lines.join('\n')).toMatch(
      /brier .*: none of its cells is in out\/report\.json/,
    );
    project.rows(oddRows());
    expect((await validated({ report })).lines.join('\n')).toMatch(
      /out\/report\.json: of other rows than the policy pins/,
    );
  });

  it('need a report that is there and can be read', async () => {
    project = new Project();
    const [none, broken] = [join(project.folder, 'none'), join(project.folder, 'broken')];
    expect(await validated({ report: none })).toMatchObject({
      status: 2,
      message: expect.stringMatching(/--report ".*none", in which no report\.json stands/),
    });
    project.write('broken/report.json', '{');
    expect(await validated({ report: broken })).toMatchObject({
      status: 2,
      message: expect.stringMatching(/^broken\/report\.json: a file that is no JSON/),
    });
  });
});
