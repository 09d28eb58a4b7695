/** `skewgate init`: what is written validates and runs, on towers of every kind that this project takes. */
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { externalBytes, lookupTower, onnx } from '../support/onnx.js';
import { Project } from '../support/project.js';
import { generator } from '../support/random.js';
import { choices, clicks, images, judged, OPTIONS, started, texts } from '../support/starter-projects.js';

const root = resolve(import.meta.dirname, '../..');

let project: Project;
afterEach(() => project.remove());

const written = (path: string) => parse(project.read(path));
const policy = () => written('gates/mine.yml');
const release = () => written('models/mine.yml');

describe('init tells by itself', () => {
  it('clicks: ids, label, weight, cluster, slices, a sigmoid; nothing is asked, and the verdict is ready', async () => {
    project = new Project(clicks());
    const { status, message, output } = await started(project, { ...OPTIONS.clicks, distances: '{0: 0.7, 1: 0.3}' });
    expect([status, message]).toEqual([0, '']);
    expect(policy().eval_set).toMatchObject({
      rows: '../eval/rows.csv',
      columns: { query: 'request', item: 'item', label: 'clicked', weight: 'weight', cluster: 'user' },
      slices: ['tier', 'source'],
      candidates: 'logged',
    });
    expect(policy().production).toEqual({ mix: 'per_item', distances: { 0: 0.7, 1: 0.3 } });
    expect(policy().checks['version-skew'].sweep).toEqual({ from: -1, to: 2 });
    expect(
      policy().checks['version-skew'].require.map(({ metric, at, slices }: Record<string, unknown>) => [
        metric,
        at,
        slices,
      ]),
    ).toEqual([
      ['normalized_entropy', 'production', ['all', 'tier', 'source']],
      ['calibration_shift', 'production', ['all', 'tier', 'source']],
      ['roc_auc', 'production', undefined],
    ]);
    expect(release()).toMatchObject({
      live: 'v3',
      versions: ['v3', 'v2', 'v1'],
      score: { similarity: 'dot', link: 'sigmoid', scale: 1, bias: 0 },
    });
    expect(release().item_tower).not.toHaveProperty('inputs');
    expect(output).toMatch(
      /link +\{link: sigmoid, scale: 1, bias: 0\}: scores are logits: through a sigmoid they predict 0\.\d+ on average where 0\.\d+/,
    );
    const verdict = await judged(project);
    expect([verdict.status, verdict.message, verdict.report?.verdict]).toEqual([0, '', 'ready']);
  });

  it('tokens: lists with their mask, a constant, the output, grades, the catalogue', async () => {
    project = new Project(texts());
    const { status, message, output } = await started(project, OPTIONS.texts);
    expect([status, message]).toEqual([0, '']);
    expect(policy().eval_set).toMatchObject({
      grades: 3,
      candidates: 'full',
      columns: { query: 'query_id', item: 'doc_id', label: 'relevance' },
    });
    expect(release().versions).toEqual(['v11', 'v10', 'v9']);
    for (const side of ['query_tower', 'item_tower']) expect(release()[side].output).toBe('sentence_embedding');
    expect(release().item_tower.inputs).toEqual({
      input_ids: { column: 'input_ids', pad: 0, mask: 'attention_mask' },
      token_type_ids: { constant: 0 },
    });
    // All queries have two tokens: the mask is needed all the same.
    expect(release().query_tower.inputs.input_ids).toEqual({ column: 'input_ids', pad: 0, mask: 'attention_mask' });
    expect(release().score).toMatchObject({ similarity: 'dot', link: 'identity' });
    expect(output).toContain('from the template text-retrieval');
    const verdict = await judged(project);
    expect([verdict.message, verdict.report?.checks[0]?.findings.length]).toEqual(['', 8]);
  });

  it('a graph that fixes its batch and the length of its lists', async () => {
    project = new Project(texts({ batch: 8, length: 5 }));
    const { status, message, output } = await started(project, OPTIONS.texts);
    expect([status, message]).toEqual([0, '']);
    expect(release().item_tower.inputs.input_ids).toEqual({
      column: 'input_ids',
      pad: 0,
      length: 5,
      mask: 'attention_mask',
    });
    expect(output).toContain('Lists of "input_ids" are cut to 5, the length of input "input_ids".');
    expect((await judged(project)).message).toBe('');
  });

  it('checkpoints in folders of their version, with external data, where no folder of releases is yet', async () => {
    const { 'eval/rows.csv': rows = '' } = clicks();
    project = new Project({ 'eval/rows.csv': rows });
    const random = generator(17);
    for (const version of ['2026-05-01', '2026-05-02'])
      for (const [side, count] of [
        ['query', 180],
        ['item', 50],
      ] as const) {
        const tower = lookupTower(
          Array.from({ length: count }, () => [random.normal(), random.normal()]),
          `${side}_index`,
        );
        const initializers = tower.initializers?.map((one) => ({ ...one, external: 'model.onnx.data' })) ?? [];
        project.write(`ckpt/${side}/${version}/model.onnx`, onnx({ ...tower, initializers }));
        project.write(`ckpt/${side}/${version}/model.onnx.data`, externalBytes(initializers[0]!));
      }
    const towers = { 'query-tower': 'ckpt/query/{version}/model.onnx', 'item-tower': 'ckpt/item/{version}/model.onnx' };
    const { status, message } = await started(project, { rows: 'eval/rows.csv', ...towers, link: 'sigmoid' });
    expect([status, message]).toEqual([0, '']);
    expect(release().versions).toEqual(['2026-05-02', '2026-05-01']);
    expect((await judged(project)).message).toBe('');
  });

  it('late interaction, by outputs of a vector for every token', async () => {
    project = new Project(texts({ each: true }));
    const { status, message, output } = await started(project, OPTIONS.texts);
    expect([status, message]).toEqual([0, '']);
    expect(release().score).toMatchObject({ similarity: 'max_sim', link: 'identity' });
    expect(output).toContain('from the template late-interaction');
    expect((await judged(project)).message).toBe('');
  });

  it('cosine, by embeddings of length 1', async () => {
    project = new Project(images());
    const { status, message, output } = await started(project, OPTIONS.images);
    expect([status, message]).toEqual([0, '']);
    expect(release().score).toMatchObject({ similarity: 'cosine', link: 'identity' });
    expect(output).toMatch(/similarity +cosine: all embeddings that were tried have length 1/);
    expect(output).toContain('from the template image-text');
    const verdict = await judged(project);
    expect([verdict.message, verdict.report?.checks[0]?.findings.length]).toEqual(['', 8]);
  });

  it('a softmax, by one positive a query', async () => {
    project = new Project(choices());
    const { status, message, output } = await started(project, OPTIONS.choices);
    expect([status, message]).toEqual([0, '']);
    expect(release().score).toMatchObject({ similarity: 'dot', link: 'softmax' });
    expect(policy().eval_set.candidates).toBe('full');
    expect(output).toContain('recall@100 became recall@20, as a query has 60 candidates.');
    expect((await judged(project)).message).toBe('');
  });

  it('candidates that are sampled, by the same number of them for every positive; rankings then only warn', async () => {
    const rows = Array.from({ length: 80 }, (_, q) =>
      Array.from(
        { length: q % 2 === 0 ? 3 : 6 },
        (_, n) => `r${q},i${(q + n) % 50},${n < (q % 2) + 1 ? 1 : 0},${q},${(q + n) % 50}\n`,
      ),
    ).flat();
    project = new Project({
      ...clicks(),
      'eval/rows.csv': `request,item,clicked,query_index,item_index\n${rows.join('')}`,
    });
    const { status, message } = await started(project, { ...OPTIONS.clicks, from: 'retrieval', link: 'sigmoid' });
    expect(message).toMatch(
      /^the template retrieval, whose rules all rank, and candidates that seem to be sampled: every query has 3 rows to a positive/,
    );
    expect(status).toBe(2);
    const own = join(project.folder, 'gates/own.yml');
    project.write(
      'gates/own.yml',
      'policy: own\neval_set:\n  rows: x\n  sha256: {rows: "' +
        'a'.repeat(64) +
        '"}\n  columns: {query: q, item: i, label: y}\nchecks:\n  version-skew:\n    sweep: {from: 0, to: 2}\n    require:\n      - {metric: log_loss, max_increase: 5%}\n      - {metric: ndcg@10, max_decrease: 5%}\n',
    );
    expect((await started(project, { ...OPTIONS.clicks, from: own, link: 'sigmoid' })).message).toBe('');
    expect(policy().eval_set.candidates).toBe('sampled');
    expect(policy().checks['version-skew'].require[1]).toEqual({
      metric: 'ndcg@10',
      max_decrease: '5%',
      at: 'each',
      level: 'warn',
    });
  });
});

describe('init guesses with --yes, and says so', () => {
  it('the example: vectors of several columns in the order of the table, scale and bias', async () => {
    project = new Project({});
    for (const part of ['checkpoints/warm', 'eval'])
      cpSync(join(root, 'examples/online-retail', part), join(project.folder, part), { recursive: true });
    const files = {
      rows: 'eval/rows.parquet',
      queries: 'eval/queries.parquet',
      items: 'eval/items.parquet',
      'query-tower': 'checkpoints/warm/query/{version}.onnx',
      'item-tower': 'checkpoints/warm/item/{version}.onnx',
    };
    const alone = await started(project, files);
    expect(alone.status).toBe(2);
    expect(alone.message.split('\n').map((line) => line.split(' that cannot be told')[0])).toEqual([
      'query tower input "dense"',
      'item tower input "dense"',
      'link',
    ]);
    expect(existsSync(join(project.folder, 'gates'))).toBe(false);
    const { status, message, output } = await started(project, { ...files, yes: true });
    expect([status, message]).toEqual([0, '']);
    const own = parse(project.read('models/mine.yml'));
    const trained = parse(readExample('release.warm.yml'));
    // The order of the table is that of the training here, which --yes cannot know and says.
    for (const side of ['query_tower', 'item_tower'])
      expect(own[side].inputs.dense).toEqual(trained[side].inputs.dense);
    expect(own.query_tower.inputs.history).toEqual({ column: 'recent_products', pad: 0, mask: 'history_mask' });
    expect(own.query_tower.sha256).toEqual(trained.query_tower.sha256);
    expect(output).toMatch(/Guessed \(--yes\): check these\n.*"dense" +\[recency_days/);
    expect(output).toMatch(
      /On a sample of [34],\d{3} of 52,615 rows \(whole queries\) the live towers have an AUC of 0\.\d+\./,
    );
    expect(own.score.scale).toBeCloseTo(trained.score.scale.v43, 1);
    expect(own.score.bias).toBeCloseTo(trained.score.bias.v43, 0);
    expect((await judged(project)).message).toBe('');
  });

  it('takes the commands of its own refusal', async () => {
    project = new Project(choices());
    const rows = project
      .read('eval/rows.jsonl')
      .replaceAll('"query_index"', '"someone"')
      .replaceAll('}\n', ',"other":2}\n');
    project.write('eval/rows.jsonl', rows);
    const { message } = await started(project, OPTIONS.choices);
    const [, inputs] = /Add: --query-inputs '([^']+)'/.exec(message) ?? [];
    expect(message.split('\n')).toHaveLength(1);
    expect(inputs).toBe('{query_index: someone}');
    expect((await started(project, { ...OPTIONS.choices, 'query-inputs': inputs! })).message).toBe('');
    expect(release().query_tower.inputs).toEqual({ query_index: 'someone' });
  });
});

describe('init on whole projects of the oracle', () => {
  const golden = join(root, '__tests__/golden');
  const cases = readdirSync(golden, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  it.each(cases)('%s: what --yes writes runs, and feeds the inputs as its own release does', async (name) => {
    project = new Project({});
    cpSync(join(golden, name), project.folder, { recursive: true });
    const table = (what: string) => readdirSync(join(project.folder, 'eval')).find((file) => file.startsWith(what));
    const [queries, items] = [table('queries'), table('items')];
    const vectors = !existsSync(join(project.folder, 'checkpoints/item'));
    const { message } = await started(project, {
      rows: `eval/${table('rows')}`,
      ...(queries ? { queries: `eval/${queries}` } : {}),
      ...(items ? { items: `eval/${items}` } : {}),
      'query-tower': 'checkpoints/query/{version}.onnx',
      'item-tower': vectors ? 'item/{version}.parquet' : 'checkpoints/item/{version}.onnx',
      yes: true,
    });
    expect(message).toBe('');
    const [own, expected] = [release(), written('release.yml')];
    for (const side of ['query_tower', 'item_tower']) {
      expect(own[side].inputs ?? {}).toEqual(expected[side].inputs ?? {});
      if (expected[side].output !== undefined) expect(own[side].output).toBe(expected[side].output);
    }
    expect(own.live).toBe(expected.live);
    const { columns } = written('policy.yml').eval_set;
    expect(policy().eval_set.columns).toMatchObject({ query: columns.query, item: columns.item, label: columns.label });
    const { status, message: said } = await judged(project);
    expect(said).toBe('');
    expect([0, 1]).toContain(status);
  });
});

function readExample(path: string): string {
  const copy = new Project({});
  cpSync(join(root, 'examples/online-retail', path), join(copy.folder, path));
  const text = copy.read(path);
  copy.remove();
  return text;
}
