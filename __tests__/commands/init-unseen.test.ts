/** `skewgate init` on towers as exporters name and shape them: short names of inputs, a scale inside, one path. */
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseArguments } from '../../src/commands/arguments.js';
import { init } from '../../src/commands/init.js';
import { type Model, onnx } from '../support/onnx.js';
import { type Files, Project } from '../support/project.js';
import { generator } from '../support/random.js';
import { judged, started } from '../support/starter-projects.js';

let project: Project;
afterEach(() => project.remove());

const release = () => parse(project.read('models/mine.yml'));
const VERSIONS = ['2026-11-09', '2026-11-10', '2026-11-11'];
const COUNTRIES = 4;
const CATEGORIES = 6;
const D = 4;
type Random = ReturnType<typeof generator>;
const normals = (random: Random, rows: number) =>
  Array.from({ length: rows }, () => Array.from({ length: D }, () => random.normal()));

/** A sum of a looked-up row and a projection, divided by its length, times a number as exporters fold one in. */
function tower(lookup: readonly number[][], inputs: Model['inputs'], scale: number, random: Random): Model {
  const [index, dense] = inputs;
  const width = Number(dense?.shape[1]);
  return {
    inputs,
    outputs: [{ name: 'mul_1', type: 'float32', shape: ['batch', D] }],
    nodes: [
      { op: 'Gather', inputs: ['table', index?.name ?? ''], outputs: ['row'], attributes: { axis: 0 } },
      { op: 'MatMul', inputs: [dense?.name ?? '', 'projection'], outputs: ['projected'] },
      { op: 'Add', inputs: ['row', 'projected'], outputs: ['sum'] },
      { op: 'LpNormalization', inputs: ['sum'], outputs: ['unit'], attributes: { axis: 1, p: 2 } },
      { op: 'Mul', inputs: ['unit', 'exp'], outputs: ['mul_1'] },
    ],
    initializers: [
      { name: 'table', type: 'float32', shape: [lookup.length, D], values: lookup.flat() },
      { name: 'projection', type: 'float32', shape: [width, D], values: normals(random, width).flat() },
      { name: 'exp', type: 'float32', shape: [], values: [scale] },
    ],
  };
}

const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');

/** Requests with two real numbers and a country; products with a price, a category and the row of an embedding. */
function shop(): Files {
  const random = generator(21);
  const [countries, categories] = [normals(random, COUNTRIES), normals(random, CATEGORIES)];
  const requests = Array.from({ length: 240 }, (_, r) => ({
    request: r,
    age: random.normal(),
    tenure: random.normal(),
    country_no: r % COUNTRIES,
  }));
  const products = Array.from({ length: 60 }, (_, p) => ({
    product: `p${p}`,
    log_price: random.normal(),
    category: p % CATEGORIES,
  }));
  const rows = requests.flatMap(({ request }) =>
    Array.from({ length: 6 }, (_, k) => ({
      request,
      product: `p${(request * 7 + k * 11) % 60}`,
      clicked: random.uniform() < 0.4 ? 1 : 0,
    })),
  );
  const files: Files = {
    'data/rows.jsonl': lines(rows),
    'data/requests.jsonl': lines(requests),
    'data/products.jsonl': lines(products),
  };
  for (const [k, version] of VERSIONS.entries()) {
    files[`export/user/user_tower_${version}.onnx`] = onnx(
      tower(
        countries,
        [
          { name: 'ctry', type: 'int64', shape: ['batch'] },
          { name: 'x_num', type: 'float32', shape: ['batch', 2] },
        ],
        7.5 + k,
        generator(100 + k),
      ),
    );
    files[`export/product/product_tower_${version}.onnx`] = onnx(
      tower(
        categories,
        [
          { name: 'cat', type: 'int64', shape: ['batch'] },
          { name: 'p', type: 'float32', shape: ['batch', 1] },
        ],
        1,
        generator(200 + k),
      ),
    );
  }
  return files;
}

const OPTIONS = {
  rows: 'data/rows.jsonl',
  queries: 'data/requests.jsonl',
  items: 'data/products.jsonl',
  'query-tower': 'export/user/user_tower_2026-11-11.onnx',
  'item-tower': 'export/product/product_tower_2026-11-11.onnx',
} as const;

describe('the path of one checkpoint', () => {
  it('tells the place of the version by the files beside it, and the live version', async () => {
    project = new Project(shop());
    const { status, message, output } = await started(project, { ...OPTIONS, yes: true });
    expect([status, message]).toEqual([0, '']);
    expect(release()).toMatchObject({ live: '2026-11-11', versions: VERSIONS.toReversed() });
    expect(release().query_tower.onnx).toBe('../export/user/user_tower_{version}.onnx');
    expect(output).toMatch(
      /item tower path +.*product_tower_\{version\}\.onnx: 3 files of that name, where "2026-11-11"/,
    );
    expect((await judged(project)).message).toBe('');
  });

  it('of an older one makes that one live, and leaves newer ones out', async () => {
    project = new Project(shop());
    const older = { 'query-tower': 'export/user/user_tower_2026-11-10.onnx' };
    const { status, output } = await started(project, { ...OPTIONS, ...older, yes: true });
    expect(status).toBe(0);
    expect(release()).toMatchObject({ live: '2026-11-10', versions: ['2026-11-10', '2026-11-09'] });
    expect(output).toContain('1 item version newer than "2026-11-10" left out, as that one was named.');
  });

  it('stands beside a pattern, and needs no second file where the other tower has its version', async () => {
    const files = shop();
    for (const version of VERSIONS.slice(0, 2)) delete files[`export/user/user_tower_${version}.onnx`];
    project = new Project(files);
    const item = { 'item-tower': 'export/product/product_tower_{version}.onnx' };
    expect((await started(project, { ...OPTIONS, ...item, yes: true })).message).toBe('');
    expect(release().query_tower.onnx).toBe('../export/user/user_tower_{version}.onnx');
    expect(Object.keys(release().query_tower.sha256)).toEqual(['2026-11-11']);
  });

  it('may have its version in a folder, and other numbers that tell nothing', async () => {
    const files = Object.entries(shop()).map(([path, content]) => {
      const [, side, version] = /^export\/(\w+)\/\w+_(2026[-\d]+)\.onnx$/.exec(path) ?? [];
      return [side ? `export/${version}/${side}2vec_64.onnx` : path, content] as const;
    });
    project = new Project(Object.fromEntries(files));
    const towers = {
      'query-tower': 'export/2026-11-11/user2vec_64.onnx',
      'item-tower': 'export/2026-11-11/product2vec_64.onnx',
    };
    expect((await started(project, { ...OPTIONS, ...towers, yes: true })).message).toBe('');
    expect(release().item_tower.onnx).toBe('../export/{version}/product2vec_64.onnx');
  });
});

describe('inputs with short names', () => {
  it('are told by the columns that they shorten, and by what is left once others are told', async () => {
    project = new Project(shop());
    const { output } = await started(project, { ...OPTIONS, yes: true });
    expect(release().query_tower.inputs).toEqual({ ctry: 'country_no', x_num: ['age', 'tenure'] });
    expect(release().item_tower.inputs).toEqual({ cat: 'category', p: 'log_price' });
    const [told = '', guessed = ''] = output.split('Guessed (--yes): check these');
    expect(told).toContain('item tower input "cat"');
    for (const name of ['"ctry"', '"x_num"', '"p"']) expect(guessed).toContain(`tower input ${name}`);
  });

  it('that stay open are said together, each with an option; all of them can be added', async () => {
    project = new Project(shop());
    const crowded = project.read('data/requests.jsonl').replaceAll('}\n', ',"height":0.5,"width":1.5}\n');
    project.write('data/requests.jsonl', crowded);
    const { status, message } = await started(project, OPTIONS);
    expect(status).toBe(2);
    expect(message.split('\n')).toHaveLength(3);
    expect(message).toMatch(/input "x_num" .*numeric columns left are "age", "tenure", "height" and "width"/);
    const mends = [...message.matchAll(/Add: (--\w+-inputs) '(.*)'$/gm)].map(([, option = '', value = '']) => [
      option,
      value.replace('[column_1, column_2]', '[age, tenure]'),
    ]);
    expect(mends).toHaveLength(3);
    const paths = Object.entries(OPTIONS).flatMap(([name, value]) => [`--${name}`, value]);
    const parsed = parseArguments(['init', ...paths, ...mends.flat()], [init], []);
    if (typeof parsed === 'string' || 'helpOn' in parsed) throw new Error('no command');
    const { 'query-inputs': query, 'item-inputs': item } = parsed.values;
    expect(query).toEqual(['{ctry: country_no}', '{x_num: [age, tenure]}']);
    expect(item).toBe('{p: log_price}');
  });

  it('are refused where two options give one', async () => {
    project = new Project(shop());
    const host = await started(project, {
      ...OPTIONS,
      'query-inputs': ['{ctry: country_no}', '{ctry: age}'],
    });
    expect(host.message).toBe('--query-inputs with "ctry" a second time; expected every input once.');
  });
});

describe('a scale inside a graph', () => {
  it('is told by the one length of the embeddings, and not written a second time', async () => {
    project = new Project(shop());
    const { output } = await started(project, { ...OPTIONS, yes: true });
    expect(output).toMatch(
      /similarity +dot: every query embedding has length 9\.5: a cosine times 9\.5, a scale that stands in the graph/,
    );
    expect(release().score.similarity).toBe('dot');
  });
});
