/** The queries and items that lose most, against sums over the rows that are written out here. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { run } from '../../../src/commands/run.js';
import { KeepingHost } from '../../support/host.js';
import { lookupTower, onnx } from '../../support/onnx.js';
import { digest, type Files, goodFiles, Project } from '../../support/project.js';
import { generator } from '../../support/random.js';

const [QUERIES, ITEMS, SHOWN] = [120, 60, 12];

interface Row {
  readonly query: number;
  readonly item: number;
  readonly label: number;
  readonly weight: number;
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, d) => sum + x * b[d]!, 0);

/** Versions of the items that differ by much, rows of unequal weights, ids that are found nowhere else. */
function world() {
  const random = generator(31);
  const vectors = (count: number) =>
    Array.from({ length: count }, () => Array.from({ length: 4 }, () => Math.fround(random.normal())));
  const [queries, live] = [vectors(QUERIES), vectors(ITEMS)];
  const moved = (by: number) => live.map((v) => v.map((x) => Math.fround(x + by * random.normal())));
  const items = [live, moved(0.4), moved(0.8)];
  const rows: Row[] = [];
  for (let query = 0; query < QUERIES; query++)
    for (let n = 0; n < SHOWN; n++) {
      const item = (query * 7 + n * 5) % ITEMS;
      const label = random.uniform() < 1 / (1 + Math.exp(-dot(queries[query]!, live[item]!))) ? 1 : 0;
      rows.push({ query, item, label, weight: 1 + ((query + n) % 3) });
    }
  return { queries, items, rows };
}

const { queries, items, rows } = world();
const score = ({ query, item }: Row, behind: number) => dot(queries[query]!, items[behind]![item]!);

function files(rules: string, more = ''): Files {
  const made: Files = { ...goodFiles() };
  const lines = rows.map(
    ({ query, item, label, weight }, n) =>
      `person-${query},thing-${item},${label},${weight},u${query},${n % 2 === 0 ? 'small' : 'large'},feed,${query},${item}`,
  );
  const table = `request,item,clicked,weight,user,tier,source,query_index,item_index\n${lines.join('\n')}\n`;
  for (const [behind, version] of ['v3', 'v2', 'v1'].entries()) {
    made[`models/query/${version}.onnx`] = onnx(lookupTower(queries, 'query_index'));
    made[`models/item/${version}.onnx`] = onnx(lookupTower(items[behind]!, 'item_index'));
  }
  made['eval/rows.csv'] = table;
  made['gates/gate.yml'] = `policy: test-gate
eval_set:
  rows: ../eval/rows.csv
  sha256: {rows: ${digest(table)}}
  columns: {query: request, item: item, label: clicked, weight: weight, cluster: user}
  slices: [tier]
${more}checks:
  version-skew:
    sweep: {from: 0, to: 2}
    allow_identical_versions: true
    list_losing: 10
    require:
${rules}`;
  return made;
}

const LOG_LOSS = '      - {metric: log_loss, max_increase: 5%, at: [1]}\n';
const NDCG = '      - {metric: ndcg@5, max_decrease: 5%, at: [1]}\n';
const BY_TIER =
  'production:\n  mix: per_request\n  distances: {by: tier, slices: {small: {0: 0.5, 1: 0.5}, large: {1: 0.25, 2: 0.75}}}\n';

let project: Project;
afterEach(() => project.remove());

async function listed(rules: string, more?: string) {
  project = new Project(files(rules, more));
  const host = new KeepingHost(project.folder);
  const file = (path: string) => join(project.folder, path);
  const out = file('out');
  await run.run({ policy: file('gates/gate.yml'), release: file('models/release.yml'), out }, host);
  expect(host.message).toBe('');
  const read = (name: string) =>
    readFileSync(join(out, name), 'utf8')
      .trim()
      .split('\r\n')
      .slice(1)
      .map((line) => line.split(','));
  return { queries: read('losing-queries.csv'), items: read('losing-items.csv'), out, report: host.report! };
}

/** Mass of distances 0, 1, 2 that a row sees. */
type MassOf = (n: number) => readonly number[];

/** Rows of the table, from what each row weighs, its value at every distance, and the masses that it sees. */
function expected(
  id: (row: Row) => string,
  weight: (row: Row, n: number) => number,
  value: (row: Row, n: number, behind: number) => number,
  massOf: MassOf,
  sign: 1 | -1,
) {
  const sums = new Map<string, { rows: number; weight: number; zero: number; there: number }>();
  let total = 0;
  for (const [n, row] of rows.entries()) {
    const w = weight(row, n);
    if (w === 0) continue;
    const own = sums.get(id(row)) ?? { rows: 0, weight: 0, zero: 0, there: 0 };
    const zero = w * value(row, n, 0);
    const there = massOf(n).reduce((sum, mass, behind) => sum + mass * w * value(row, n, behind), 0);
    total += there - zero;
    sums.set(id(row), {
      rows: own.rows + 1,
      weight: own.weight + w,
      zero: own.zero + zero,
      there: own.there + there,
    });
  }
  return [...sums]
    .map(([name, { zero, there, ...own }]) => ({
      name,
      rows: own.rows,
      zero: zero / own.weight,
      there: there / own.weight,
      share: (there - zero) / total,
      lost: sign * (there - zero),
    }))
    .sort((a, b) => b.lost - a.lost)
    .slice(0, 10);
}

function expectTable(table: readonly string[][], wanted: ReturnType<typeof expected>, metric: string, at: string) {
  expect(table.map(([id]) => id)).toEqual(wanted.map(({ name }) => `"${name}"`));
  for (const [i, cells] of table.entries()) {
    const { rows: count, zero, there, share } = wanted[i]!;
    expect(cells.slice(1, 4)).toEqual([String(count), metric, at]);
    for (const [c, figure] of [zero, there, there - zero, share].entries())
      expect(Number(cells[4 + c])).toBeCloseTo(figure, 8);
  }
}

const queryId = ({ query }: Row) => `person-${query}`;
const itemId = ({ item }: Row) => `thing-${item}`;

describe('by log loss', () => {
  const logLoss = (row: Row, _: number, behind: number) => {
    const p = 1 / (1 + Math.exp(-score(row, behind)));
    return row.label === 1 ? -Math.log(p) : -Math.log(1 - p);
  };
  const weight = ({ weight: w }: Row) => w;

  test('in production, each row by the histogram of its own slice', async () => {
    const { queries: q, items: i } = await listed(LOG_LOSS, BY_TIER);
    const massOf: MassOf = (n) => (n % 2 === 0 ? [0.5, 0.5, 0] : [0, 0.25, 0.75]);
    expectTable(q, expected(queryId, weight, logLoss, massOf, 1), 'log_loss', 'production');
    expectTable(i, expected(itemId, weight, logLoss, massOf, 1), 'log_loss', 'production');
  });

  test('at the worst distance where the policy declares no production', async () => {
    const { items: i } = await listed(LOG_LOSS);
    expectTable(
      i,
      expected(itemId, weight, logLoss, () => [0, 0, 1], 1),
      'log_loss',
      '2',
    );
  });
});

test('by a ranking metric, each query over its relevant rows', async () => {
  const { queries: q, items: i } = await listed(NDCG, BY_TIER.replace(/\{by.*/, '{0: 0.4, 1: 0.6}'));
  const own = (query: number) => rows.filter((row) => row.query === query);
  const ideal = (count: number) =>
    Array.from({ length: Math.min(count, 5) }, (_, n) => 1 / Math.log2(n + 2)).reduce((a, b) => a + b, 0);
  const relevant = (query: number) => own(query).filter(({ label }) => label === 1).length;
  const gain = (row: Row, behind: number) => {
    const rank = own(row.query).filter((other) => score(other, behind) > score(row, behind)).length;
    return rank < 5 ? 1 / Math.log2(rank + 2) : 0;
  };
  // The share of a relevant row is its part of the query; of a query they sum to 1.
  const share = ({ query, label }: Row) => (label === 1 ? 1 / relevant(query) : 0);
  const value = (row: Row, _: number, behind: number) =>
    (gain(row, behind) / ideal(relevant(row.query))) * relevant(row.query);
  const wanted = expected(queryId, share, value, () => [0.4, 0.6, 0], -1);
  expectTable(q, wanted, 'ndcg@5', 'production');
  expect(i).toHaveLength(10);
});

test('ids stand in the two lists alone, and the notice says where', async () => {
  const { out, report } = await listed(LOG_LOSS, BY_TIER);
  for (const name of readdirSync(out).filter((one) => !one.startsWith('losing-')))
    expect(readFileSync(join(out, name), 'utf8')).not.toMatch(/person-\d|thing-\d/);
  expect(report.notices.join()).toMatch(
    /losing-queries\.csv lists the 10 queries of 120 that lose most in log_loss, \d+ % of the loss on all rows, losing-items\.csv the 10 items of 60/,
  );
});

test('without the key there are none, and those of an earlier run are gone', async () => {
  const { out } = await listed(LOG_LOSS, BY_TIER);
  project.edit('gates/gate.yml', '    list_losing: 10\n', '');
  const host = new KeepingHost(project.folder);
  const file = (path: string) => join(project.folder, path);
  await run.run({ policy: file('gates/gate.yml'), release: file('models/release.yml'), out }, host);
  expect(existsSync(join(out, 'report.json'))).toBe(true);
  expect(readdirSync(out).filter((name) => name.startsWith('losing-'))).toEqual([]);
});
