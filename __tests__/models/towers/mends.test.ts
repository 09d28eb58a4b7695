/** Every mend that is a line of YAML, pasted where it belongs: it must parse, and the run must go further. */
import { describe, expect, it } from 'vitest';
import type { ElementType, Model, OnnxNode, Value } from '../../support/onnx.js';
import { digest, type Project } from '../../support/project.js';
import { MODEL, POLICY, project, removedAfterEach, serve } from '../../support/served-towers.js';

removedAfterEach();

const ITEM = 'onnx: item/{version}.onnx';
const X: Value = { name: 'item_index', type: 'float32', shape: ['batch', 1] };

/** Item embeddings of shape [batch, 4], made of the index, and whatever else is asked for. */
function towerOf(more: Partial<Model> = {}, nodes: readonly OnnxNode[] = []): Model {
  return {
    inputs: [X],
    outputs: [{ name: 'embedding', type: 'float32', shape: ['batch', 4] }],
    nodes: [{ op: 'MatMul', inputs: ['item_index', 'w'], outputs: ['embedding'] }, ...nodes],
    ...more,
    initializers: [
      { name: 'w', type: 'float32', shape: [1, 4], values: [0.01, 0.02, -0.01, 0.015] },
      ...(more.initializers ?? []),
    ],
  };
}

const cast = (from: string, to: string, code: number): OnnxNode => ({
  op: 'Cast',
  inputs: [from],
  outputs: [to],
  attributes: { to: code },
});

/** Sums over lists of any length. @param name of the list's input, and of its mask's */
function listTower(
  name: string,
  mask?: string,
  shape: Value['shape'] = ['batch', 'length'],
  type: ElementType = 'int64',
): Model {
  const input = (one: string): Value => ({ name: one, type, shape });
  return {
    inputs: [input(name), ...(mask === undefined ? [] : [input(mask)])],
    outputs: [{ name: 'embedding', type: 'float32', shape: ['batch', 4] }],
    nodes: [
      ...(mask === undefined
        ? [cast(name, 'values', 1)]
        : [cast(name, 'all', 1), cast(mask, 'ones', 1), { op: 'Mul', inputs: ['all', 'ones'], outputs: ['values'] }]),
      { op: 'ReduceSum', inputs: ['values', 'axis'], outputs: ['sum'], attributes: { keepdims: 1 } },
      { op: 'MatMul', inputs: ['sum', 'w'], outputs: ['embedding'] },
    ],
    initializers: [
      { name: 'axis', type: 'int64', shape: [1], values: [1] },
      { name: 'w', type: 'float32', shape: [1, 4], values: [0.01, 0.02, -0.01, 0.015] },
    ],
  };
}

/** Adds lists of different lengths to the rows, as JSON Lines. */
function withLists(p: Project, column: string): void {
  const [head = '', ...lines] = p.read('eval/rows.csv').trimEnd().split('\n');
  const names = head.split(',');
  const rows = lines.map((line) => {
    const row = Object.fromEntries(line.split(',').map((cell, c) => [names[c] ?? '', cell]));
    const item = Number(row.item_index);
    const list = Array.from({ length: 1 + (item % 4) }, (_, i) => item + i);
    return JSON.stringify({
      ...row,
      clicked: Number(row.clicked),
      weight: 1,
      query_index: Number(row.query_index),
      item_index: item,
      [column]: list,
    });
  });
  const text = `${rows.join('\n')}\n`;
  p.write('eval/rows.jsonl', text);
  p.edit(POLICY, 'rows.csv', 'rows.jsonl').edit(POLICY, digest(p.bytes('eval/rows.csv')), digest(text));
}

/** The line that the first problem proposes. */
function lineOf(message: string): string {
  const [, line] = /(?:[Ww]rite|feeds in place of 1, write): (.*)$/m.exec(message) ?? [];
  if (line === undefined) throw new Error(`no line of YAML: ${message}`);
  return line;
}

type Paste = (p: Project, line: string) => unknown;
const beside: Paste = (p, line) => p.edit(MODEL, ITEM, `${ITEM}\n  ${line}`);
const amongInputs: Paste = (p, line) => p.edit(MODEL, ITEM, `${ITEM}\n  inputs:\n    ${line}`);

describe('a mend that is YAML goes further when it is pasted', () => {
  const two = (name: string, type: ElementType, shape: Value['shape'], node: OnnxNode): Model =>
    towerOf(
      {
        outputs: [
          { name, type, shape },
          { name: 'embedding', type: 'float32', shape: ['batch', 4] },
        ],
      },
      [node],
    );
  it.each<[string, Model, Paste, ((p: Project) => unknown)?]>([
    [
      'an output beside token states',
      towerOf(
        {
          outputs: [
            { name: 'token_embeddings', type: 'float32', shape: ['batch', 1, 4] },
            { name: 'embedding', type: 'float32', shape: ['batch', 4] },
          ],
          initializers: [{ name: 'axis', type: 'int64', shape: [1], values: [1] }],
        },
        [{ op: 'Unsqueeze', inputs: ['embedding', 'axis'], outputs: ['token_embeddings'] }],
      ),
      beside,
    ],
    ['an output beside a class', two('label', 'int64', ['batch', 4], cast('embedding', 'label', 7)), beside],
    [
      'an output whose name YAML would take for a number',
      {
        ...towerOf(
          {
            outputs: [
              { name: 'label', type: 'int64', shape: ['batch', 4] },
              { name: '1234', type: 'float32', shape: ['batch', 4] },
            ],
          },
          [cast('1234', 'label', 7)],
        ),
        nodes: [{ op: 'MatMul', inputs: ['item_index', 'w'], outputs: ['1234'] }, cast('1234', 'label', 7)],
      },
      beside,
    ],
    [
      'a declared output that cannot be one',
      two('label', 'int64', ['batch', 4], cast('embedding', 'label', 7)),
      (p, line) => p.edit(MODEL, 'output: label', line),
      (p) => p.edit(MODEL, ITEM, `${ITEM}\n  output: label`),
    ],
    [
      'a constant for an input without axes',
      towerOf({ inputs: [X, { name: 'logit:scale', type: 'float32', shape: [] }] }, [
        { op: 'Mul', inputs: ['e', 'logit:scale'], outputs: ['embedding'] },
      ]),
      amongInputs,
    ],
    [
      'lists without padding, in a graph without a mask',
      listTower('tokens'),
      amongInputs,
      (p) => withLists(p, 'tokens'),
    ],
    [
      'lists without padding, in a graph with a mask',
      listTower('tokens', 'attention_mask'),
      amongInputs,
      (p) => {
        withLists(p, 'tokens');
      },
    ],
    [
      'lists of an input whose name is no plain word',
      listTower('tokens:0'),
      amongInputs,
      (p) => withLists(p, 'tokens:0'),
    ],
    [
      'lists that are longer than the graph takes',
      listTower('tokens', undefined, ['batch', 3]),
      (p, line) => p.edit(MODEL, 'tokens: {column: tokens, pad: 0}', line),
      (p) => {
        withLists(p, 'tokens');
        p.edit(MODEL, ITEM, `${ITEM}\n  inputs:\n    tokens: {column: tokens, pad: 0}`);
      },
    ],
    [
      'a scalar that is declared as a list',
      towerOf(),
      (p, line) => p.edit(MODEL, 'item_index: {column: item_index, pad: 0}', line),
      (p) => p.edit(MODEL, ITEM, `${ITEM}\n  inputs:\n    item_index: {column: item_index, pad: 0}`),
    ],
    [
      'another batch than the graph fixes',
      towerOf({ inputs: [{ ...X, shape: [2, 1] }], outputs: [{ name: 'embedding', type: 'float32', shape: [2, 4] }] }),
      (p, line) => p.edit(MODEL, 'batch: 8', line),
      (p) => p.edit(MODEL, ITEM, `${ITEM}\n  batch: 8`),
    ],
    [
      'a constant beside a column',
      towerOf(),
      (p, line) => p.edit(MODEL, '{constant: 1, column: item_index}', line),
      (p) => p.edit(MODEL, ITEM, `${ITEM}\n  inputs:\n    item_index: {constant: 1, column: item_index}`),
    ],
  ])('%s', async (_, model, paste, spoil) => {
    const fixed = model.inputs.some(({ name }) => name === 'logit:scale')
      ? { ...model, nodes: model.nodes.map((node) => (node.op === 'MatMul' ? { ...node, outputs: ['e'] } : node)) }
      : model;
    serve(fixed, spoil);
    const before = await project.judge();
    expect(before.status, before.message).toBe(2);
    const line = lineOf(before.message);
    paste(project, line);
    const after = await project.judge();
    expect(after.message, line).toBe('');
  });
});

describe('a sentence encoder as PyTorch exports it', () => {
  it('is judged once every line that is proposed stands in the release', async () => {
    const { inputs, nodes, ...rest } = listTower('input_ids', 'attention_mask');
    const types: Value = { name: 'token_type_ids', type: 'int64', shape: ['batch', 'length'] };
    serve(
      {
        ...rest,
        inputs: [...inputs, types],
        outputs: [
          { name: 'token_embeddings', type: 'float32', shape: ['batch', 'length', 1] },
          { name: 'sentence_embedding', type: 'float32', shape: ['batch', 4] },
        ],
        nodes: [
          ...nodes.slice(0, 3),
          cast('token_type_ids', 'types', 1),
          { op: 'Add', inputs: ['values', 'types'], outputs: ['typed'] },
          { op: 'ReduceSum', inputs: ['typed', 'axis'], outputs: ['sum'], attributes: { keepdims: 1 } },
          { op: 'MatMul', inputs: ['sum', 'w'], outputs: ['sentence_embedding'] },
          { op: 'Unsqueeze', inputs: ['values', 'last'], outputs: ['token_embeddings'] },
        ],
        initializers: [...rest.initializers!, { name: 'last', type: 'int64', shape: [1], values: [2] }],
      },
      (p) => withLists(p, 'input_ids'),
    );
    const lines: string[] = [];
    for (let outcome = await project.judge(); outcome.status === 2; outcome = await project.judge()) {
      const line = lineOf(outcome.message);
      expect(lines).not.toContain(line);
      if (lines.length === 1) project.edit(MODEL, ITEM, `${ITEM}\n  inputs:`);
      if (lines.length > 0) project.edit(MODEL, '\n  inputs:', `\n  inputs:\n    ${line}`);
      else project.edit(MODEL, ITEM, `${ITEM}\n  ${line}`);
      lines.push(line);
    }
    expect(lines.toSorted()).toEqual([
      'input_ids: {column: input_ids, pad: 0, mask: attention_mask}',
      'output: sentence_embedding',
      'token_type_ids: {constant: 0}',
    ]);
  });
});
