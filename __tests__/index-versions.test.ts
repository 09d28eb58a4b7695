/** docs/where-checkpoints-live.md: requests that parse, and answers of indexes that become manifests which a run takes. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { blocksOf, root } from './support/docs-pages.js';
import { goodFiles, Project } from './support/project.js';
import { sweepOf } from './support/sweep-report.js';

const script = join(root, 'examples/index-versions/manifest.mjs');

function manifest(engine: string, answer: unknown, ...more: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, engine, ...more], {
    input: JSON.stringify(answer),
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** Answers in the forms of the engines' documentation, of 700 items of v3 and 300 of v2. */
const ANSWERS = {
  qdrant: {
    result: {
      hits: [
        { value: 'v3', count: 700 },
        { value: 'v2', count: 300 },
      ],
    },
    status: 'ok',
    time: 0.001,
  },
  milvus: {
    v3: { code: 0, data: [{ 'count(*)': 700 }] },
    v2: { code: 0, data: [{ 'count(*)': '300' }] },
    v1: { code: 0, data: [{ 'count(*)': 0 }] },
  },
  elasticsearch: elastic(),
  opensearch: elastic(),
  vespa: vespa(),
};

function elastic(own: object = {}, aggregation: object = {}) {
  const buckets = [
    { key: 'v3', doc_count: 700 },
    { key: 'v2', doc_count: 300 },
  ];
  const versions = { doc_count_error_upper_bound: 0, sum_other_doc_count: 0, buckets, ...aggregation };
  return {
    took: 3,
    timed_out: false,
    _shards: { total: 2, successful: 2, failed: 0 },
    aggregations: { versions },
    ...own,
  };
}

function vespa(root: object = {}, list: object = {}) {
  const group = (value: string, count: number) => ({
    id: `group:string:${value}`,
    relevance: 1,
    value,
    fields: { 'count()': count },
  });
  const children = [group('v3', 700), group('v2', 300)];
  const grouplist = { id: 'grouplist:model_version', label: 'model_version', relevance: 1, children, ...list };
  const coverage = { coverage: 100, documents: 1000, full: true, nodes: 1, results: 1 };
  return { root: { id: 'toplevel', coverage, children: [{ id: 'group:root:0', children: [grouplist] }], ...root } };
}

describe('the answers of an index', () => {
  let project: Project;
  afterEach(() => project?.remove());

  it.each(Object.entries(ANSWERS))('of %s become a manifest that a run mixes by', async (engine, answer) => {
    const { status, stdout, stderr } = manifest(engine, answer);
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual([
      { item_version: 'v3', items: 700 },
      { item_version: 'v2', items: 300 },
    ]);
    project = new Project(goodFiles())
      .write('index/manifest.json', stdout)
      .edit('gates/gate.yml', 'distances: {0: 0.7, 1: 0.3}', 'distances: {manifest: ../index/manifest.json}');
    const { report, message } = await project.judge();
    expect(message).toBe('');
    const [entry] = sweepOf(report).production;
    expect([entry!.source, entry!.histogram]).toEqual([
      'manifest',
      new Map([
        [0, 0.7],
        [1, 0.3],
      ]),
    ]);
  });

  it.each([
    ['qdrant', ANSWERS.qdrant, /2 versions, which is the limit of the facet/, '2'],
    ['qdrant', { status: { error: 'Not found: Collection' } }, /no facet: .*Not found/],
    ['qdrant', { result: { hits: [{ value: '', count: 9 }] }, status: 'ok' }, /9 items without a version/],
    ['milvus', { v3: { code: 1100, message: 'field model_version not exist' } }, /v3: field model_version not exist/],
    ['elasticsearch', elastic({}, { sum_other_doc_count: 40 }), /40 documents beyond the size/],
    ['elasticsearch', elastic({ _shards: { total: 2, successful: 1, failed: 1 } }), /1 shards failed/],
    ['elasticsearch', { error: { type: 'index_not_found_exception' }, status: 404 }, /index_not_found_exception/],
    ['opensearch', elastic({}, { buckets: [] }), /no version: is the field filled/],
    ['vespa', vespa({}, { continuation: { next: 'BGAAABEBEBC' } }), /more groups than max/],
    ['vespa', vespa({ coverage: { coverage: 50, full: false } }), /only 50 % of the documents answered/],
    ['vespa', vespa({ errors: [{ message: 'Timed out' }] }), /Timed out/],
    ['pinecone', {}, /one of qdrant, milvus, elasticsearch, vespa, opensearch/],
  ])('of %s that cannot be counted are refused: %#', (engine, answer, message, ...more) => {
    const { status, stdout, stderr } = manifest(engine, answer, ...(more as string[]));
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('are asked for by bodies that are JSON', () => {
    const bodies = blocksOf('docs/where-checkpoints-live.md').filter(({ language }) => language === 'json');
    expect(bodies.map(({ text }) => Object.keys(JSON.parse(text))[0])).toEqual([
      'key',
      'collectionName',
      'size',
      'yql',
    ]);
  });
});
