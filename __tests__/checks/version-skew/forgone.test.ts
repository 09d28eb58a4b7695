/** The price of not promoting, beside a failure that is age alone, against means that are written out here. */
import { afterEach, expect, test } from 'vitest';
import type { Forgone } from '../../../src/checks/remedies.js';
import { renderJson } from '../../../src/report/json.js';
import { PLAIN } from '../../../src/report/paint.js';
import { readReport } from '../../../src/report/read-json.js';
import { renderSummary } from '../../../src/report/summary.js';
import { renderText } from '../../../src/report/text.js';
import { viewOf } from '../../../src/report/view/view.js';
import { lookupTower, onnx } from '../../support/onnx.js';
import { digest, type Files, goodFiles, Project } from '../../support/project.js';
import { generator } from '../../support/random.js';

const [QUERIES, ITEMS, SHOWN] = [240, 60, 20];
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, d) => sum + x * b[d]!, 0);

/** Labels follow the newest items. Queries stand still, so that an older index is old, and fits them all the same. */
function world() {
  const random = generator(53);
  const vectors = (count: number) =>
    Array.from({ length: count }, () => Array.from({ length: 4 }, () => Math.fround(random.normal())));
  const [queries, live] = [vectors(QUERIES), vectors(ITEMS)];
  const moved = (by: number) => live.map((v) => v.map((x) => Math.fround(x + by * random.normal())));
  const own = [live, moved(0.5), moved(0.5)];
  /** The family that serves today knows less, and ages alike. */
  const today = [moved(0.8), moved(1), moved(1)];
  const rows = Array.from({ length: QUERIES * SHOWN }, (_, n) => {
    const [query, item] = [Math.floor(n / SHOWN), (Math.floor(n / SHOWN) * 7 + (n % SHOWN) * 3) % ITEMS];
    const label = random.uniform() < 1 / (1 + Math.exp(-dot(queries[query]!, live[item]!))) ? 1 : 0;
    return { query, item, label };
  });
  const logLoss = (items: readonly (readonly number[])[]) =>
    rows.reduce((sum, { query, item, label }) => {
      const p = 1 / (1 + Math.exp(-dot(queries[query]!, items[item]!)));
      return sum - Math.log(label === 1 ? p : 1 - p);
    }, 0) / rows.length;
  return { queries, own, today, rows, logLoss };
}

const { queries, own, today, rows, logLoss } = world();

function files(compare: boolean): Files {
  const made: Files = { ...goodFiles() };
  const lines = rows.map(
    ({ query, item, label }) => `r${query},i${item},${label},1,u${query},small,feed,${query},${item}`,
  );
  const table = `request,item,clicked,weight,user,tier,source,query_index,item_index\n${lines.join('\n')}\n`;
  for (const [behind, version] of ['v3', 'v2', 'v1'].entries()) {
    made[`models/query/${version}.onnx`] = onnx(lookupTower(queries, 'query_index'));
    made[`models/item/${version}.onnx`] = onnx(lookupTower(own[behind]!, 'item_index'));
    made[`models/today/query/${version}.onnx`] = made[`models/query/${version}.onnx`]!;
    made[`models/today/item/${version}.onnx`] = onnx(lookupTower(today[behind]!, 'item_index'));
  }
  made['eval/rows.csv'] = table;
  made['gates/gate.yml'] = `policy: test-gate
eval_set:
  rows: ../eval/rows.csv
  sha256: {rows: ${digest(table)}}
  columns: {query: request, item: item, label: clicked, cluster: user}
production: {mix: per_request, distances: {1: 1}}
checks:
  version-skew:
    sweep: {from: 0, to: 2}
    allow_identical_versions: true
    require:
      - {metric: log_loss, max_increase: 1%, at: production}
`;
  const release = String(made['models/release.yml']);
  if (compare) {
    made['models/today.yml'] = release.replace('test-model', 'today-model').replaceAll('onnx: ', 'onnx: today/');
    made['models/release.yml'] = `${release}compare_with: today.yml\n`;
  }
  return made;
}

let project: Project;
afterEach(() => project.remove());

async function forgone(compare: boolean) {
  project = new Project(files(compare));
  const { report, message } = await project.judge();
  expect(message).toBe('');
  const [first] = report!.recommendation.options;
  return { report: report!, first: first!, forgone: first!.forgone! };
}

function expectChange({ change, lower, upper }: Forgone['there'], now: number, before: number): void {
  expect(change).toBeCloseTo(now / before - 1, 9);
  expect(lower).toBeLessThanOrEqual(change);
  expect(upper).toBeGreaterThanOrEqual(change);
}

test('over the version before it, where no family is named', async () => {
  const { first, forgone: price } = await forgone(false);
  expect([price.over, price.metric, price.at, price.unit]).toEqual([
    { version: 'v2' },
    'log_loss',
    'production',
    'relative',
  ]);
  // Queries stand still: the candidate with the index of v2 is v2.
  expect(price.there).toEqual({ change: 0, lower: 0, upper: 0 });
  expectChange(price.aligned, logLoss(own[0]!), logLoss(own[1]!));
  expect(first.action).toBe('serving_change');
  expect(first.why).toMatch(
    /100 % of the change in log_loss at production is age, not incompatibility.*; not promoting costs what a younger index would win: over v2 with its own index, log_loss on all rows changes by 0\.00 % \[.*\] at production, and by −[\d.]+ % \[−[\d.]+ %, −[\d.]+ %\] with an index of its own/,
  );
});

test('over the family that serves today, under the same distances', async () => {
  const { first, forgone: price, report } = await forgone(true);
  expect(price.over).toEqual({ release: 'today-model', version: 'v3' });
  expectChange(price.there, logLoss(own[1]!), logLoss(today[1]!));
  expectChange(price.aligned, logLoss(own[0]!), logLoss(today[0]!));
  expect(price.there.upper).toBeLessThan(0);
  const words =
    'not promoting has its price too: over today-model v3, which serves today, log_loss on all rows changes by';
  expect(first.why).toContain(words);
  expect(report.recommendation.why).toContain(words);
  const view = viewOf(report);
  expect(renderText(view, PLAIN)).toContain(words);
  expect(renderSummary(view).replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))).toContain(words);
  const json = renderJson(report);
  expect(renderJson(readReport(json))).toBe(json);
});

test('with an index one version older, where the policy declares no production', async () => {
  project = new Project(files(true));
  project
    .edit('gates/gate.yml', 'production: {mix: per_request, distances: {1: 1}}\n', '')
    .edit('gates/gate.yml', 'at: production', 'at: [2]');
  const { report } = await project.judge();
  const price = report!.recommendation.options[0]!.forgone!;
  expect(price.at).toBe(1);
  expectChange(price.there, logLoss(own[1]!), logLoss(today[1]!));
});

test('is not said where the failure is incompatibility', async () => {
  project = new Project(files(false));
  const turned = queries.map(([a, b, c, d]) => [-b!, a!, -d!, c!]);
  const items = own[0]!.map(([a, b, c, d]) => [-b!, a!, -d!, c!]);
  project.write('models/query/v2.onnx', onnx(lookupTower(turned, 'query_index')));
  project.write('models/item/v2.onnx', onnx(lookupTower(items, 'item_index')));
  const { report } = await project.judge();
  expect(report!.verdict).toBe('not_ready');
  expect(report!.recommendation.options.some((option) => option.forgone)).toBe(false);
  expect(renderJson(report!)).not.toContain('forgone');
});
