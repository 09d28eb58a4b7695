/** Inputs that no column feeds: one value for every entity, in whatever shape the graph wants it. */
import { describe, expect, it } from 'vitest';
import type { Model, OnnxNode, Value } from '../../support/onnx.js';
import type { Project } from '../../support/project.js';
import { judged, lookupThen, MODEL, refusal, removedAfterEach, TABLE } from '../../support/served-towers.js';

removedAfterEach();

const ITEM = 'onnx: item/{version}.onnx';
const INDEX: Value = { name: 'item_index', type: 'int64', shape: ['batch'] };
const inputs = (line: string) => (p: Project) => p.edit(MODEL, ITEM, `${ITEM}\n  inputs: {${line}}`);

/** The looked-up row divided by a second input. */
const divided = (divisor: Value, nodes: readonly OnnxNode[] = []): Model =>
  lookupThen([...nodes, { op: 'Div', inputs: ['e', nodes.length > 0 ? 'd' : divisor.name], outputs: ['embedding'] }], {
    inputs: [INDEX, divisor],
  });

const HALVED = lookupThen(
  [{ op: 'Identity', inputs: ['e'], outputs: ['embedding'] }],
  {},
  TABLE.map((row) => row.map((x) => x / 2)),
);

describe('a constant', () => {
  it.each<[string, Model]>([
    ['of no axis', divided({ name: 'temperature', type: 'float32', shape: [] })],
    ['of one axis that is no batch', divided({ name: 'temperature', type: 'float32', shape: [1] })],
    ['for every entity', divided({ name: 'temperature', type: 'float32', shape: ['batch', 1] })],
    [
      'in whole numbers',
      divided({ name: 'temperature', type: 'int8', shape: ['batch', 4] }, [
        { op: 'Cast', inputs: ['temperature'], outputs: ['d'], attributes: { to: 1 } },
      ]),
    ],
    [
      'in half precision',
      divided({ name: 'temperature', type: 'float16', shape: [1, 1] }, [
        { op: 'Cast', inputs: ['temperature'], outputs: ['d'], attributes: { to: 1 } },
      ]),
    ],
  ])('%s is fed', async (_, model) => {
    const { value } = await judged(model, inputs('temperature: {constant: 2}'));
    expect(value).toBe((await judged(HALVED)).value);
  });

  it.each<[string, Value, string, RegExp]>([
    [
      'that the type cannot hold',
      { name: 'temperature', type: 'uint8', shape: [1] },
      '{constant: 0.05}',
      /models\/release.yml:8:12: constant 0.05 for input "temperature" of models\/item\/v3.onnx; expected a value of type uint8/,
    ],
    [
      'whose length nothing says',
      { name: 'types', type: 'int64', shape: ['batch', 'length'] },
      '{constant: 0}',
      /8:12: a constant for input "types" of models\/item\/v3.onnx, whose length no list beside it says/,
    ],
    [
      'of an input that the graph does not have',
      { name: 'temperature', type: 'float32', shape: [1] },
      '{constant: 1}, temprature: {constant: 1}',
      /8:40: input "temprature", which models\/item\/v3.onnx does not have.*Did you mean "temperature"/,
    ],
  ])('%s is refused', async (_, input, line, message) => {
    expect(await refusal(divided(input), inputs(`${input.name}: ${line}`))).toMatch(message);
  });

  it.each([
    ['temperature: {}', /8:25: an input with neither column nor constant; expected one of the two/],
    [
      'temperature: {constant: 1, pad: 0}',
      /8:26: a constant beside pad; expected a constant alone, .*Write: \{constant: 1\}/,
    ],
  ])('in place of a column is one of the two: %s', async (line, message) => {
    expect(await refusal(divided({ name: 'temperature', type: 'float32', shape: [1] }), inputs(line))).toMatch(message);
  });
});
