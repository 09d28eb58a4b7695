/** Columns of lists through real graphs: padded, cut, masked and typed as the graph wants them. */
import { afterEach, describe, expect, it } from 'vitest';
import { itemTowers, toFloat, tower } from '../../support/item-towers.js';
import type { Model } from '../../support/onnx.js';
import { Project } from '../../support/project.js';

let project: Project;
afterEach(() => project.remove());
const MODEL = 'models/release.yml';

const { items, calibration, addColumn, reference } = itemTowers(
  () => project,
  () => {
    project = new Project();
  },
);

describe('a column of lists', () => {
  /** x = Σ values · mask over the padded axis. */
  const masked = (length: number | string): Model =>
    tower(
      [
        { name: 'tokens', type: 'int64', shape: ['batch', length] },
        { name: 'attention_mask', type: 'float32', shape: ['batch', length] },
      ],
      [
        toFloat('tokens', 'values'),
        { op: 'Mul', inputs: ['values', 'attention_mask'], outputs: ['kept'] },
        { op: 'ReduceSum', inputs: ['kept', 'axis'], outputs: ['x'], attributes: { keepdims: 1 } },
      ],
      [{ name: 'axis', type: 'int64', shape: [1], values: [1] }],
    );
  const listOf = (item: number) => Array.from({ length: 1 + (item % 4) }, (_, i) => (i + item) % 3);
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
  const ragged = (extra: string) =>
    project.edit(
      MODEL,
      'onnx: item/{version}.onnx',
      `onnx: item/{version}.onnx\n  inputs: {tokens: {column: tokens, pad: 9${extra}, mask: attention_mask}}`,
    );
  const addTokens = () => addColumn('tokens', (item) => `"[${listOf(item).join(', ')}]"`);

  it.each([
    ['padded to the longest of the batch', 'length', '', (item: number) => sum(listOf(item))],
    ['padded to a length', 'length', ', length: 7', (item: number) => sum(listOf(item))],
    ['padded to the length of the graph', 4, '', (item: number) => sum(listOf(item))],
    ['cut to a length', 'length', ', length: 2', (item: number) => sum(listOf(item).slice(0, 2))],
  ] as const)('%s, with its mask', async (_, length, extra, value) => {
    const expected = await reference((item) => value(item));
    project = new Project();
    addTokens();
    ragged(extra);
    items(masked(length));
    expect(await calibration()).toBeCloseTo(expected, 6);
  });

  it.each<[string, number | string, string[], string]>([
    ['of different lengths', 'length', [], '{column: tokens, pad: 0}'],
    [
      'of different lengths, with a mask at hand',
      'length',
      ['attention_mask'],
      '{column: tokens, pad: 0, mask: attention_mask}',
    ],
    ['shorter than the input', 9, [], '{column: tokens, pad: 0}'],
    ['longer than the input', 3, [], '{column: tokens, pad: 0, length: 3}'],
  ])('%s without padding is refused, with the row and the right form', async (_, length, masks, mend) => {
    project = new Project();
    addTokens();
    if (masks.length > 0)
      addColumn(
        'attention_mask',
        (item) =>
          `"[${listOf(item)
            .map(() => 1)
            .join(', ')}]"`,
      );
    const inputs = ['tokens', ...masks].map((name) => ({ name, type: 'int64', shape: ['batch', length] }) as const);
    items({ ...masked('length'), inputs, nodes: [toFloat('tokens', 'embedding')] });
    const { status, message } = await project.judge();
    expect(status).toBe(2);
    expect(message).toMatch(
      /eval\/rows.csv:\d+:1: row \d+, column "tokens" is a list of \d; expected lists of \d, or a declared padding/,
    );
    expect(message.split('\n')[0]).toMatch(new RegExp(`Write: tokens: ${mend.replace(/[{}]/g, '\\$&')}$`));
  });

  it('longer than the graph takes is cut only where the release says so', async () => {
    project = new Project();
    addTokens();
    ragged('');
    items(masked(3));
    const { status, message } = await project.judge();
    expect(status).toBe(2);
    expect(message).toMatch(
      /eval\/rows.csv:\d+:1: row \d+, column "tokens" is a list of 4( \(and \d+ more rows\))?; expected lists of at most 3, as input "tokens" of models\/item\/v3.onnx wants, or a declared cut\./,
    );
    const mend = /write: tokens: (\{.*\})$/.exec(message.split('\n')[0]!)![1]!;
    expect(mend).toBe('{column: tokens, pad: 9, length: 3, mask: attention_mask}');
    project.edit(MODEL, '{column: tokens, pad: 9, mask: attention_mask}', mend);
    const value = await calibration();
    project.remove();
    expect(value).toBeCloseTo(await reference((item) => sum(listOf(item).slice(0, 3))), 6);
    project = new Project();
  });

  it('is asked for where the column holds texts', async () => {
    project = new Project();
    addColumn('tokens', () => 'red shoes');
    ragged('');
    items(masked('length'));
    expect((await project.judge()).message).toMatch(
      /input "tokens" of models\/item\/v3.onnx with column "tokens", whose values are texts; expected tokens: a list of whole numbers a row\. In Python, with the tokenizer that serves: .*pandas\.read_csv\("eval\/rows\.csv"\); t\["tokens"\] = tokenizer\(.*docs\/encoders\.md/,
    );
  });
});
