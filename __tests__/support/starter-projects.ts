/** Small real projects without a policy and a release: tables and towers alone, as a new user has them. */
import { join } from 'node:path';
import { init } from '../../src/commands/init.js';
import { gate } from '../../src/gate.js';
import { KeepingHost } from './host.js';
import { lookupTower, type Model, onnx } from './onnx.js';
import { type Files, goodFiles, type Project } from './project.js';
import { generator } from './random.js';

/** Newest first; by their texts v9 would be the newest. */
export const VERSIONS = ['v11', 'v10', 'v9'] as const;
const DIMENSION = 8;
type Random = ReturnType<typeof generator>;

const vectors = (random: Random, count: number) =>
  Array.from({ length: count }, () => Array.from({ length: DIMENSION }, () => random.normal()));
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, d) => sum + x * b[d]!, 0);
const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');

/** The same table but for a little noise a version. */
function moved(table: readonly (readonly number[])[], k: number, random: Random): number[][] {
  return table.map((row) => row.map((x) => x + k * 0.05 * random.normal()));
}

/** Impressions with clicks that the towers predict: logits of small towers that look an index up. */
export function clicks(): Files {
  const { 'gates/gate.yml': _, 'models/release.yml': __, ...files } = goodFiles();
  return files;
}

const TABLE = (table: readonly (readonly number[])[]) =>
  ({ name: 'table', type: 'float32', shape: [table.length, DIMENSION], values: table.flat() }) as const;

/** Vectors of tokens under a mask: their sum, or each by itself. */
export function tokenTower(
  table: readonly (readonly number[])[],
  {
    each = false,
    batch = 'batch',
    length = 'length',
  }: { each?: boolean; batch?: string | number; length?: string | number } = {},
): Model {
  const shape = [batch, length];
  return {
    inputs: ['input_ids', 'attention_mask', 'token_type_ids'].map((name) => ({ name, type: 'int64', shape })),
    outputs: each
      ? [{ name: 'token_embeddings', type: 'float32', shape: [batch, length, DIMENSION] }]
      : [
          { name: 'last_hidden_state', type: 'float32', shape: [batch, length, DIMENSION] },
          { name: 'sentence_embedding', type: 'float32', shape: [batch, DIMENSION] },
        ],
    nodes: [
      { op: 'Gather', inputs: ['table', 'input_ids'], outputs: ['e'], attributes: { axis: 0 } },
      { op: 'Cast', inputs: ['attention_mask'], outputs: ['m'], attributes: { to: 1 } },
      { op: 'Unsqueeze', inputs: ['m', 'last'], outputs: ['m3'] },
      { op: 'Mul', inputs: ['e', 'm3'], outputs: [each ? 'token_embeddings' : 'last_hidden_state'] },
      ...(each
        ? []
        : [
            {
              op: 'ReduceSum',
              inputs: ['last_hidden_state', 'middle'],
              outputs: ['sentence_embedding'],
              attributes: { keepdims: 0 },
            },
          ]),
    ],
    initializers: [
      TABLE(table),
      { name: 'last', type: 'int64', shape: [1], values: [2] },
      { name: 'middle', type: 'int64', shape: [1], values: [1] },
    ],
  };
}

const TOKENS = 40;

/** Texts as tokens with graded judgements; every document is a text, most pairs have no judgement. */
export function texts(options: Parameters<typeof tokenTower>[1] = {}): Files {
  const random = generator(11);
  const table = vectors(random, TOKENS);
  const text = () => Array.from({ length: 2 + random.int(5) }, () => 1 + random.int(TOKENS - 1));
  const docs = Array.from({ length: 90 }, text);
  // A query has two tokens of the document that it is about, which no other document need have.
  const queries = Array.from({ length: 150 }, (_, q) => [...docs[q % docs.length]!].slice(0, 2));
  const judgements = queries.flatMap((_, q) => [
    { query_id: `q${q}`, doc_id: `d${q % docs.length}`, relevance: 3 },
    { query_id: `q${q}`, doc_id: `d${(q + 7) % docs.length}`, relevance: q % 2 },
    { query_id: `q${q}`, doc_id: `d${(q + 31) % docs.length}`, relevance: 0 },
  ]);
  return {
    'eval/qrels.jsonl': lines(judgements),
    'eval/queries.jsonl': lines(queries.map((input_ids, q) => ({ query_id: `q${q}`, input_ids }))),
    'eval/corpus.jsonl': lines(docs.map((input_ids, d) => ({ doc_id: `d${d}`, input_ids }))),
    ...Object.fromEntries(
      VERSIONS.flatMap((version, k) =>
        ['query', 'doc'].map((side) => [
          `towers/${side}/${version}.onnx`,
          onnx(tokenTower(moved(table, k, random), options)),
        ]),
      ),
    ),
  };
}

/** Captions and images whose embeddings have length 1; only pairs that belong together are listed. */
export function images(): Files {
  const random = generator(5);
  const unit = (table: number[][]) => table.map((row) => row.map((x) => x / Math.sqrt(dot(row, row))));
  const pictures = unit(vectors(random, 120));
  const captions = pictures.map((row) => row.map((x) => x + 0.2 * random.normal()));
  const files: Files = {
    'eval/pairs.csv': `caption_id,image_id,caption_index,matches\n${captions.map((_, c) => `c${c},i${c},${c},1\n`).join('')}`,
    'eval/images.csv': `image_id,image_index\n${pictures.map((_, i) => `i${i},${i}\n`).join('')}`,
  };
  for (const [k, version] of VERSIONS.entries()) {
    files[`towers/text-${version}.onnx`] = onnx(lookupTower(unit(moved(captions, k, random)), 'caption_index'));
    files[`towers/image-${version}.onnx`] = onnx(lookupTower(unit(moved(pictures, k, random)), 'image_index'));
  }
  return files;
}

/** Choices: a query picks one of its eight candidates, by a softmax of the scores; the catalogue is a table. */
export function choices(): Files {
  const random = generator(3);
  const [users, items] = [vectors(random, 160), vectors(random, 60)];
  const rows = users.flatMap((user, q) => {
    const offset = random.int(60);
    const shown = Array.from({ length: 8 }, (_, n) => (offset + n * 7) % 60);
    const scores = shown.map((i) => dot(user, items[i]!));
    const chosen = scores.indexOf(Math.max(...scores));
    return shown.map((i, n) => ({ request_id: `r${q}`, item_id: `i${i}`, picked: n === chosen, query_index: q }));
  });
  const files: Files = {
    'eval/rows.jsonl': lines(rows.map(({ picked, ...row }) => ({ ...row, clicked: picked ? 1 : 0 }))),
    'eval/items.jsonl': lines(items.map((_, i) => ({ item_id: `i${i}`, item_index: i }))),
  };
  for (const [k, version] of VERSIONS.entries()) {
    files[`towers/query/${version}.onnx`] = onnx(lookupTower(moved(users, k, random), 'query_index'));
    files[`towers/item/${version}.onnx`] = onnx(lookupTower(moved(items, k, random), 'item_index'));
  }
  return files;
}

/** The options that name the files of each project. */
export const OPTIONS = {
  clicks: {
    rows: 'eval/rows.csv',
    'query-tower': 'models/query/{version}.onnx',
    'item-tower': 'models/item/{version}.onnx',
  },
  texts: {
    rows: 'eval/qrels.jsonl',
    queries: 'eval/queries.jsonl',
    items: 'eval/corpus.jsonl',
    'query-tower': 'towers/query/{version}.onnx',
    'item-tower': 'towers/doc/{version}.onnx',
  },
  images: {
    rows: 'eval/pairs.csv',
    items: 'eval/images.csv',
    'query-tower': 'towers/text-{version}.onnx',
    'item-tower': 'towers/image-{version}.onnx',
  },
  choices: {
    rows: 'eval/rows.jsonl',
    items: 'eval/items.jsonl',
    'query-tower': 'towers/query/{version}.onnx',
    'item-tower': 'towers/item/{version}.onnx',
  },
} as const;

/** Options whose values are paths of the project. */
const PATHS = ['rows', 'queries', 'items', 'query-tower', 'item-tower'];

export type Options = Readonly<Record<string, string | true | readonly string[]>>;

/** A terminal that answers. */
export class AnsweringHost extends KeepingHost {
  readonly asked: string[] = [];

  constructor(
    workspace: string,
    private readonly answers: readonly string[],
  ) {
    super(workspace);
  }

  readonly ask = async (question: string): Promise<string> => {
    const answer = this.answers[this.asked.length];
    this.asked.push(question);
    if (answer === undefined) throw new Error(`nobody answers: ${question}`);
    return answer;
  };
}

/** Runs `skewgate init` on a project; `answers` are typed on a terminal. */
export async function started(project: Project, options: Options, answers?: readonly string[]) {
  const host = answers ? new AnsweringHost(project.folder, answers) : new KeepingHost(project.folder);
  const values = Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name,
      PATHS.includes(name) && typeof value === 'string' && !value.includes('://') ? join(project.folder, value) : value,
    ]),
  );
  const status = await init.run({ name: 'mine', ...values }, host);
  return {
    status,
    message: host.message,
    output: host.printed,
    asked: host instanceof AnsweringHost ? host.asked : [],
  };
}

/** Judges what `started` has written. */
export async function judged(project: Project, name = 'mine') {
  const host = new KeepingHost(project.folder);
  const [policy, release] = [join(project.folder, `gates/${name}.yml`), join(project.folder, `models/${name}.yml`)];
  const status = await gate({ policy, release }, host);
  return { status, message: host.message, report: host.report };
}
