/** Features of every kind through real graphs: what goes in, in which type and shape, comes out as the embedding. */
import { afterEach, describe, expect, it } from 'vitest';
import { itemTowers, toFloat, tower } from '../../support/item-towers.js';
import { type ElementType, externalBytes, lookupTower, type Model } from '../../support/onnx.js';
import { digest, goodFiles, Project } from '../../support/project.js';

let project: Project;
afterEach(() => project.remove());
const MODEL = 'models/release.yml';
const POLICY = 'gates/gate.yml';

const { items, calibration, addColumn, reference } = itemTowers(
  () => project,
  () => {
    project = new Project();
  },
);

describe('an input of type', () => {
  const half = (item: number) => (item % 5) / 4;
  const whole = (item: number) => item % 3;

  it.each<[ElementType, (item: number) => number, string, readonly (number | string)[]]>([
    ['float32', half, 'flat', ['batch']],
    ['float64', half, 'in a column', ['batch', 1]],
    ['int32', whole, 'flat', ['batch']],
    ['int64', whole, 'in a column', ['n', 1]],
    ['bool', (item) => item % 2, 'flat', ['batch']],
    ['float16', half, 'in a column', ['batch', 1]],
    ['int8', (item) => (item % 3) - 1, 'in a column', ['batch', 1]],
    ['uint8', whole, 'flat', ['batch']],
    ['int16', (item) => 1 - (item % 3), 'in a column', ['batch', 1]],
    ['uint16', whole, 'in a column', ['batch', 1]],
    ['uint32', whole, 'in a column', ['batch', 1]],
  ])('%s is fed (%#)', async (type, value, _, shape) => {
    const expected = await reference(value);
    project = new Project();
    addColumn('feature', (item) => (type === 'bool' ? (value(item) === 1 ? 'true' : 'false') : String(value(item))));
    const flat = shape.length === 1;
    items(
      tower(
        [{ name: 'feature', type, shape }],
        flat
          ? [toFloat('feature', 'flat'), { op: 'Unsqueeze', inputs: ['flat', 'axis'], outputs: ['x'] }]
          : [toFloat('feature')],
        flat ? [{ name: 'axis', type: 'int64', shape: [1], values: [1] }] : [],
      ),
    );
    expect(await calibration()).toBeCloseTo(expected, 6);
  });

  it('string is fed as texts', async () => {
    const expected = await reference((item) => item % 3);
    project = new Project();
    addColumn('feature', (item) => String(item % 3));
    // Strings that are numbers cast to numbers inside the graph.
    items(tower([{ name: 'feature', type: 'string', shape: ['batch', 1] }], [toFloat('feature')]));
    expect(await calibration()).toBeCloseTo(expected, 6);
  });

  it.each([
    ['bfloat16', 'Export the model in float32'],
    ['uint64', 'Cast inside the graph'],
  ] as const)('%s is refused by name', async (type, mend) => {
    project = new Project();
    addColumn('feature', () => '1');
    items(tower([{ name: 'feature', type, shape: ['batch', 1] }], [toFloat('feature')]));
    const { status, message } = await project.judge();
    expect(status).toBe(2);
    expect(message).toMatch(
      /input "feature" of type \w+ in models\/item\/v3.onnx; expected one of float32, float64, float16, int8, .*string/,
    );
    expect(message).toContain(mend);
  });

  it.each([
    ['int8', '128'],
    ['uint8', '-1'],
    ['uint8', '256'],
    ['int16', '32768'],
    ['uint16', '65536'],
    ['uint32', '-1'],
    ['float16', '70000'],
    ['bool', '2'],
  ] as const)('%s refuses %s, which it cannot hold', async (type, value) => {
    project = new Project();
    addColumn('feature', () => value);
    items(tower([{ name: 'feature', type, shape: ['batch', 1] }], [toFloat('feature')]));
    expect((await project.judge()).message).toContain(`is ${value}; expected a value that fits ${type}`);
  });
});

describe('several scalar columns', () => {
  it('are gathered into one vector input, in the order of the release', async () => {
    const expected = await reference((item) => (item % 5) / 4 + 2 * (item % 3));
    project = new Project();
    addColumn('a', (item) => String((item % 5) / 4));
    addColumn('b', (item) => String(item % 3));
    project.edit(MODEL, 'onnx: item/{version}.onnx', 'onnx: item/{version}.onnx\n  inputs: {dense: [a, b]}');
    items(
      tower(
        [{ name: 'dense', type: 'float32', shape: ['batch', 2] }],
        [{ op: 'MatMul', inputs: ['dense', 'weights'], outputs: ['x'] }],
        [{ name: 'weights', type: 'float32', shape: [2, 1], values: [1, 2] }],
      ),
    );
    expect(await calibration()).toBeCloseTo(expected, 6);
  });

  it('that are too few for the input are refused with the right form', async () => {
    project = new Project();
    addColumn('a', () => '1');
    project.edit(MODEL, 'onnx: item/{version}.onnx', 'onnx: item/{version}.onnx\n  inputs: {dense: [a]}');
    items(
      tower(
        [{ name: 'dense', type: 'float32', shape: ['batch', 2] }],
        [{ op: 'MatMul', inputs: ['dense', 'w'], outputs: ['x'] }],
        [{ name: 'w', type: 'float32', shape: [2, 1], values: [1, 2] }],
      ),
    );
    const { status, message } = await project.judge();
    expect(status).toBe(2);
    expect(message).toMatch(
      /models\/release.yml:8:12: input "dense" of models\/item\/v3.onnx with shape \[batch, 2\]; expected 2 columns, not 1 \(a\). Write: dense: \[column_1, …, column_2\]/,
    );
  });
});

describe('an output of type', () => {
  const cast = (to: number, type: ElementType): Model => {
    const model = lookupTower(
      Array.from({ length: 50 }, (_, i) => [i / 64, 1, 0.5, -0.25]),
      'item_index',
    );
    return {
      ...model,
      outputs: [{ name: 'embedding', type, shape: ['batch', 4] }],
      nodes: [
        { ...model.nodes[0]!, outputs: ['single'] },
        { op: 'Cast', inputs: ['single'], outputs: ['embedding'], attributes: { to } },
      ],
    };
  };

  it.each([
    ['float32', 1],
    ['float64', 11],
    ['float16', 10],
  ] as const)('%s is read', async (type, code) => {
    project = new Project();
    items(cast(1, 'float32'));
    const expected = await calibration();
    project.remove();
    project = new Project();
    items(cast(code, type));
    // Every value of the table is exact in float16.
    expect(await calibration()).toBe(expected);
  });

  it('int64 is refused', async () => {
    project = new Project();
    items(cast(7, 'int64'));
    expect((await project.judge()).message).toMatch(
      /output "embedding" int64 \[batch, 4\] of item checkpoint "v3"; expected float32, float64 or float16\. Export the layer/,
    );
  });
});

describe('a graph', () => {
  it.each([1, 7, 64])('with a batch of %i fixed is run in batches of it', async (batch) => {
    project = new Project();
    const table = Array.from({ length: 50 }, (_, i) => [Math.sin(i), Math.cos(i), i / 50, 0.3]);
    const free = lookupTower(table, 'item_index');
    items(free);
    const unfixed = await calibration();
    project.remove();
    project = new Project();
    items({
      ...free,
      inputs: [{ ...free.inputs[0]!, shape: [batch] }],
      outputs: [{ ...free.outputs[0]!, shape: [batch, 4] }],
    });
    expect(await calibration()).toBe(unfixed);
  });

  it('whose weights lie beside it as external data is read', async () => {
    project = new Project();
    const table = Array.from({ length: 50 }, (_, i) => [Math.sin(i), Math.cos(i), i / 50, 0.3]);
    const model = lookupTower(table, 'item_index');
    items(model);
    const expected = await calibration();
    project.remove();
    project = new Project();
    const external = { ...model.initializers![0]!, external: 'weights.bin' };
    project.write('models/item/weights.bin', externalBytes(external));
    items({ ...model, initializers: [external] });
    expect(await calibration()).toBe(expected);
  });

  it('embeds every distinct feature row once, though ids repeat', async () => {
    project = new Project();
    const { report } = await project.judge();
    expect(report?.evalSet?.items).toBe(50);
    expect(report?.evalSet?.queries).toBe(180);
  });
});

describe('ids', () => {
  it('beyond 2^53 are kept apart', async () => {
    project = new Project();
    const wide = project
      .read('eval/rows.csv')
      .replace(/^r(\d+),i(\d+),/gm, (_, q, i) => `${9007199254740992n + BigInt(q)},${9007199254740992n + BigInt(i)},`);
    project.rows(wide);
    const { report, message } = await project.judge();
    expect(message).toBe('');
    expect([report?.evalSet?.queries, report?.evalSet?.items]).toEqual([180, 50]);
  });

  it('of JSON Lines beyond 2^53 are kept apart', async () => {
    project = new Project();
    const lines = project.read('eval/rows.csv').trimEnd().split('\n');
    const header = lines[0]!.split(',');
    const json = `${lines
      .slice(1)
      .map((line) => {
        const cells = line.split(',');
        return `{${header.map((name, i) => `"${name}": ${name === 'request' || name === 'item' ? 9007199254740992n + BigInt(cells[i]!.slice(1)) : /^[\d.]+$/.test(cells[i]!) ? cells[i] : JSON.stringify(cells[i])}`).join(', ')}}`;
      })
      .join('\n')}\n`;
    project.write('eval/rows.jsonl', json);
    project
      .edit(POLICY, 'rows.csv', 'rows.jsonl')
      .edit(POLICY, digest(goodFiles()['eval/rows.csv'] as string), digest(json));
    const { report, message } = await project.judge();
    expect(message).toBe('');
    expect([report?.evalSet?.queries, report?.evalSet?.items]).toEqual([180, 50]);
  });
});
