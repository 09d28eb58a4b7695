/** The ledger replayed by the run's own towers, against predictions that the test computes from the vectors in them. */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { validate } from '../../../src/commands/validate.js';
import { KeepingHost } from '../../support/host.js';
import { lookupTower, onnx } from '../../support/onnx.js';
import { Project, policyText, RELEASE } from '../../support/project.js';
import { byScores, similarities, withColumns } from '../../support/scored-columns.js';
import { Random } from '../../support/xoshiro.js';

let project: Project;
afterEach(() => project.remove());

const [QUERIES, ITEMS, SLATE] = [150, 90, 10];
type Vectors = readonly (readonly number[])[];
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, d) => sum + x * b[d]!, 0);
const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
const loss = (p: number, y: number) => -Math.log(y === 1 ? p : 1 - p);

/** Towers that look vectors up; the older item tower moved all items, and the index has it for odd ones. */
function world(seed: number) {
  const random = new Random(seed);
  const vectors = (count: number, sd: number): number[][] =>
    Array.from({ length: count }, () => Array.from({ length: 4 }, () => sd * random.normal()));
  const queries = vectors(QUERIES, 0.9);
  const live = vectors(ITEMS, 0.9);
  const older = live.map((vector) => vector.map((x) => x + 0.8 * random.normal()));
  const rows = Array.from({ length: QUERIES * SLATE }, (_, r) => {
    const [q, i] = [Math.floor(r / SLATE), (Math.floor(r / SLATE) * 7 + (r % SLATE) * 11) % ITEMS];
    const z = dot(queries[q]!, live[i]!);
    return { q, i, y: random.uniform() < sigmoid(z) ? 1 : 0, version: i % 2 === 1 ? 'v2' : 'v3', served: older[i]! };
  });
  return { queries, live, older, rows };
}

type World = ReturnType<typeof world>;
type Row = World['rows'][number];
const ideal = ({ queries, live }: World, { q, i }: Row) => sigmoid(dot(queries[q]!, live[i]!));
const indexed = ({ queries, live, older }: World, { q, i, version }: Row) =>
  sigmoid(dot(queries[q]!, (version === 'v2' ? older : live)[i]!));

const HYPOTHESES = '  feature-parity: {}\n  checkpoint-identity: {}\n';

/** A whole promotion with a ledger of the eval set's rows; cells by column. */
function replayed(made: World, columns: Record<string, (row: Row) => number | string>, release = ''): Project {
  const { queries, live, older, rows } = made;
  const evalRows = [
    'request,item,clicked,weight,user,tier,source,query_index,item_index',
    ...rows.map(({ q, i, y }) => `r${q},i${i},${y},1,u${q},${i % 3 === 0 ? 'small' : 'large'},feed,${q},${i}`),
  ].join('\n');
  const names = ['request_id', 'item_id', 'label', 'score_prod', ...Object.keys(columns)];
  const ledger = [
    names.join(','),
    ...rows.map((row) =>
      [`r${row.q}`, `i${row.i}`, row.y, 0.5, ...Object.values(columns).map((of) => of(row))].join(','),
    ),
  ].join('\n');
  const tower = (table: Vectors, input: string) =>
    onnx(
      lookupTower(
        table.map((v) => [...v]),
        input,
      ),
    );
  project = new Project({
    'eval/rows.csv': `${evalRows}\n`,
    'gates/gate.yml': `${policyText(`${evalRows}\n`)}${HYPOTHESES}`,
    'models/release.yml': `${RELEASE}evidence:\n  ledger: ledger.csv\n${release}`,
    'models/ledger.csv': `${ledger}\n`,
    ...Object.fromEntries(
      ['v3', 'v2', 'v1'].flatMap((version) => [
        [`models/query/${version}.onnx`, tower(queries, 'query_index')],
        [`models/item/${version}.onnx`, tower(version === 'v3' ? live : older, 'item_index')],
      ]),
    ),
  });
  return project;
}

async function diagnosed(own: Project) {
  const { report, message } = await own.judge();
  if (!report) throw new Error(message);
  const of = (id: string) => report.diagnosis!.hypotheses.find((h) => h.id === id)!;
  return { report, diagnosis: report.diagnosis!, of };
}

describe('a ledger with versions of items, beside a sweep', () => {
  const made = world(5);
  const whole = {
    s0: (row: Row) => ideal(made, row),
    s5: (row: Row) => indexed(made, row),
    item_version: (row: Row) => row.version,
  };

  it('is replayed by the towers, which find the skew alone', async () => {
    const { of, diagnosis } = await diagnosed(replayed(made, whole));
    const mean = (p: (row: Row) => number) =>
      made.rows.reduce((sum, row) => sum + loss(p(row), row.y), 0) / made.rows.length;
    const cost = mean((row) => indexed(made, row)) - mean((row) => ideal(made, row));
    expect(diagnosis.gap!.value).toBeCloseTo(cost, 10);
    const skew = of('version-skew');
    expect(skew.contribution).toBeCloseTo(cost, 5);
    expect(skew.verdict).toBe('sufficient');
    expect(skew.why).toMatch(
      /only_version_skew made by skewgate on 1,500 rows: the live query tower with the item tower of the version that each row names.* gives s0 \(to \d(\.\d+)?e[−-]\d+\)/,
    );
    expect(skew.why).toMatch(/by version of the item: .* it falls on v2/);
  });

  it('is replayed by the release’s scores as by its towers, and by no features of serving', async () => {
    replayed(made, whole);
    const { of: byTowers } = await diagnosed(project);
    const columns = await similarities(project.folder, 'gates/gate.yml', 'models/release.yml');
    project.rows(withColumns(project.read('eval/rows.csv'), columns));
    project.write('models/release.yml', byScores(project.read('models/release.yml')));
    const { of } = await diagnosed(project);
    const { why, ...skew } = of('version-skew');
    const { why: _, ...before } = byTowers('version-skew');
    expect(skew).toEqual(before);
    expect(why).toMatch(/only_version_skew made by skewgate on 1,500 rows: the scores of the live query version with/);
    project.edit(
      'models/release.yml',
      '  ledger: ledger.csv\n',
      '  ledger: ledger.csv\n  served_queries: served.csv\n',
    );
    project.write('models/served.csv', 'request,query_index\nr0,0\n');
    expect((await diagnosed(project)).of('version-skew').why).toMatch(
      /no replay by the scores: the release gives scores, which no features of serving \(served_queries\) turn into/,
    );
  });

  it('is not replayed where the towers do not give s0, which is said', async () => {
    const { of, diagnosis } = await diagnosed(
      replayed(made, { ...whole, s0: (row) => sigmoid(dot(made.queries[row.q]!, made.live[row.i]!) + 0.1) }),
    );
    expect(of('version-skew').why).toMatch(
      /no replay by the towers: the towers do not give s0: in 100 % of the rows their prediction is another, by up to 0\.0\d+ \(is s0 of this checkpoint/,
    );
    expect(diagnosis.residual!.value).not.toBe(0);
  });

  it.each<[string, Record<string, (row: Row) => number | string>, RegExp]>([
    [
      'rows that the eval set does not have',
      {},
      /0\.067 % of the ledger’s rows are no rows of the eval set, such as request "r0" and item "elsewhere"/,
    ],
    [
      'a version that is not swept',
      { item_version: (row: Row) => (row.i === 4 ? 'v0' : row.version) },
      /the ledger names item versions that the sweep does not score \(v0\): list them in the release’s versions/,
    ],
  ])('is not replayed with %s, which is said', async (_, columns, message) => {
    const own = replayed(made, { ...whole, ...columns });
    if (Object.keys(columns).length === 0)
      own.write('models/ledger.csv', own.read('models/ledger.csv').replace(/^r0,i\d+/m, 'r0,elsewhere'));
    expect((await diagnosed(own)).of('version-skew').why).toMatch(message);
    const host = new KeepingHost(own.folder);
    await validate.run(
      { policy: join(own.folder, 'gates/gate.yml'), release: join(own.folder, 'models/release.yml') },
      host,
    );
    expect(host.printed).toMatch(message);
  });

  it('keeps the replay that is given', async () => {
    const { of } = await diagnosed(replayed(made, { ...whole, s2: whole.s0, s3: whole.s5 }));
    expect(of('version-skew').why).not.toMatch(/made by skewgate/);
    expect(of('version-skew').verdict).toBe('sufficient');
  });
});

describe('a ledger beside the features that serving had', () => {
  const made = world(6);
  /** Serving reads the first query's features for every third request. */
  const servedIndex = (q: number) => (q % 3 === 0 ? 0 : q);
  const at = (row: Row, served: boolean, old: boolean) =>
    sigmoid(
      dot(
        made.queries[served ? servedIndex(row.q) : row.q]!,
        (old && row.version === 'v2' ? made.older : made.live)[row.i]!,
      ),
    );
  const columns = {
    s0: (row: Row) => at(row, false, false),
    s5: (row: Row) => at(row, true, true),
    item_version: (row: Row) => row.version,
  };
  const servedQueries = (drop = -1) =>
    `request,query_index\n${Array.from({ length: QUERIES }, (_, q) => `r${q},${servedIndex(q)}\n`)
      .filter((_, q) => q !== drop)
      .join('')}`;
  const TABLE = '  served_queries: served-queries.csv\n';
  const mean = (p: (row: Row) => number) =>
    made.rows.reduce((sum, row) => sum + loss(p(row), row.y), 0) / made.rows.length;

  it('has every state and toggle that the towers give, as computed from the vectors', async () => {
    const own = replayed(made, columns, TABLE).write('models/served-queries.csv', servedQueries());
    const { of, diagnosis } = await diagnosed(own);
    const value = (served: boolean, old: boolean) => mean((row) => at(row, served, old));
    const parity = of('feature-parity');
    expect(parity.contribution).toBeCloseTo(value(true, false) - value(false, false), 5);
    expect(parity.alone).toBeCloseTo(value(true, false) - value(false, false), 5);
    expect(parity.fix).toBeCloseTo(value(true, true) - value(false, true), 5);
    expect(parity.why).toMatch(
      /s2 made by skewgate on 1,500 rows: .*; with the features of serving \(served_queries\); s3 is s5 \(to .*\), so that each cause is switched on and off by itself/,
    );
    const skew = of('version-skew');
    expect(skew.contribution).toBeCloseTo(value(true, true) - value(true, false), 5);
    expect(skew.alone).toBeCloseTo(value(false, true) - value(false, false), 5);
    expect(skew.fix).toBeCloseTo(value(true, true) - value(true, false), 5);
    expect(skew.why).toMatch(/s2 and s3 made by skewgate/);
    expect(diagnosis.residual!.value).toBeCloseTo(0, 6);
    expect(parity.share! + skew.share!).toBeCloseTo(1, 5);
  });

  it('has no toggles where its last state is not what was served, which is said', async () => {
    const own = replayed(made, { ...columns, s5: (row) => (row.q % 4 === 0 ? 0.5 : at(row, true, true)) }, TABLE).write(
      'models/served-queries.csv',
      servedQueries(),
    );
    const { of } = await diagnosed(own);
    expect(of('feature-parity').fix).toBeNull();
    expect(of('feature-parity').contribution).not.toBeNull();
    expect(of('feature-parity').why).toMatch(/s3 is not s5 in 25 % of the rows: the rest is another checkpoint’s/);
  });

  it('has s4 at the precision of serving where the query tower alone is served by a file of its own', async () => {
    const coarse = made.queries.map((vector) => vector.map((x) => Math.round(2 * x) / 2));
    const low = (row: Row) =>
      sigmoid(dot(coarse[servedIndex(row.q)]!, (row.version === 'v2' ? made.older : made.live)[row.i]!));
    const own = replayed(made, { ...columns, s5: low }, TABLE)
      .write('models/served-queries.csv', servedQueries())
      .write('models/query-int8/v3.onnx', onnx(lookupTower(coarse, 'query_index')))
      .edit(
        'models/release.yml',
        '  onnx: query/{version}.onnx\n',
        '  onnx: query/{version}.onnx\n  served: {onnx: "query-int8/{version}.onnx"}\n',
      )
      .edit('gates/gate.yml', '  feature-parity: {}\n', '  feature-parity: {}\n  precision-parity: {}\n');
    const { of, diagnosis } = await diagnosed(own);
    const precision = of('precision-parity');
    expect(precision.contribution).toBeCloseTo(mean(low) - mean((row) => at(row, true, true)), 5);
    expect(precision.why).toMatch(/s4 made by skewgate .* s4 is s5 \(to /);
    expect(precision.alone).toBeCloseTo(
      mean((row) => sigmoid(dot(coarse[row.q]!, made.live[row.i]!))) - mean((row) => at(row, false, false)),
      5,
    );
    expect(diagnosis.residual!.value).toBeCloseTo(0, 6);
  });

  it('gives s2 alone where the ledger names no versions of items', async () => {
    const { item_version: _, ...rest } = columns;
    const own = replayed(made, { ...rest, s5: (row) => at(row, true, false) }, TABLE).write(
      'models/served-queries.csv',
      servedQueries(),
    );
    const { of } = await diagnosed(own);
    expect(of('feature-parity').verdict).toBe('sufficient');
    expect(of('feature-parity').why).toMatch(
      /; s2 is s5 \(to \d(\.\d+)?e[−-]\d+\); |; s2 is s5 \(to \d(\.\d+)?e[−-]\d+\)$/,
    );
    expect(of('feature-parity').fix).toBeNull();
    expect(of('version-skew').contribution).toBeNull();
  });

  it('is scored under a softmax over all rows of a request, those that the ledger lacks too', async () => {
    const probability = (row: Row, served: boolean, old: boolean) => {
      const z = (one: Row, aged: boolean) =>
        dot(
          made.queries[served ? servedIndex(one.q) : one.q]!,
          (aged && one.version === 'v2' ? made.older : made.live)[one.i]!,
        );
      // Rows that the ledger lacks are as of the live version.
      const slate = made.rows.filter(({ q }) => q === row.q);
      return Math.exp(z(row, old)) / slate.reduce((sum, one) => sum + Math.exp(z(one, old && kept(one))), 0);
    };
    const kept = ({ i }: Row) => i % 10 !== 0;
    const own = replayed(
      made,
      {
        ...columns,
        s0: (row) => probability(row, false, false),
        s5: (row) => probability(row, true, true),
      },
      TABLE,
    ).write('models/served-queries.csv', servedQueries());
    const lines = own.read('models/ledger.csv').trim().split('\n');
    own.write('models/ledger.csv', `${lines.filter((_, r) => r === 0 || kept(made.rows[r - 1]!)).join('\n')}\n`);
    own.edit('models/release.yml', 'link: sigmoid', 'link: softmax');
    const { of, diagnosis } = await diagnosed(own);
    expect(of('feature-parity').why).toMatch(/s3 is s5 \(to /);
    expect(diagnosis.residual!.value).toBeCloseTo(0, 6);
  });

  it.each<[string, string, RegExp]>([
    [
      'an id that the table lacks',
      servedQueries(7),
      /served-queries.csv: no request "r7"; expected a row of each of the 150 ids/,
    ],
    ['an id twice', `${servedQueries()}r3,1\n`, /"r3" again/],
    [
      'a feature that it lacks',
      servedQueries().replace('query_index', 'index'),
      /no column "query_index", which input/,
    ],
    [
      'another name of the id',
      servedQueries().replace('request,', 'req,'),
      /column "request", which .*served-queries.csv does not have/,
    ],
  ])('refuses %s', async (_, text, message) => {
    const { status, message: said } = await replayed(made, columns, TABLE)
      .write('models/served-queries.csv', text)
      .judge();
    expect(said).toMatch(message);
    expect(status).toBe(2);
  });
});
