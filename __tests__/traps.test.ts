/** Inputs that look judgeable and are not: never green without a word. */
import { afterEach, describe, expect, it } from 'vitest';
import { reasonOf } from '../src/checks/reason-words.js';
import { goodFiles, Project } from './support/project.js';
import { sweepOf } from './support/sweep-report.js';

let project: Project;
afterEach(() => project.remove());
const POLICY = 'gates/gate.yml';
const MODEL = 'models/release.yml';

const RULES = `      - {metric: log_loss, max_increase: 5%, at: production, slices: [all, tier]}
      - metric: calibration_shift
        max_change: 5%
        at: each
`;

async function refused(spoil: (project: Project) => unknown): Promise<string> {
  project = new Project(goodFiles());
  spoil(project);
  const { status, message } = await project.judge();
  expect([status, message]).toEqual([2, expect.not.stringMatching(/\n\s+at /)]);
  return message;
}

describe('nothing that could not be judged is green:', () => {
  it('a policy whose rules only warn', async () => {
    expect(
      await refused((p) => p.edit(POLICY, RULES, '      - {metric: log_loss, max_increase: 5%, level: warn}\n')),
    ).toMatch(/gates\/gate.yml:15:18: rules that only warn; expected at least one rule that can fail/);
  });

  it('a policy of rankings over sampled candidates alone', async () => {
    expect(
      await refused((p) =>
        p
          .edit(POLICY, RULES, '      - {metric: recall@5, max_decrease: 5%}\n')
          .edit(POLICY, 'slices:', 'candidates: sampled\n  slices:'),
      ),
    ).toMatch(/rules that only warn/);
  });

  it('the same rule twice, which would dilute Holm', async () => {
    expect(
      await refused((p) =>
        p.edit(POLICY, RULES, `${RULES}      - {at: each, metric: calibration_shift, max_change: 5%}\n`),
      ),
    ).toMatch(/:19:9: the same rule as rule 2; expected every rule once/);
  });

  it('one distance written in two ways', async () => {
    expect(await refused((p) => p.edit(POLICY, '{0: 0.7, 1: 0.3}', '{0: 0.7, 1: 0.3, "0": 0.7}'))).toMatch(
      /:10:31: key "0", a key that stands twice/,
    );
    project.remove();
    expect(await refused((p) => p.edit(POLICY, '1: 0.3}', '1: 0.15, 01: 0.15}'))).toMatch(
      /key "1", a key that stands twice/,
    );
  });

  it('scores that are all the same', async () => {
    expect(await refused((p) => p.edit(MODEL, 'link: sigmoid', 'link: sigmoid, scale: 0'))).toMatch(
      /models\/release.yml:8:48: scale 0, which makes every score the same/,
    );
    project.remove();
    expect(await refused((p) => p.edit(MODEL, 'link: sigmoid', 'link: sigmoid, scale: 1e-300, bias: 1'))).toMatch(
      /the same score 1 for every row at distance 0/,
    );
  });

  it('an ONNX file of two graphs, which the runtime would merge', async () => {
    expect(
      await refused((p) =>
        p.write('models/item/v2.onnx', Buffer.concat([p.bytes('models/item/v2.onnx'), p.bytes('models/item/v2.onnx')])),
      ),
    ).toMatch(/no ONNX model \(it holds two graphs\)/);
  });

  it.each([
    ['at: each', '{0: 0.01, 1: 0.01, 9: 0.98}'],
    ['at: production', '{0: 0.01, 9: 0.99}'],
  ])('production mass outside the sweep under %s', async (_, histogram) => {
    project = new Project();
    project
      .edit(POLICY, '{0: 0.7, 1: 0.3}', histogram)
      .edit(POLICY, RULES, `      - {metric: log_loss, max_increase: 50%, ${_}}\n`);
    const { status, report } = await project.judge();
    expect([status, report?.verdict]).toEqual([1, 'inconclusive']);
    expect(
      report?.checks[0]?.findings.some((f) => /uncovered histogram mass: 9[89]\.\d % of production/.test(reasonOf(f))),
    ).toBe(true);
  });

  it('production mass that lies outside altogether has no value, rather than one of 0', async () => {
    project = new Project();
    project
      .edit(POLICY, '{0: 0.7, 1: 0.3}', '{9: 1}')
      .edit(POLICY, RULES, '      - {metric: log_loss, max_increase: 50%, at: production}\n');
    const { report } = await project.judge();
    expect(report?.verdict).toBe('inconclusive');
    expect(sweepOf(report).curve.find((p) => p.distance === 'production')?.value).toBeNaN();
  });

  it('exactly 0.5 % outside is within the tolerance', async () => {
    project = new Project();
    project.edit(POLICY, '{0: 0.7, 1: 0.3}', '{0: 0.7, 1: 0.295, 9: 0.005}');
    expect((await project.judge()).report?.verdict).toBe('ready');
  });

  it('positives of weight 0 do not meet the floor', async () => {
    project = new Project();
    let kept = 0;
    const rows = project
      .read('eval/rows.csv')
      .replace(/^(r\d+,i\d+,1),1,/gm, (line, head: string) => (++kept <= 12 ? line : `${head},0,`));
    project.rows(rows);
    const { report } = await project.judge();
    expect(report?.verdict).toBe('inconclusive');
    expect(report?.checks[0]?.findings.map(reasonOf)[0]).toMatch(/too few positives: \d+ of at least 100/);
  });
});

describe('a notice says it where', () => {
  it('rows repeat a pair: in a slice or a feature of their own they may differ in their label', async () => {
    project = new Project();
    const lines = project.read('eval/rows.csv').trimEnd().split('\n');
    const [first, second] = [lines[1]!, lines[2]!];
    const again = second.replace(/,([01]),1,/, (_, y: string) => `,${1 - Number(y)},1,`).replace(/search|feed/, 'ads');
    project.rows(`${[...lines, first, again].join('\n')}\n`);
    const { report, message } = await project.judge();
    expect(message).toBe('');
    expect(report?.notices).toContainEqual(
      expect.stringMatching(/^2 rows repeat a \(query, item\) pair of an earlier row: each counts once more/),
    );
  });

  it('and not where none does', async () => {
    project = new Project();
    expect((await project.judge()).report?.notices.join()).not.toMatch(/repeat/);
  });

  it('a tower reads what is hardly a feature', async () => {
    project = new Project();
    const rows = project.read('eval/rows.csv').replace(/^r(\d+),i(\d+),(\d),1,/gm, (_, q, i, y) => `${q},${i},${y},1,`);
    project
      .rows(rows)
      .edit(MODEL, 'onnx: query/{version}.onnx', 'onnx: query/{version}.onnx\n  inputs: {query_index: request}')
      .edit(MODEL, 'onnx: item/{version}.onnx', 'onnx: item/{version}.onnx\n  inputs: {item_index: weight}');
    const { report, message } = await project.judge();
    expect(message).toBe('');
    expect(report?.notices).toContainEqual(
      expect.stringMatching(
        /^input "query_index" of models\/query\/v3.onnx reads "request", the query’s id: is it known/,
      ),
    );
    expect(report?.notices).toContainEqual(
      expect.stringMatching(/^input "item_index" of models\/item\/v3.onnx reads "weight", the weight of the rows/),
    );
    expect(report?.notices.filter((notice) => notice.startsWith('input '))).toHaveLength(2);
  });

  it('labels of a query do not sum to the 1 that a softmax spreads', async () => {
    project = new Project();
    project.edit(MODEL, 'link: sigmoid', 'link: softmax');
    const rows = project
      .read('eval/rows.csv')
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','));
    const positives = new Map<string, number>();
    for (const [query, , clicked] of rows) positives.set(query!, (positives.get(query!) ?? 0) + Number(clicked));
    const sums = [...positives.values()];
    const several = sums.filter((n) => n > 1).length;
    const none = sums.filter((n) => n < 1).length;
    expect(several).toBeGreaterThan(100);
    const { report } = await project.judge();
    expect(report?.notices).toContainEqual(
      expect.stringContaining(
        `of 180 queries ${several} have labels that sum to more (up to ${Math.max(...sums)}) and ${none} to less, so that calibration over whole queries is ${Number((180 / sums.reduce((a, b) => a + b, 0)).toPrecision(3))} whatever the model says`,
      ),
    );
  });

  it('all of production is at distance 0', async () => {
    project = new Project();
    project
      .edit(POLICY, '{0: 0.7, 1: 0.3}', '{0: 1}')
      .edit(POLICY, RULES, '      - {metric: log_loss, max_increase: 5%, at: each}\n');
    const { report } = await project.judge();
    expect(report?.headline).toBe('v3 can ship: production is at distance 0 alone, where nothing changes.');
    expect(report?.notices).toContainEqual(expect.stringMatching(/gate.yml:15: all of production is at distance 0/));
  });

  it('production is where no rule looks', async () => {
    const notices = async (rule: string) => {
      project = new Project();
      project
        .edit(POLICY, '{0: 0.7, 1: 0.3}', '{0: 0.1, 1: 0.1, 2: 0.5, 3: 0.3}')
        .edit(POLICY, RULES, `      - {metric: log_loss, max_increase: 5%, ${rule}}\n`);
      const { report } = await project.judge();
      project.remove();
      return report!.notices.join('\n');
    };
    expect(await notices('at: [1]')).toMatch(
      /80 % of production is at distances that no required rule judges \(2, outside the sweep\): .* Write: at: each/,
    );
    expect(await notices('at: [1, 2]')).toMatch(/30 % of production .* \(outside the sweep\)/);
    expect(await notices('at: each')).not.toMatch(/no required rule judges/);
  });

  it('a margin is as large as what a model without skill would lose, beside one that is not', async () => {
    project = new Project();
    project.edit(POLICY, 'max_increase: 5%', 'max_increase: 60%');
    expect((await project.judge()).report?.notices).toContainEqual(
      expect.stringMatching(
        /gate.yml:15: max_increase 60% of log_loss allows 0\.69\d*, which a model without skill has: such a model would pass/,
      ),
    );
  });
});
