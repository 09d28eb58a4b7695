/** An embedding depends on its own features: not on chance, not on its neighbours in the batch. */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { validate } from '../../../src/commands/validate.js';
import { distance, LIMIT, ROUNDING, spread } from '../../../src/models/towers/steadiness.js';
import { KeepingHost } from '../../support/host.js';
import { lookupTower, type Model, type OnnxNode, onnx } from '../../support/onnx.js';
import { Project, VERSIONS } from '../../support/project.js';
import { sweepOf } from '../../support/sweep-report.js';

let project: Project;
afterEach(() => project.remove());

const MODEL = 'models/release.yml';
const POLICY = 'gates/gate.yml';
const ITEMS = 50;
const TABLE = Array.from({ length: ITEMS }, (_, i) => [Math.sin(i), Math.cos(i * 1.7), 0.3 + i / ITEMS, -0.4]);

/** The looked-up row goes through `nodes`, from `e` to `embedding`. */
function lookupThen(nodes: readonly OnnxNode[], more: Partial<Model> = {}, table = TABLE, input = 'item_index'): Model {
  const model = lookupTower(table, input);
  return {
    ...model,
    ...more,
    nodes: [{ ...model.nodes[0]!, outputs: ['e'] }, ...nodes],
    initializers: [...model.initializers!, ...(more.initializers ?? [])],
  };
}

/** e + share · mean of e over the batch. */
function leaning(share: number, table = TABLE, input = 'item_index'): Model {
  return lookupThen(
    [
      { op: 'ReduceMean', inputs: ['e'], outputs: ['mean'], name: 'pool', attributes: { axes: [0], keepdims: 1 } },
      { op: 'Mul', inputs: ['mean', 'share'], outputs: ['part'] },
      { op: 'Add', inputs: ['e', 'part'], outputs: ['embedding'] },
    ],
    { initializers: [{ name: 'share', type: 'float32', shape: [1], values: [share] }] },
    table,
    input,
  );
}

/** What dynamic quantisation to 8 bits leaves of it. */
const QUANTISED = lookupThen([
  { op: 'DynamicQuantizeLinear', inputs: ['e'], outputs: ['q', 's', 'z'], name: 'quantise' },
  { op: 'DequantizeLinear', inputs: ['q', 's', 'z'], outputs: ['embedding'] },
]);

function serve(model: Model, release: (p: Project) => unknown = () => undefined): Project {
  project = new Project();
  for (const version of VERSIONS) project.write(`models/item/${version}.onnx`, onnx(model));
  project.edit(POLICY, 'metric: log_loss, max_increase: 5%', 'metric: calibration, max_change: 0.5');
  release(project);
  return project;
}

const batch = (size: number) => (p: Project) =>
  p.edit(MODEL, 'onnx: item/{version}.onnx', `onnx: item/{version}.onnx\n  batch: ${size}`);

async function refusal(model: Model, release?: (p: Project) => unknown): Promise<string> {
  const { status, message } = await serve(model, release).judge();
  expect(status).toBe(2);
  project.remove();
  return message;
}

/** The mean prediction over the mean label at distance 0, which depends on every embedding; and the notices. */
async function judged(model: Model, release?: (p: Project) => unknown) {
  const { report, message } = await serve(model, release).judge();
  expect(message).toBe('');
  project.remove();
  const value = sweepOf(report).curve.find((p) => p.metric === 'calibration' && p.distance === 0)!.value;
  return { value, notices: report!.notices };
}

/** Items in the order in which the rows name them, which is the order of their entities. */
function order(): number[] {
  const lines = new Project();
  const rows = lines.read('eval/rows.csv').trimEnd().split('\n').slice(1);
  lines.remove();
  return [...new Set(rows.map((line) => Number(line.split(',').at(-1))))];
}

describe('a tower that draws at random', () => {
  it.each<[string, Model, string]>([
    [
      'noise that is added',
      lookupThen([
        { op: 'RandomNormalLike', inputs: ['e'], outputs: ['noise'], name: 'jitter' },
        { op: 'Add', inputs: ['e', 'noise'], outputs: ['embedding'] },
      ]),
      'RandomNormalLike "jitter" draws at random',
    ],
    [
      'dropout in training mode',
      lookupThen([{ op: 'Dropout', inputs: ['e', 'ratio', 'training'], outputs: ['embedding'] }], {
        initializers: [
          { name: 'ratio', type: 'float32', shape: [], values: [0.1] },
          { name: 'training', type: 'bool', shape: [], values: [1] },
        ],
      }),
      'Dropout draws at random',
    ],
  ])('is refused: %s', async (_, model, why) => {
    const message = await refusal(model);
    expect(message).toMatch(
      /^models\/item\/v3.onnx: item checkpoint "v3", which embeds item "i\d+" in two ways in two runs \(\S+ % of its length apart; /,
    );
    expect(message).toContain(why);
    expect(message).toMatch(
      /expected an embedding that depends on its own features alone, not on chance\. .*model\.eval\(\)/,
    );
  });

  it('is refused though it draws for one item alone, which is not in the sample', async () => {
    const items = order();
    const hidden = items.findIndex((_, e) => !spread(items.length, []).includes(e));
    const noisy = lookupThen(
      [
        { op: 'RandomUniformLike', inputs: ['e'], outputs: ['noise'] },
        { op: 'Gather', inputs: ['flags', 'item_index'], outputs: ['flag'], attributes: { axis: 0 } },
        { op: 'Mul', inputs: ['noise', 'flag'], outputs: ['some'] },
        { op: 'Add', inputs: ['e', 'some'], outputs: ['embedding'] },
      ],
      {
        initializers: [
          {
            name: 'flags',
            type: 'float32',
            shape: [ITEMS, 1],
            values: TABLE.map((_, item) => (item === items[hidden] ? 1 : 0)),
          },
        ],
      },
    );
    const message = await refusal(noisy);
    expect(message).toContain(`embeds item "i${items[hidden]}" in two ways in two runs`);
  });

  it('is refused though two runs agree: another run, or another runtime, need not', async () => {
    const silent = lookupThen(
      [
        { op: 'RandomUniformLike', inputs: ['e'], outputs: ['noise'], name: 'jitter' },
        { op: 'Mul', inputs: ['noise', 'nothing'], outputs: ['part'] },
        { op: 'Add', inputs: ['e', 'part'], outputs: ['embedding'] },
      ],
      { initializers: [{ name: 'nothing', type: 'float32', shape: [1], values: [0] }] },
    );
    expect(await refusal(silent)).toMatch(
      /^models\/item\/v3.onnx: item checkpoint "v3", in which RandomUniformLike "jitter" draws at random, though two runs agreed here; expected .*model\.eval\(\)/,
    );
  });

  it('is refused whatever batch it is served in', async () => {
    const noisy = lookupThen([
      { op: 'RandomUniformLike', inputs: ['e'], outputs: ['noise'] },
      { op: 'Add', inputs: ['e', 'noise'], outputs: ['embedding'] },
    ]);
    for (const size of [1, 7, 1024]) expect(await refusal(noisy, batch(size))).toMatch(/in two ways in two runs/);
  });

  it('is not one whose dropout is switched off', async () => {
    const off = lookupThen([{ op: 'Dropout', inputs: ['e', 'ratio', 'training'], outputs: ['embedding'] }], {
      initializers: [
        { name: 'ratio', type: 'float32', shape: [], values: [0.5] },
        { name: 'training', type: 'bool', shape: [], values: [0] },
      ],
    });
    expect((await judged(off)).value).toBe((await judged(lookupTower(TABLE, 'item_index'))).value);
  });
});

describe('what is no error, but is said', () => {
  it('a batch that the release declares, and that decides', async () => {
    const { notices } = await judged(leaning(0.1), batch(8));
    expect(notices).toContainEqual(
      expect.stringMatching(
        /item\/v3.onnx: item "i\d+" alone differs .* as `batch: 8` allows: the figures are those of/,
      ),
    );
    expect((await judged(lookupTower(TABLE, 'item_index'), batch(8))).notices.join()).not.toContain('batch: 8');
  });

  it('a tower that does not look at what it embeds', async () => {
    const same = lookupTower(
      TABLE.map(() => TABLE[0]!),
      'item_index',
    );
    expect((await judged(same)).notices).toContainEqual(
      expect.stringMatching(/item\/v3.onnx: all \d+ items have the same embedding: it does not depend on the item/),
    );
  });
});

describe('a tower that looks at its batch', () => {
  it.each<[string, Model, string]>([
    [
      'a softmax over axis 0',
      lookupThen([{ op: 'Softmax', inputs: ['e'], outputs: ['embedding'], attributes: { axis: 0 } }]),
      'Softmax runs over axis 0, the batch',
    ],
    ['a mean over axis 0', leaning(0.1), 'ReduceMean "pool" runs over axis 0, the batch'],
    ['dynamic quantisation', QUANTISED, 'DynamicQuantizeLinear "quantise" takes its scale from the whole batch'],
    [
      'batch normalisation in training mode',
      lookupThen(
        [
          {
            op: 'BatchNormalization',
            inputs: ['e', 'scale', 'shift', 'running_mean', 'running_variance'],
            outputs: ['embedding', 'mean', 'variance'],
            name: 'bn',
            attributes: { training_mode: 1 },
          },
        ],
        {
          opset: 15,
          initializers: [
            { name: 'scale', type: 'float32', shape: [4], values: [1, 1, 1, 1] },
            { name: 'shift', type: 'float32', shape: [4], values: [0.5, 0.5, 0.5, 0.5] },
            { name: 'running_mean', type: 'float32', shape: [4], values: [0, 0, 0, 0] },
            { name: 'running_variance', type: 'float32', shape: [4], values: [1, 1, 1, 1] },
          ],
        },
      ),
      'BatchNormalization "bn" in training mode takes the mean of the batch',
    ],
  ])('is refused: %s', async (_, model, why) => {
    const message = await refusal(model);
    expect(message).toMatch(
      /^models\/item\/v3.onnx: embedding of item "(i\d+)" alone differs from "\1" beside others in its batch by \S+ % of its length in item checkpoint "v3" \(/,
    );
    expect(message).toContain(why);
    expect(message).toMatch(/not on its batch\. .*beside its `onnx:` write: batch: 1$/);
  });

  it('is refused on the query side too', async () => {
    const queries = Array.from({ length: 180 }, (_, i) => [Math.sin(i), Math.cos(i), 0.2, i / 180]);
    const message = await refusal(lookupTower(TABLE, 'item_index'), (p) =>
      p.write('models/query/v3.onnx', onnx(leaning(0.5, queries, 'query_index'))),
    );
    expect(message).toMatch(/^models\/query\/v3.onnx: embedding of query "r\d+" alone differs from/);
  });

  it('is embedded as it is served where the release says so: one at a time', async () => {
    const own = TABLE.map((row) => row.map((x) => 1.1 * x));
    const { value, notices } = await judged(leaning(0.1), batch(1));
    expect(value).toBeCloseTo((await judged(lookupTower(own, 'item_index'))).value, 6);
    expect(notices.join('\n')).not.toMatch(/one at a time/);
  });

  it('is embedded as it is served where the release says so: in the order of the table', async () => {
    const size = 7;
    const items = order();
    const means = new Map<number, number[]>();
    for (let from = 0; from < items.length; from += size) {
      const group = items.slice(from, from + size);
      const mean = [0, 1, 2, 3].map((d) => group.reduce((sum, i) => sum + TABLE[i]![d]!, 0) / group.length);
      for (const i of group) means.set(i, mean);
    }
    const leant = TABLE.map((row, i) => row.map((x, d) => x + 0.8 * means.get(i)![d]!));
    const { value } = await judged(leaning(0.8), batch(size));
    expect(value).toBeCloseTo((await judged(lookupTower(leant, 'item_index'))).value, 6);
    expect(Math.abs(value - (await judged(leaning(0.8), batch(8))).value)).toBeGreaterThan(3e-6);
  });

  it('whose graph fixes another batch than the release declares is refused', async () => {
    const free = lookupTower(TABLE, 'item_index');
    const fixed = {
      ...free,
      inputs: [{ ...free.inputs[0]!, shape: [8] }],
      outputs: [{ ...free.outputs[0]!, shape: [8, 4] }],
    };
    expect(await refusal(fixed, batch(4))).toMatch(
      /^models\/release.yml:8:10: batch: 4, where models\/item\/v3.onnx fixes a batch of 8; expected the batch of the graph, as it takes no other. Write: batch: 8/,
    );
    expect((await judged(fixed, batch(8))).value).toBe((await judged(free)).value);
  });

  it('and fixes its batch is refused, as the rows that fill it decide', async () => {
    const leant = leaning(0.5);
    const fixed = {
      ...leant,
      inputs: [{ ...leant.inputs[0]!, shape: [8] }],
      outputs: [{ ...leant.outputs[0]!, shape: [8, 4] }],
    };
    expect(await refusal(fixed)).toMatch(/ReduceMean "pool" runs over axis 0/);
  });
});

describe('noise of the batch that is below the limit', () => {
  it('decides nothing: such a checkpoint is embedded one at a time, and that is said', async () => {
    const share = 2e-4;
    const own = await judged(
      lookupTower(
        TABLE.map((row) => row.map((x) => (1 + share) * x)),
        'item_index',
      ),
    );
    const { value, notices } = await judged(leaning(share));
    expect(value).toBeCloseTo(own.value, 8);
    const together = await judged(leaning(share), batch(1024));
    expect(Math.abs(together.value - own.value)).toBeGreaterThan(1e-7);
    expect(notices).toContainEqual(
      expect.stringMatching(
        /^models\/item\/v3.onnx: an item embedded alone differs from itself in a batch of 50 items by up to 0\.0\d+ % of its length\. They are embedded one at a time, so that nothing depends on a batch/,
      ),
    );
  });

  it('is none where only the order of float32 sums can differ', async () => {
    const { value, notices } = await judged(leaning(1e-7));
    expect(value).toBeCloseTo((await judged(lookupTower(TABLE, 'item_index'))).value, 6);
    expect(notices.join('\n')).not.toMatch(/one at a time/);
  });
});

describe('a list that a longer neighbour pads', () => {
  /** embedding = [Σ tokens of the padded list / its padded length, 1, 1, 1], with a padding of 9. */
  const pooled = (length: number | string): Model => ({
    inputs: [{ name: 'tokens', type: 'int64', shape: ['batch', length] }],
    outputs: [{ name: 'embedding', type: 'float32', shape: ['batch', 4] }],
    nodes: [
      { op: 'Cast', inputs: ['tokens'], outputs: ['values'], attributes: { to: 1 } },
      { op: 'ReduceMean', inputs: ['values'], outputs: ['x'], attributes: { axes: [1], keepdims: 1 } },
      { op: 'Mul', inputs: ['x', 'zeros'], outputs: ['nothing'] },
      { op: 'Add', inputs: ['nothing', 'ones'], outputs: ['rest'] },
      { op: 'Concat', inputs: ['x', 'rest'], outputs: ['embedding'], attributes: { axis: 1 } },
    ],
    initializers: [
      { name: 'zeros', type: 'float32', shape: [1, 3], values: [0, 0, 0] },
      { name: 'ones', type: 'float32', shape: [1, 3], values: [1, 1, 1] },
    ],
  });
  const listOf = (item: number) => Array.from({ length: 1 + (item % 4) }, (_, i) => (i + item) % 3);
  const tokens =
    (more = '') =>
    (p: Project) => {
      const lines = p.read('eval/rows.csv').trimEnd().split('\n');
      p.rows(
        `${lines.map((line, r) => `${line},${r === 0 ? 'tokens' : `"[${listOf(Number(line.split(',').at(-1))).join(', ')}]"`}`).join('\n')}\n`,
      );
      p.edit(
        MODEL,
        'onnx: item/{version}.onnx',
        `onnx: item/{version}.onnx${more}\n  inputs: {tokens: {column: tokens, pad: 9}}`,
      );
    };

  it('is refused where the padding is read', async () => {
    const message = await refusal(pooled('length'), tokens());
    expect(message).toMatch(
      /\(a longer neighbour pads "tokens", and something reads the padding\).*Give the encoder a mask/,
    );
  });

  it('is its own where it is embedded alone, as serving does', async () => {
    const mean = (item: number) => listOf(item).reduce((a, b) => a + b, 0) / listOf(item).length;
    const { value } = await judged(pooled('length'), tokens('\n  batch: 1'));
    const expected = await judged(
      lookupTower(
        TABLE.map((_, item) => [mean(item), 1, 1, 1]),
        'item_index',
      ),
    );
    expect(value).toBeCloseTo(expected.value, 6);
  });

  it('is no matter where all are padded to one length', async () => {
    const mean = (item: number) => [...listOf(item), 9, 9, 9].slice(0, 4).reduce((a, b) => a + b, 0) / 4;
    const { value } = await judged(pooled(4), tokens());
    const expected = await judged(
      lookupTower(
        TABLE.map((_, item) => [mean(item), 1, 1, 1]),
        'item_index',
      ),
    );
    expect(value).toBeCloseTo(expected.value, 6);
  });
});

describe('an encoder of several vectors', () => {
  /** One vector a token, looked up; the last row of the table is the padding's. */
  const encoder = (padding: readonly number[]): Model => ({
    inputs: [{ name: 'tokens', type: 'int64', shape: ['batch', 'length'] }],
    outputs: [{ name: 'embedding', type: 'float32', shape: ['batch', 'length', 4] }],
    nodes: [{ op: 'Gather', inputs: ['table', 'tokens'], outputs: ['embedding'], attributes: { axis: 0 } }],
    initializers: [
      { name: 'table', type: 'float32', shape: [4, 4], values: [...TABLE.slice(0, 3).flat(), ...padding] },
    ],
  });
  const scored = (p: Project) => {
    const lines = p.read('eval/rows.csv').trimEnd().split('\n');
    const tokensOf = (item: number) => Array.from({ length: 1 + (item % 3) }, (_, i) => (item + i) % 3);
    p.rows(
      `${lines.map((line, r) => `${line},${r === 0 ? 'tokens' : `"[${tokensOf(Number(line.split(',').at(-1))).join(', ')}]"`}`).join('\n')}\n`,
    );
    p.edit(MODEL, 'similarity: dot', 'similarity: max_sim').edit(
      MODEL,
      'onnx: item/{version}.onnx',
      'onnx: item/{version}.onnx\n  inputs: {tokens: {column: tokens, pad: 3}}',
    );
  };

  it('is refused where padding gives vectors that max_sim would see', async () => {
    expect(await refusal(encoder([1, 1, 1, 1]), scored)).toMatch(
      /^models\/item\/v3.onnx: embedding of item "i\d+" alone differs .*a longer neighbour pads "tokens"/,
    );
  });

  it('is steady where padding gives zeros, which are taken out', async () => {
    const { value } = await judged(encoder([0, 0, 0, 0]), scored);
    expect(value).toBe(
      (
        await judged(encoder([1, 1, 1, 1]), (p) => {
          scored(p);
          p.edit(MODEL, 'onnx: item/{version}.onnx', 'onnx: item/{version}.onnx\n  batch: 1');
        })
      ).value,
    );
  });
});

describe('validate', () => {
  /** What it refuses; a tower that it accepts is no case here. */
  async function refusedBy(p: Project): Promise<string> {
    const host = new KeepingHost(p.folder);
    expect(await validate.run({ policy: join(p.folder, POLICY), release: join(p.folder, MODEL) }, host)).toBe(2);
    return host.message;
  }

  it('finds an embedding that depends on its batch, without the sweep', async () => {
    expect(await refusedBy(serve(leaning(0.1)))).toMatch(/ReduceMean "pool" runs over axis 0, the batch/);
  });

  it('reads the files of serving as the run does', async () => {
    serve(lookupTower(TABLE, 'item_index'), (p) => {
      p.write('models/item/v3.int8.onnx', 'garbage');
      p.edit(
        MODEL,
        'onnx: item/{version}.onnx',
        "onnx: item/{version}.onnx\n  served: {onnx: 'item/{version}.int8.onnx'}",
      );
      p.write(POLICY, `${p.read(POLICY)}  precision-parity:\n    require:\n      - {metric: score_rmse, max: 0.5}\n`);
    });
    expect(await refusedBy(project)).toMatch(/models\/item\/v3.int8.onnx: item checkpoint "v3" that is no ONNX model/);
  });
});

describe('the files of serving', () => {
  /** Dynamic quantisation of one row by itself, as onnx.proto's DynamicQuantizeLinear defines it. */
  function alone(row: readonly number[]): number[] {
    const [low, high] = [Math.min(0, ...row), Math.max(0, ...row)];
    const scale = Math.fround((high - low) / 255);
    const even = (x: number) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));
    const zero = even(-low / scale);
    return row.map((x) => (Math.min(255, Math.max(0, even(Math.fround(x) / scale) + zero)) - zero) * scale);
  }
  const queries = Array.from({ length: 180 }, (_, i) => [Math.sin(i * 0.7), Math.cos(i), 0.5, (i % 9) / 9 - 0.5]);
  const asked = (served: string) => (p: Project) => {
    for (const version of VERSIONS) p.write(`models/query/${version}.onnx`, onnx(lookupTower(queries, 'query_index')));
    p.write('models/item/v3.int8.onnx', onnx(QUANTISED));
    p.edit(MODEL, 'onnx: item/{version}.onnx', `onnx: item/{version}.onnx\n  served: ${served}`);
    p.write(POLICY, `${p.read(POLICY)}  precision-parity:\n    require:\n      - {metric: score_rmse, max: 0.5}\n`);
  };

  it('are embedded by the batch that they are served in: the error is serving’s', async () => {
    const tower = serve(lookupTower(TABLE, 'item_index'), asked("{onnx: 'item/{version}.int8.onnx', batch: 1}"));
    const { report, message } = await tower.judge();
    expect(message).toBe('');
    const rows = tower.read('eval/rows.csv').trimEnd().split('\n').slice(1);
    const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, d) => sum + x * b[d]!, 0);
    const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
    const squared = rows.map((line) => {
      const cells = line.split(',').map(Number);
      const [q, i] = [queries[cells.at(-2)!]!, TABLE[cells.at(-1)!]!];
      return (sigmoid(dot(q, i)) - sigmoid(dot(q, alone(i)))) ** 2;
    });
    const expected = Math.sqrt(squared.reduce((a, b) => a + b, 0) / squared.length);
    const found = report!.checks.find(({ check }) => check === 'precision-parity')!.findings[0]!;
    expect(found.metric).toBe('score_rmse');
    expect(found.value).toBeGreaterThan(1e-4);
    expect(found.value).toBeCloseTo(expected, 5);
  });

  it('are refused where they depend on a batch that is not declared', async () => {
    expect(await refusal(lookupTower(TABLE, 'item_index'), asked("{onnx: 'item/{version}.int8.onnx'}"))).toMatch(
      /^models\/item\/v3.int8.onnx: embedding of item "i\d+" alone differs/,
    );
  });
});

describe('what is compared', () => {
  it('is spread over the entities, with the shortest and the longest lists', () => {
    project = new Project();
    expect(spread(1000, [], 5)).toEqual([0, 250, 500, 749, 999]);
    expect(spread(3, [])).toEqual([0, 1, 2]);
    expect(spread(1, [])).toEqual([0]);
    expect(spread(0, [])).toEqual([]);
    expect(spread(1000, [{ sizeOf: (e) => (e === 17 ? 1 : e === 803 ? 9 : 5) }], 2)).toEqual([0, 17, 803, 999]);
  });

  it('is a share of the length, and more vectors count in full', () => {
    project = new Project();
    const one = { count: 1, dimension: 2, data: Float32Array.of(3, 4) };
    const other = { count: 2, dimension: 2, data: Float64Array.of(0, 0, 3, 4.5) };
    expect(distance(one, 0, one, 0)).toBe(0);
    expect(distance(one, 0, other, 1)).toBeCloseTo(0.5 / Math.hypot(3, 4.5), 12);
    const two = { count: 1, dimension: 2, data: Float32Array.of(3, 4, 3, 4), offsets: Int32Array.of(0, 2) };
    expect(distance({ ...one, offsets: Int32Array.of(0, 1) }, 0, two, 0)).toBeCloseTo(Math.SQRT1_2, 12);
    expect(distance(one, 0, { ...one, data: Float32Array.of(Number.NaN, 4) }, 0)).toBe(Number.POSITIVE_INFINITY);
    expect(ROUNDING).toBeLessThan(LIMIT);
  });
});
