/** What `skewgate init` refuses: each with one clear error, and with nothing written. */
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { lookupTower, onnx } from '../support/onnx.js';
import { Project } from '../support/project.js';
import { choices, clicks, images, OPTIONS, type Options, started, texts } from '../support/starter-projects.js';

let project: Project;
afterEach(() => project.remove());

/** Renames a column of a text table. */
function rename(path: string, from: string, to: string): void {
  project.write(path, project.read(path).replaceAll(from, to));
}

function drop(path: string, column: string): void {
  const [head = '', ...rest] = project
    .read(path)
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
  const at = head.indexOf(column);
  project.write(
    path,
    [head, ...rest].map((cells) => `${(cells as string[]).filter((_, i) => i !== at).join(',')}\n`).join(''),
  );
}

type Case = [
  what: string,
  files: () => ReturnType<typeof clicks>,
  options: Options,
  spoil: () => void,
  message: RegExp,
];
const nothing = () => undefined;

const CASES: Case[] = [
  [
    'a table that is not there',
    clicks,
    { ...OPTIONS.clicks, rows: 'eval/none.csv' },
    nothing,
    /^--rows ".*none.csv", where no file is; expected a table \(docs\/policy.md\)\. Looked in .*eval; nearest there: "rows.csv"\./,
  ],
  [
    'a table without rows',
    clicks,
    OPTIONS.clicks,
    () => project.write('eval/rows.csv', 'request,item,clicked\n'),
    /^eval\/rows.csv: a table without rows/,
  ],
  [
    'the path of one checkpoint that no number tells from another',
    clicks,
    { ...OPTIONS.clicks, 'item-tower': 'models/item/best.onnx' },
    () => project.write('models/item/best.onnx', 'x'),
    /^--item-tower ".*best.onnx", without \{version\}, and with no other file .*; expected .* Write: --item-tower '.*models\/item\/\{version\}\.onnx'$/,
  ],
  [
    'the path of one checkpoint that is not there',
    clicks,
    { ...OPTIONS.clicks, 'item-tower': 'models/item/v8.onnx' },
    nothing,
    /^--item-tower ".*v8.onnx", without \{version\}, where no file is; .* Write: --item-tower '.*models\/item\/\{version\}\.onnx'$/,
  ],
  [
    'a tower of which no file is',
    clicks,
    { ...OPTIONS.clicks, 'query-tower': 'models/user/{version}.onnx' },
    nothing,
    /^--query-tower ".*", for which no file is there/,
  ],
  [
    'one version',
    clicks,
    { ...OPTIONS.clicks, versions: 'v3' },
    nothing,
    /^one version \("v3"\) at ".*"; expected two or more/,
  ],
  [
    'versions of which no file is',
    clicks,
    { ...OPTIONS.clicks, versions: 'v3,v7' },
    nothing,
    /^--versions with "v7", of which no item checkpoint is/,
  ],
  [
    'towers without a version in common',
    clicks,
    OPTIONS.clicks,
    () => {
      for (const version of ['v1', 'v2', 'v3'])
        project.write(`models/query/${version}x.onnx`, project.bytes(`models/query/${version}.onnx`));
      for (const version of ['v1', 'v2', 'v3'])
        project.write(`models/query/${version}.onnx`, '').write(`models/other/${version}.onnx`, '');
    },
    /^models\/query\/v3.onnx: query checkpoint "v3" that is no ONNX model/,
  ],
  [
    'names that do not say which is newer',
    clicks,
    OPTIONS.clicks,
    () => {
      for (const side of ['query', 'item'])
        project.write(`models/${side}/a1b.onnx`, project.bytes(`models/${side}/v1.onnx`));
    },
    /^versions that cannot be told: their names do not say which is newer; .* Add: --versions /,
  ],
  [
    'a column that is not there',
    clicks,
    { ...OPTIONS.clicks, label: 'clickd' },
    nothing,
    /^--label "clickd", a column that eval\/rows.csv does not have; .* Did you mean "clicked"\?/,
  ],
  ['a slice that is not there', clicks, { ...OPTIONS.clicks, slices: 'tier,countr' }, nothing, /^--slices "countr"/],
  [
    'a label that is none',
    clicks,
    { ...OPTIONS.clicks, label: 'item_index' },
    nothing,
    /^eval\/rows.csv: column "item_index" as label, with from 0 to 49; expected numbers in \[0, 1\], or whole grades/,
  ],
  [
    'no label',
    clicks,
    OPTIONS.clicks,
    () => drop('eval/rows.csv', 'clicked'),
    /^label that cannot be told: .* Add: --label /,
  ],
  [
    'no query id',
    clicks,
    OPTIONS.clicks,
    () => {
      rename('eval/rows.csv', 'request', 'aaa');
      rename('eval/rows.csv', 'user', 'bbb');
    },
    /^query id that cannot be told: \d+ columns? could be it: .* Add: --query-id/,
  ],
  [
    'ids under two names',
    choices,
    OPTIONS.choices,
    () => rename('eval/items.jsonl', 'item_id', 'thing'),
    /^eval\/items.jsonl: item ids under "thing", which eval\/rows.jsonl has under "item_id"; expected one name in both/,
  ],
  [
    'an id that stands twice',
    images,
    OPTIONS.images,
    () => project.write('eval/images.csv', `${project.read('eval/images.csv')}i7,7\n`),
    /^eval\/images.csv: image_id "i7" twice; expected every id once/,
  ],
  [
    'an id that the table lacks',
    images,
    OPTIONS.images,
    () => project.write('eval/images.csv', project.read('eval/images.csv').replace('i7,7\n', '')),
    /^eval\/images.csv: no image_id "i7", which eval\/pairs.csv names/,
  ],
  [
    'a column that the graph wants and no column gives',
    clicks,
    OPTIONS.clicks,
    () => {
      for (const version of ['v1', 'v2', 'v3'])
        project.write(
          `models/item/${version}.onnx`,
          onnx({
            ...lookupTower([[1, 2, 3, 4]], 'x'),
            inputs: [{ name: 'dense', type: 'float32', shape: ['batch', 9] }],
          }),
        );
    },
    /^eval\/rows.csv: no columns left that can feed "dense" \(\[batch, 9\]\) of the item tower \(here: "request", .*\); expected the features that the towers read: .* Add: --items FILE, the table that the item tower’s features are in\.?$/,
  ],
  [
    'texts where tokens are wanted',
    texts,
    OPTIONS.texts,
    () => {
      const lines = project
        .read('eval/queries.jsonl')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      project.write(
        'eval/queries.jsonl',
        lines.map(({ query_id }) => `${JSON.stringify({ query_id, text: `about ${query_id}` })}\n`).join(''),
      );
    },
    /^query tower input "input_ids" that cannot be told: .*it takes tokens, and no column left has any; "text" has texts; expected tokens: .*In Python, with the tokenizer that serves: .*pandas\.read_json\("eval\/queries\.jsonl", lines=True\); t\["input_ids"\] = tokenizer\(list\(t\["text"\]\)/,
  ],
  [
    'inputs in another form',
    clicks,
    { ...OPTIONS.clicks, 'query-inputs': 'dense' },
    nothing,
    /^--query-inputs "dense"; expected a YAML mapping/,
  ],
  [
    'inputs that the graph has not',
    clicks,
    { ...OPTIONS.clicks, 'query-inputs': '{qury_index: user}' },
    nothing,
    /^--query-inputs with input "qury_index", which is not there; .* Did you mean "query_index"\?/,
  ],
  [
    'inputs from columns that are not there',
    clicks,
    { ...OPTIONS.clicks, 'query-inputs': '{query_index: nobody}' },
    nothing,
    /^--query-inputs with column "nobody"/,
  ],
  [
    'inputs of no known form',
    clicks,
    { ...OPTIONS.clicks, 'query-inputs': '{query_index: {col: user}}' },
    nothing,
    /^--query-inputs with "query_index": \{"col":"user"\}; expected a column, a list of columns/,
  ],
  [
    'a scale that is none',
    clicks,
    { ...OPTIONS.clicks, scale: 'much' },
    nothing,
    /^--scale "much"; expected a finite number/,
  ],
  [
    'a name that is a path',
    clicks,
    { ...OPTIONS.clicks, name: '../mine' },
    nothing,
    /^--name "..\/mine"; expected letters/,
  ],
  [
    'a workflow elsewhere',
    clicks,
    { ...OPTIONS.clicks, workflow: 'ci.yml' },
    nothing,
    /^--workflow "ci.yml"; expected a .yml file in .github\/workflows/,
  ],
  [
    'a template that is not there',
    clicks,
    { ...OPTIONS.clicks, from: 'retrievl' },
    nothing,
    /^--from "retrievl", where no file is; expected .* one of conversion, image-text, late-interaction, retrieval and text-retrieval/,
  ],
  [
    'a template of probabilities over cosines',
    images,
    { ...OPTIONS.images, from: 'conversion' },
    nothing,
    /^the template conversion, whose rule on normalized_entropy needs probabilities, and scores that are none .* Add: --from retrieval/,
  ],
  [
    'a template of calibration under a softmax',
    choices,
    { ...OPTIONS.choices, from: 'conversion' },
    nothing,
    /^the template conversion, whose rule on calibration_shift cannot move under link: softmax/,
  ],
  [
    'an id that some row lacks',
    clicks,
    OPTIONS.clicks,
    () => project.write('eval/rows.csv', project.read('eval/rows.csv').replace('\nr0,', '\n,')),
    /^eval\/rows.csv: column "request", the query id by its name, with 1 row without a value; expected an id in every row/,
  ],
  [
    'a label of texts',
    clicks,
    OPTIONS.clicks,
    () => project.write('eval/rows.csv', project.read('eval/rows.csv').replace(/^(r\d+,i\d+),(\d)/gm, '$1,no$2')),
    /^eval\/rows.csv: column "clicked" as label, with no numbers/,
  ],
  [
    'a weight of texts',
    clicks,
    { ...OPTIONS.clicks, weight: 'tier' },
    nothing,
    /^--weight "tier"; expected a column of numbers of 0 or above/,
  ],
  [
    'a catalogue that is not given',
    clicks,
    { ...OPTIONS.clicks, candidates: 'full' },
    nothing,
    /^--candidates full without a catalogue; expected the table of all items. Add: --items FILE/,
  ],
  [
    'an input of one value for all',
    clicks,
    OPTIONS.clicks,
    () => {
      const tower = lookupTower(Array(50).fill([1, 2, 3, 4]), 'item_index');
      const inputs = [...tower.inputs, { name: 'temperature', type: 'float32' as const, shape: [] }];
      for (const version of ['v1', 'v2', 'v3'])
        project.write(`models/item/${version}.onnx`, onnx({ ...tower, inputs }));
    },
    /^item tower input "temperature" that cannot be told: it takes one value for all, .* Add: --item-inputs '\{temperature: \{constant: 0.05\}\}'$/,
  ],
  [
    'a mask of no list',
    clicks,
    OPTIONS.clicks,
    () => {
      const tower = lookupTower(Array(50).fill([1, 2, 3, 4]), 'item_index');
      const inputs = [...tower.inputs, { name: 'attention_mask', type: 'int64' as const, shape: ['batch', 'length'] }];
      for (const version of ['v1', 'v2', 'v3'])
        project.write(`models/item/${version}.onnx`, onnx({ ...tower, inputs }));
    },
    /^item tower input "attention_mask" that cannot be told: a mask, and no list of the graph is known to be its own/,
  ],
  [
    'an address',
    clicks,
    { ...OPTIONS.clicks, rows: 's3://bucket/rows.parquet' },
    nothing,
    /^--rows at "s3:\/\/bucket\/rows.parquet"; expected a path of the file system: .* aws s3 cp s3:\/\/bucket\/rows.parquet rows.parquet/,
  ],
  [
    'an address of a tower',
    clicks,
    { ...OPTIONS.clicks, 'item-tower': 'gs://bucket/{version}.onnx' },
    nothing,
    /^--item-tower at "gs:/,
  ],
  [
    'shares of production that do not sum to 1',
    clicks,
    { ...OPTIONS.clicks, from: 'retrieval', distances: '{0: 0.7}' },
    nothing,
    /sum to|masses|0\.7/,
  ],
  [
    'a checkpoint in another format',
    clicks,
    OPTIONS.clicks,
    () => project.write('models/item/v3.onnx', Buffer.from('PK\u0003\u0004torch')),
    /^models\/item\/v3.onnx: item checkpoint "v3" that is no ONNX model \(it is a ZIP archive/,
  ],
  [
    'an old checkpoint of another dimension',
    clicks,
    OPTIONS.clicks,
    () => project.write('models/item/v1.onnx', onnx(lookupTower(Array(50).fill([1, 2]), 'item_index'))),
    /embeddings of 2 numbers/,
  ],
  [
    'towers of different dimensions',
    clicks,
    OPTIONS.clicks,
    () => {
      for (const version of ['v1', 'v2', 'v3'])
        project.write(`models/item/${version}.onnx`, onnx(lookupTower(Array(50).fill([1, 2]), 'item_index')));
    },
    /^models\/item\/v3.onnx: embeddings of 2 numbers from item checkpoint "v3", against 4/,
  ],
  [
    'towers that are no checkpoints',
    clicks,
    { ...OPTIONS.clicks, 'item-tower': 'models/item/{version}.pt' },
    () => {
      for (const version of ['v1', 'v2', 'v3']) project.write(`models/item/${version}.pt`, 'x');
    },
    /neither an .onnx file nor a table of vectors; .* torch.onnx.export/,
  ],
];

describe('init refuses', () => {
  it.each(CASES)('%s', async (_, files, options, spoil, message) => {
    project = new Project(files());
    spoil();
    const result = await started(project, options);
    expect(result.message).toMatch(message);
    expect(result.message.split('\n')).toHaveLength(1);
    expect(result.status).toBe(2);
    for (const path of ['gates/mine.yml', 'models/mine.yml', '.github/workflows/skewgate.yml'])
      expect(existsSync(join(project.folder, path)), path).toBe(false);
  });

  it.each(['gates/mine.yml', 'models/mine.yml', '.github/workflows/skewgate.yml'])('to overwrite %s', async (path) => {
    project = new Project({ ...clicks(), [path]: 'mine\n' });
    const { status, message } = await started(project, OPTIONS.clicks);
    expect(message).toMatch(
      new RegExp(`^${path.replaceAll('.', '\\.')}: a file that is there already, and is not overwritten; .* Add: --`),
    );
    expect(status).toBe(2);
    expect(project.read(path)).toBe('mine\n');
  });

  it('to write through a link that leads out of the workspace', async () => {
    project = new Project(clicks());
    const outside = new Project({});
    mkdirSync(join(outside.folder, 'gates'));
    symlinkSync(join(outside.folder, 'gates'), join(project.folder, 'gates'));
    const { message } = await started(project, OPTIONS.clicks);
    expect(message).toBe('"gates/mine.yml", which leads out of the workspace; expected a path inside it.');
    expect(existsSync(join(outside.folder, 'gates/mine.yml'))).toBe(false);
    outside.remove();
  });

  it('files outside of the workspace', async () => {
    project = new Project(clicks());
    const outside = new Project(clicks());
    const rows = join(outside.folder, 'eval/rows.csv');
    const relative = `../${outside.folder.split('/').at(-1)}/eval/rows.csv`;
    const { message } = await started(project, { ...OPTIONS.clicks, rows: relative });
    expect(message).toMatch(/^--rows ".*", outside the workspace; expected a path inside /);
    expect(existsSync(rows)).toBe(true);
    outside.remove();
  });
});
