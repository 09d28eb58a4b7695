/** `skewgate init`, where a newcomer's own tables and towers once took a wrong turn. */
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Project } from '../support/project.js';
import { generator } from '../support/random.js';
import { clicks, images, judged, OPTIONS, started } from '../support/starter-projects.js';

let project: Project;
afterEach(() => project.remove());

const written = (path: string) => parse(project.read(path));
const policy = () => written('gates/mine.yml');
const release = () => written('models/mine.yml');

/** Clicks with another header, and columns beside. */
function clicksWith(header: (names: string[]) => string[], more: (cells: string[]) => string[] = () => []) {
  const files = clicks();
  const [names = '', ...rows] = String(files['eval/rows.csv']).trim().split('\n');
  const lines = rows.map((row) => [...row.split(','), ...more(row.split(','))].join(','));
  return { ...files, 'eval/rows.csv': `${[header(names.split(',')).join(','), ...lines].join('\n')}\n` };
}

describe('columns', () => {
  it('a person by number is the cluster: sessions of one user are not independent', async () => {
    project = new Project(clicksWith((names) => names.map((name) => (name === 'user' ? 'user_idx' : name))));
    const { status, output } = await started(project, OPTIONS.clicks);
    expect(status).toBe(0);
    expect(policy().eval_set.columns.cluster).toBe('user_idx');
    expect(output).toMatch(/cluster +user_idx: by its name; 180 queries are of 150, one each/);
  });

  it('of a slice and its number one is taken, and it is said', async () => {
    // The number stands before the text in the table.
    project = new Project(
      clicksWith(
        (names) => [...names.map((name) => (name === 'source' ? 'source_group' : name)), 'source'],
        ([, , , , , , source]) => [source ?? ''],
      ),
    );
    const numbered = project.read('eval/rows.csv').replaceAll(/,feed,(\d+,\d+,)/g, ',0,$1');
    project.write('eval/rows.csv', numbered.replaceAll(/,search,(\d+,\d+,)/g, ',1,$1'));
    const { status, output } = await started(project, OPTIONS.clicks);
    expect(status).toBe(0);
    expect(policy().eval_set.slices).toEqual(['tier', 'source']);
    expect(output).toContain('"source_group" is no slice of its own, as it parts the rows as "source" does.');
  });

  it('judged pairs are said to be that, and not to have a 0', async () => {
    project = new Project(images());
    const { output } = await started(project, OPTIONS.images);
    expect(output).toMatch(/label +matches: by its name, with values 1 in every row/);
  });
});

describe('vectors by id in place of towers', () => {
  const versions = ['v3', 'v2'];
  const random = generator(17);
  const ids = Array.from({ length: 150 }, (_, i) => i);
  const vectors = new Map<string, number[][]>();
  const of = (side: string, k: number) => {
    const base = vectors.get(side) ?? ids.map(() => Array.from({ length: 4 }, () => random.normal()));
    vectors.set(side, base);
    return base.map((v) => v.map((x) => x + 0.05 * k * random.normal()));
  };
  const pairs = () =>
    new Project({ 'eval/qrels.csv': `claim_id,doc_id,relevance\n${ids.map((i) => `${i},${i},1\n`).join('')}` });
  const table = (side: string, k: number, name: string) =>
    of(side, k)
      .map((v, i) => `${JSON.stringify({ [name]: i, embedding: v })}\n`)
      .join('');

  it('stand for the catalogue, by the option that the refusal names', async () => {
    project = pairs();
    for (const [k, version] of versions.entries())
      project
        .write(`vec/claim_${version}.jsonl`, table('query', k, 'claim_id'))
        .write(`vec/doc_${version}.jsonl`, table('item', k, 'doc_id'));
    const options = {
      rows: 'eval/qrels.csv',
      'query-tower': 'vec/claim_{version}.jsonl',
      'item-tower': 'vec/doc_{version}.jsonl',
    };
    const refused = await started(project, options);
    expect(refused.status).toBe(2);
    const [, items = ''] = /Add: --items (\S+)$/.exec(refused.message) ?? [];
    expect(items).toBe('vec/doc_v3.jsonl');
    const { status, message } = await started(project, { ...options, items });
    expect([status, message]).toEqual([0, '']);
    expect(policy().eval_set.candidates).toBe('full');
    expect((await judged(project)).message).toBe('');
  });

  it('whose ids have no name of their own: the refusal writes the table that has', async () => {
    project = pairs();
    const npy = (rows: number[][] | number[]) => {
      const wide = typeof rows[0] === 'number' ? 0 : (rows[0] as number[]).length;
      const shape = wide === 0 ? `(${rows.length},)` : `(${rows.length}, ${wide})`;
      const descr = wide === 0 ? '<i8' : '<f8';
      const form = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;
      const header = `${form.padEnd(117)}\n`;
      const numbers = rows.flat();
      const body =
        wide === 0
          ? Buffer.from(BigInt64Array.from(numbers, BigInt).buffer)
          : Buffer.from(Float64Array.from(numbers).buffer);
      const size = Buffer.from([header.length, 0]);
      return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), size, Buffer.from(header), body]);
    };
    for (const [k, version] of versions.entries())
      for (const [side, name] of [
        ['query', 'claim'],
        ['item', 'doc'],
      ] as const)
        project.write(`vec/${name}_${version}.npy`, npy(of(side, k))).write(`vec/${name}_${version}.ids.npy`, npy(ids));
    const options = {
      rows: 'eval/qrels.csv',
      items: 'vec/doc_v3.npy',
      'query-tower': 'vec/claim_{version}.npy',
      'item-tower': 'vec/doc_{version}.npy',
    };
    const { status, message } = await started(project, options);
    expect(status).toBe(2);
    expect(message).toContain(
      'In Python: pandas.DataFrame({"doc_id": numpy.load("vec/doc_v3.ids.npy")}).to_parquet("items.parquet"); then write: --items items.parquet',
    );
    project.write('items.csv', `doc_id\n${ids.join('\n')}\n`);
    expect((await started(project, { ...options, items: 'items.csv' })).message).toBe('');
    expect((await judged(project)).message).toBe('');
  });
});

describe('scale and bias', () => {
  it('one a version, where versions have their own', async () => {
    project = new Project(clicks());
    const options = { ...OPTIONS.clicks, link: 'sigmoid', scale: '{v3: 1.1, v2: 1, v1: 0.9}', bias: '-0.1' };
    const { status, message } = await started(project, options);
    expect([status, message]).toEqual([0, '']);
    expect(release().score).toMatchObject({ scale: { v3: 1.1, v2: 1, v1: 0.9 }, bias: -0.1 });
    expect((await judged(project)).message).toBe('');
  });

  it.each([
    [
      '{v3: 1.1}',
      /--scale without version "v2"; expected a number for every version that has a query checkpoint: v3, v2 and v1/,
    ],
    [
      '{v3: high}',
      /--scale "\{v3: high\}"; expected a finite number, or one for every version\. Write: --scale 14\.2, or/,
    ],
    ['[1, 2]', /--scale "\[1, 2\]"; expected a finite number/],
    ['.nan', /--scale "\.nan"; expected a finite number/],
  ])('%s is refused', async (scale, message) => {
    project = new Project(clicks());
    const found = await started(project, { ...OPTIONS.clicks, scale });
    expect(found.status).toBe(2);
    expect(found.message).toMatch(message);
  });
});

describe('production of a policy of one’s own', () => {
  const own = (production: string) =>
    `policy: other\nproduction:\n${production}checks:\n  version-skew:\n    sweep: {from: -1, to: 2}\n    require:\n      - {metric: log_loss, max_increase: 5%, at: production}\n`;

  it('is kept where it holds for any eval set', async () => {
    project = new Project({
      ...clicks(),
      'gates/own.yml': own(
        '  mix: per_shard\n  shards: 4\n  canary: 5%\n  rollback: 2%\n  distances: {0: 0.25, 1: 0.75}\n',
      ),
    });
    const { status, message, output } = await started(project, {
      ...OPTIONS.clicks,
      from: `${project.folder}/gates/own.yml`,
    });
    expect([status, message]).toEqual([0, '']);
    expect(policy().production).toEqual({
      mix: 'per_shard',
      shards: 4,
      canary: '5%',
      rollback: '2%',
      distances: { 0: 0.25, 1: 0.75 },
    });
    expect(output).toMatch(/distances of production +2 keys: as in gates\/own\.yml/);
    expect((await judged(project)).message).toBe('');
  });

  it('is given way to what the command line says', async () => {
    project = new Project({
      ...clicks(),
      'gates/own.yml': own('  mix: per_request\n  distances: {0: 0.25, 1: 0.75}\n'),
    });
    const options = { ...OPTIONS.clicks, from: `${project.folder}/gates/own.yml`, distances: '{0: 1}' };
    expect((await started(project, options)).message).toBe('');
    expect(policy().production.distances).toEqual({ 0: 1 });
  });

  it('is left out, and that is said, where it is of other slices and files', async () => {
    project = new Project({
      ...clicks(),
      'gates/own.yml': own('  mix: per_request\n  distances: {by: country, counts: logs.parquet}\n'),
    });
    const { message, output } = await started(project, { ...OPTIONS.clicks, from: `${project.folder}/gates/own.yml` });
    expect(message).toBe('');
    expect(output).toContain(
      'production.distances are left out, as they are of its own slices and files: add --distances',
    );
    expect(policy().production).toBeUndefined();
    expect((await judged(project)).message).toBe('');
  });
});
