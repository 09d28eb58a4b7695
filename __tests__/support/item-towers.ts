/** Item towers of a made graph that reads one more column of the rows, judged in a whole promotion. */
import { expect } from 'vitest';
import { type Model, onnx } from './onnx.js';
import { type Project, VERSIONS } from './project.js';
import { sweepOf } from './sweep-report.js';

const POLICY = 'gates/gate.yml';

/** item embedding = [x, 1, 1, 1] with x made from the input by `nodes`, which end in a float32 [batch, 1] named x. */
export function tower(inputs: Model['inputs'], nodes: Model['nodes'], initializers: Model['initializers'] = []): Model {
  return {
    inputs,
    outputs: [{ name: 'embedding', type: 'float32', shape: ['batch', 4] }],
    nodes: [
      ...nodes,
      { op: 'Mul', inputs: ['x', 'zero_row'], outputs: ['zeros'] },
      { op: 'Add', inputs: ['zeros', 'one_row'], outputs: ['ones'] },
      { op: 'Concat', inputs: ['x', 'ones'], outputs: ['embedding'], attributes: { axis: 1 } },
    ],
    initializers: [
      ...initializers,
      { name: 'zero_row', type: 'float32', shape: [1, 3], values: [0, 0, 0] },
      { name: 'one_row', type: 'float32', shape: [1, 3], values: [1, 1, 1] },
    ],
  };
}

export const toFloat = (from: string, to = 'x') => ({
  op: 'Cast',
  inputs: [from],
  outputs: [to],
  attributes: { to: 1 },
});

/**
 * @param current the project of the test that runs
 * @param next    makes it a new one
 */
export function itemTowers(current: () => Project, next: () => void) {
  /** Replaces every item checkpoint. */
  function items(model: Model): void {
    for (const version of VERSIONS) current().write(`models/item/${version}.onnx`, onnx(model));
  }

  /** The mean prediction at distance 0 of all rows, which depends on every embedding. */
  async function calibration(): Promise<number> {
    current().edit(POLICY, 'metric: log_loss, max_increase: 5%', 'metric: calibration, max_change: 0.5');
    const { report, message } = await current().judge();
    expect(message).toBe('');
    return sweepOf(report).curve.find((p) => p.metric === 'calibration' && p.distance === 0)!.value;
  }

  /** Adds a column computed from the item index. */
  function addColumn(name: string, value: (item: number) => string): void {
    const lines = current().read('eval/rows.csv').trimEnd().split('\n');
    const index = lines[0]!.split(',').indexOf('item_index');
    current().rows(
      `${lines.map((line, r) => `${line},${r === 0 ? name : value(Number(line.split(',')[index]))}`).join('\n')}\n`,
    );
  }

  /** What the same numbers give as a float32 column: the other types must agree with it. */
  async function reference(value: (item: number) => number): Promise<number> {
    next();
    addColumn('feature', (item) => String(value(item)));
    items(
      tower(
        [{ name: 'feature', type: 'float32', shape: ['batch', 1] }],
        [{ op: 'Identity', inputs: ['feature'], outputs: ['x'] }],
      ),
    );
    const result = await calibration();
    current().remove();
    return result;
  }

  return { items, calibration, addColumn, reference };
}
