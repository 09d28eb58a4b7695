/** docs/faq.md quotes refusals to the letter: each is made here by the mistake that the heading names, and is what a run says. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { blocksOf, readPage } from './support/docs-pages.js';
import { cell, MODEL, POLICY } from './support/mistakes.js';
import { type Initializer, lookupTower, type Model, onnx } from './support/onnx.js';
import { goodFiles, Project } from './support/project.js';

const ROWS = 'eval/rows.csv';
const TABLE = Array.from({ length: 50 }, (_, i) => [i / 50, 1, 1, 1]);
const tower = lookupTower(TABLE, 'item_index');

/** Puts a graph in the place of every item checkpoint. */
function everyItem(p: Project, model: Model): void {
  for (const version of ['v3', 'v2', 'v1']) p.write(`models/item/${version}.onnx`, onnx(model));
}

/** The tower with another input, whose value is cast and takes part in nothing else. */
function reading(name: string, type: 'float32' | 'int64', shape: (number | string)[]): Model {
  const table: Initializer = { name: 'table', type: 'float32', shape: [50, 4], values: TABLE.flat() };
  const length = shape.length;
  return {
    inputs: [
      { name: 'item_index', type: 'int64', shape: ['batch'] },
      { name, type, shape },
    ],
    outputs: tower.outputs,
    nodes: [
      { op: 'Gather', inputs: ['table', 'item_index'], outputs: ['looked_up'], attributes: { axis: 0 } },
      { op: 'Cast', inputs: [name], outputs: ['number'], attributes: { to: 1 } },
      length === 1
        ? { op: 'Unsqueeze', inputs: ['number', 'axis'], outputs: ['wide'] }
        : { op: 'ReduceSum', inputs: ['number', 'axis'], outputs: ['wide'], attributes: { keepdims: 1 } },
      { op: 'Add', inputs: ['looked_up', 'wide'], outputs: ['embedding'] },
    ],
    initializers: [table, { name: 'axis', type: 'int64', shape: [1], values: [1] }],
  };
}

/** Adds a column to the rows, by the number of the row. */
function column(p: Project, name: string, value: (row: number) => string): Project {
  const [head, ...lines] = p.read(ROWS).trimEnd().split('\n');
  return p.rows(`${head},${name}\n${lines.map((line, i) => `${line},${value(i)}`).join('\n')}\n`);
}

const external = { ...tower.initializers![0]!, external: 'v2.onnx.data' };

/** The mistake of each heading. */
const MISTAKES: Readonly<Record<string, (p: Project) => unknown>> = {
  'The rows have changed since they were pinned': (p) =>
    p.write(ROWS, `${p.read(ROWS)}r0,i999,0,1,u0,small,feed,0,1\n`),
  'A checkpoint is not there': (p) => rmSync(join(p.folder, 'models/item/v2.onnx')),
  'A pointer of Git LFS is there in its place': (p) =>
    p.write(
      'models/item/v2.onnx',
      `version https://git-lfs.github.com/spec/v1\noid sha256:${'ab'.repeat(32)}\nsize 912345\n`,
    ),
  'The weights beside the graph are missing': (p) =>
    p.write('models/item/v2.onnx', onnx({ ...tower, initializers: [external] })),
  'The path is an address': (p) => p.edit(MODEL, 'item/{version}.onnx', 's3://acme/item/{version}.onnx'),
  'An input has no column': (p) => everyItem(p, reading('age_days', 'float32', ['batch'])),
  'A feature is empty': (p) => {
    column(p, 'age_days', (row) => (row === 6 ? '' : String(row % 9)));
    everyItem(p, reading('age_days', 'float32', ['batch']));
  },
  'A text where the graph takes tokens': (p) => {
    column(p, 'title', () => 'a red shoe');
    everyItem(p, reading('input_ids', 'int64', ['batch', 'length']));
    p.edit(MODEL, 'onnx: item/{version}.onnx', 'onnx: item/{version}.onnx\n  inputs: {input_ids: title}');
  },
  'A graph has several outputs': (p) =>
    everyItem(p, {
      ...tower,
      outputs: [...tower.outputs, { name: 'logits', type: 'float32', shape: ['batch', 4] }],
      nodes: [...tower.nodes, { op: 'Identity', inputs: ['embedding'], outputs: ['logits'] }],
    }),
  'An input reads the label': (p) => everyItem(p, reading('clicked', 'float32', ['batch'])),
  'An embedding depends on its batch': (p) =>
    everyItem(p, {
      ...tower,
      nodes: [
        { op: 'Gather', inputs: ['table', 'item_index'], outputs: ['looked_up'], attributes: { axis: 0 } },
        { op: 'Softmax', inputs: ['looked_up'], outputs: ['embedding'], attributes: { axis: 0 } },
      ],
    }),
  'A key is mistyped': (p) => p.edit(POLICY, 'max_increase: 5%', 'max_incease: 5%'),
  'A label is beyond 1': (p) => cell(p, 8, 'clicked', '3'),
  'A pair stands twice, with another label': (p) =>
    p.rows(
      `${p.read(ROWS)}${p
        .read(ROWS)
        .split('\n')[1]!
        .replace(/^(r\d+,i\d+),(\d)/, (_, ids, label) => `${ids},${1 - Number(label)}`)}\n`,
    ),
  'A slice column is not in the rows': (p) => p.edit(POLICY, '[tier, source]', '[tier, country]'),
  'A rule asks for production, and the policy has none': (p) =>
    p.edit(POLICY, 'production:\n  mix: per_request\n  distances: {0: 0.7, 1: 0.3}\n', ''),
  'A ranking at production, and no mix': (p) =>
    p
      .edit(POLICY, '  mix: per_request\n', '')
      .edit(
        POLICY,
        '{metric: log_loss, max_increase: 5%, at: production, slices: [all, tier]}',
        '{metric: ndcg@10, max_decrease: 2%, at: production}',
      ),
  'Full candidates without a catalogue': (p) =>
    p
      .edit(POLICY, '  slices: [tier, source]', '  slices: [tier, source]\n  candidates: full')
      .edit(
        POLICY,
        '{metric: log_loss, max_increase: 5%, at: production, slices: [all, tier]}',
        '{metric: recall@10, max_decrease: 2%, at: production}',
      ),
  'A version has no scale': (p) => p.edit(MODEL, 'link: sigmoid', 'link: sigmoid, scale: {v2: 14.2, v1: 13.9}'),
  'A version is read as a number': (p) =>
    p.edit(MODEL, 'live: v3', 'live: 1.10').edit(MODEL, '[v3, v2, v1]', '[1.10, 1.9]'),
};

/** Headings of the page with the text that stands below each. */
const quoted = new Map(
  readPage('docs/faq.md')
    .split('\n## ')
    .slice(1)
    .map((section) => [
      section.split('\n')[0]!,
      [...section.matchAll(/^```text\n([\s\S]*?)^```$/gm)].map(([, text]) => text!.trimEnd()),
    ]),
);

describe('the FAQ of refusals', () => {
  let project: Project;
  afterEach(() => project?.remove());

  it('has a mistake for each heading, and at least twenty', () => {
    expect([...quoted.keys()]).toEqual(Object.keys(MISTAKES));
    expect(quoted.size).toBeGreaterThanOrEqual(20);
    expect(blocksOf('docs/faq.md').length).toBeGreaterThanOrEqual(quoted.size);
  });

  it.each(Object.entries(MISTAKES))('%s: a run says what the page quotes first', async (heading, spoil) => {
    project = new Project(goodFiles());
    spoil(project);
    const { status, message } = await project.judge();
    expect(status).toBe(2);
    expect(quoted.get(heading)).toEqual([message.split('\n')[0]]);
  });
});
