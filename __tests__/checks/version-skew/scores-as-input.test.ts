/** A release by columns of scores is judged as the same release by its towers, but for drift. */
import { cpSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { reasonOf } from '../../../src/checks/reason-words.js';
import { Workspace } from '../../../src/data/artefacts/files.js';
import { openRelease } from '../../../src/documents/release/read-head.js';
import { renderHtml } from '../../../src/report/html.js';
import { renderSummary } from '../../../src/report/summary.js';
import { renderText } from '../../../src/report/text.js';
import { viewOf } from '../../../src/report/view/view.js';
import { digest, Project } from '../../support/project.js';
import { addColumns, byScores, repinRows, similarities, withColumns } from '../../support/scored-columns.js';
import { sweepOf } from '../../support/sweep-report.js';

let project: Project;
afterEach(() => project?.remove());

const POLICY = 'gates/gate.yml';
const MODEL = 'models/release.yml';
const SERVING = 'models/production.yml';

/** Everything that is said of the cells; what is said of drift, and the notices, are left out. */
async function figures() {
  const { report, message, status } = await project.judge();
  expect(message).toBe('');
  const { drift, withoutDrift, notices, remedies, ...sweep } = sweepOf(report);
  const { repair, ...rest } = remedies;
  const { verdict, evalSet } = report!;
  return {
    cells: { ...sweep, remedies: rest, status, verdict, counts: { ...evalSet, sha256: {} } },
    drift,
    withoutDrift,
    report: report!,
  };
}

/** The rows with the scores of the release's towers, and the release by these columns. */
async function scored(): Promise<void> {
  const columns = await similarities(project.folder, POLICY, MODEL);
  project.rows(withColumns(project.read('eval/rows.csv'), columns));
  project.write(MODEL, byScores(project.read(MODEL)));
}

describe('the real example by scores', () => {
  const example = resolve('examples/online-retail');

  it('is judged as by its towers, cell by cell, beside the family that serves today', async () => {
    project = new Project({
      [POLICY]: readFileSync(join(example, 'policy.yml')),
      [MODEL]: readFileSync(join(example, 'release.scratch.yml')),
      [SERVING]: readFileSync(join(example, 'release.warm.yml')),
    });
    cpSync(join(example, 'eval'), join(project.folder, 'gates/eval'), { recursive: true });
    cpSync(join(example, 'checkpoints'), join(project.folder, 'models/checkpoints'), { recursive: true });
    // Fewer old versions than the example sweeps.
    project.edit(MODEL, 'release.warm.yml', 'production.yml').edit(POLICY, 'to: 5}', 'to: 3}');
    const byTowers = await figures();
    expect(byTowers.drift.length).toBeGreaterThan(0);

    const { folder } = project;
    const columns = new Map([
      ...(await similarities(folder, POLICY, MODEL, 's_')),
      ...(await similarities(folder, POLICY, SERVING, 'w_')),
    ]);
    const pin = /rows: ([0-9a-f]{64})/.exec(project.read(POLICY))![1]!;
    await addColumns(join(folder, 'gates/eval/rows.parquet'), columns);
    repinRows(folder, POLICY, pin, 'eval/rows.parquet');
    project.write(MODEL, byScores(project.read(MODEL), 's_'));
    project.write(SERVING, byScores(project.read(SERVING), 'w_'));
    const byColumns = await figures();

    expect(byColumns.cells).toEqual(byTowers.cells);
    expect(byColumns.cells.compared?.curve.length).toBeGreaterThan(100);
    expect(byColumns.drift).toEqual([]);
    expect(byColumns.withoutDrift).toMatch(/scores/);
    expect(byColumns.report.release.checkpoints).toEqual([]);
    expect(byColumns.report.release.scores).toMatchObject({ column: 's_score_{version}' });
  }, 120_000);
});

describe('a release by scores', () => {
  const ranking = `      - {metric: ndcg@5, max_decrease: 5%, at: production}
      - {metric: gauc, max_decrease: 5%, at: each}
      - {metric: roc_auc, min: 0.6, at: [0]}
      - {metric: ece, max_change: 0.05, at: production}
      - {metric: average_precision, max_decrease: 5%, at: production, slices: [tier*source]}
`;
  const cases: readonly (readonly [string, () => unknown])[] = [
    ['as it is', () => project],
    ['with a mixed index by item', () => project.edit(POLICY, 'mix: per_request', 'mix: per_item')],
    ['with a mixed index by shard', () => project.edit(POLICY, 'mix: per_request', 'mix: per_shard\n  shards: 4')],
    ['with a softmax', () => project.edit(MODEL, 'link: sigmoid', 'link: softmax, scale: {v3: 2, v2: 1.9, v1: 2.1}')],
    [
      'with a scale and a bias by version',
      () => project.edit(MODEL, 'link: sigmoid', 'link: sigmoid, scale: {v3: 1, v2: 0.9, v1: 1.1}, bias: -0.1'),
    ],
    ['with a model that is frozen', () => project.write('models/item/v2.onnx', project.bytes('models/item/v3.onnx'))],
  ];

  it.each(cases)('is judged as by its towers: %s', async (title, edit) => {
    project = new Project();
    project.edit(POLICY, '      - metric: calibration_shift', `${ranking}      - metric: calibration_shift`);
    edit();
    const byTowers = await figures();
    await scored();
    const byColumns = await figures();
    const reasons = ({ cells }: typeof byTowers) => cells.findings.map(({ reason }) => reason?.kind);
    expect(reasons(byColumns)).toEqual(reasons(byTowers));
    const judged = ({ cells }: typeof byTowers) => ({
      ...cells,
      // The reason of identical versions names files there and columns here.
      findings: cells.findings.map(({ reason, ...finding }) => finding),
    });
    expect(judged(byColumns)).toEqual(judged(byTowers));
    const frozen = byColumns.cells.findings.filter(({ reason }) => reason?.kind === 'identical_versions').map(reasonOf);
    expect(frozen.length > 0).toBe(title.includes('frozen'));
    for (const reason of frozen) expect(reason).toMatch(/^v2 and v3 score alike \(score_v2, score_v3\)/);
    expect(byColumns.drift).toEqual([]);
  });

  it('stands beside a family that has towers, on the same rows', async () => {
    project = new Project();
    project.write(SERVING, project.read(MODEL).replace('test-model', 'serving'));
    project.edit(MODEL, 'score:', 'compare_with: production.yml\nscore:');
    const byTowers = await figures();
    await scored();
    const byColumns = await figures();
    expect(byColumns.cells.compared?.curve.length).toBeGreaterThan(10);
    expect(byColumns.cells).toEqual(byTowers.cells);
  });

  it('says in every rendering what stands in the place of drift and of checkpoints', async () => {
    project = new Project();
    project.edit(POLICY, 'max_increase: 5%', 'max_increase: 0.0001%');
    await scored();
    const { report } = await figures();
    expect(report.verdict).not.toBe('ready');
    const view = viewOf(report);
    for (const rendered of [renderText(view), renderSummary(view), renderHtml(view)])
      expect(rendered.replace(/\s+/g, ' ')).toMatch(
        /[Dd]rift is not measured, as the release gives scores and no item vectors/,
      );
    expect(renderHtml(view)).toMatch(/score_\{version\}/);
  });

  it('needs no aligned columns: the change is then not split', async () => {
    project = new Project();
    await scored();
    project.edit(MODEL, "  aligned: 'aligned_{version}'\n", '');
    const { cells, report } = await figures();
    expect(cells.curve.filter(({ distance }) => distance !== 0).map(({ stale }) => stale)).toEqual(
      cells.curve.filter(({ distance }) => distance !== 0).map(() => null),
    );
    expect(report.notices.join('\n')).not.toMatch(/not split/);
  });
});

describe('examples/scores', () => {
  const example = resolve('examples/scores');
  const retail = resolve('examples/online-retail');

  it('is ready, and its scores are those of the towers that its script ran', async () => {
    const release = readFileSync(join(example, 'release.yml'), 'utf8');
    project = new Project({ [POLICY]: readFileSync(join(example, 'policy.yml')), [MODEL]: release });
    cpSync(join(example, 'eval'), join(project.folder, 'gates/eval'), { recursive: true });
    const byColumns = await figures();
    expect(byColumns.report.verdict).toBe('ready');
    expect(byColumns.report.checks[0]!.findings).toHaveLength(20);

    cpSync(join(retail, 'checkpoints/warm'), join(project.folder, 'models/checkpoints/warm'), { recursive: true });
    const pins: string[] = [];
    for (const side of ['queries', 'items']) {
      const file = readFileSync(join(retail, `eval/${side}.parquet`));
      project.write(`gates/eval/${side}.parquet`, file);
      pins.push(`${side}: ${digest(file)}`);
    }
    project
      .edit(
        POLICY,
        '  rows: eval/rows.parquet',
        '  rows: eval/rows.parquet\n  queries: eval/queries.parquet\n  items: eval/items.parquet',
      )
      .edit(POLICY, 'sha256: {', `sha256: {${pins.join(', ')}, `)
      .edit(POLICY, 'require_pins: true', 'require_pins: false');
    const towers = /^query_tower:(.|\n)*?(?=^score:)/m.exec(readFileSync(join(retail, 'release.warm.yml'), 'utf8'))![0];
    const pinned = towers.replace(/^ {4}v(37|38|39): [0-9a-f]{64}\n/gm, '');
    project.write(MODEL, `${release.replace(/^scores:(.|\n)*?(?=^score:)/m, '')}${pinned}`);
    const byTowers = await figures();
    const values = ({ cells }: typeof byTowers) => cells.curve.map(({ value }) => value);
    expect(values(byTowers)).toHaveLength(values(byColumns).length);
    for (const [i, value] of values(byTowers).entries()) expect(values(byColumns)[i]).toBeCloseTo(value, 5);
  }, 60_000);
});

it('is written as docs/scores.md shows it', () => {
  const page = readFileSync(resolve('docs/scores.md'), 'utf8');
  const text = /```yaml\n((.|\n)*?)```/.exec(page)![1]!;
  project = new Project({ [MODEL]: text });
  const source = openRelease(join(project.folder, MODEL), new Workspace(project.folder));
  expect(source.problems.problems).toEqual([]);
});
