/** A release by columns of scores is judged as the same release by its towers, but for drift. */
import { cpSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Project } from '../../support/project.js';
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
    project.edit(MODEL, 'release.warm.yml', 'production.yml');
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

  it.each(cases)('is judged as by its towers: %s', async (_title, edit) => {
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
    expect(byColumns.drift).toEqual([]);
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
