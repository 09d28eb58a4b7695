/** The ledger replayed by the run's own towers, against predictions that the test computes from the vectors in them. */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { validate } from '../../../src/commands/validate.js';
import { KeepingHost } from '../../support/host.js';
import { lookupTower, onnx } from '../../support/onnx.js';
import { Project, policyText, RELEASE } from '../../support/project.js';
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
