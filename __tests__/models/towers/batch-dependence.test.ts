/** An embedding does not depend on its neighbours in the batch. */
import { describe, expect, it } from 'vitest';
import { lookupTower, type Model, onnx } from '../../support/onnx.js';
import {
  batch,
  ITEMS,
  judged,
  leaning,
  lookupThen,
  order,
  QUANTISED,
  refusal,
  removedAfterEach,
  TABLE,
} from '../../support/served-towers.js';

removedAfterEach();

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

  it('is refused where it takes no batch of one', async () => {
    const squeezed = lookupThen([
      { op: 'Squeeze', inputs: ['e'], outputs: ['one'] },
      { op: 'Identity', inputs: ['one'], outputs: ['embedding'] },
    ]);
    expect(await refusal(squeezed)).toMatch(/"embedding" of item checkpoint "v3" with shape \[4\]; expected \[batch, /);
  });

  it('is refused though an entity alone is as it is in the run: beside a few others it is not', async () => {
    const bySize = lookupThen(
      [
        { op: 'Shape', inputs: ['e'], outputs: ['shape'] },
        { op: 'Gather', inputs: ['shape', 'first'], outputs: ['rows'], attributes: { axis: 0 } },
        { op: 'Equal', inputs: ['rows', 'one'], outputs: ['alone'] },
        { op: 'Equal', inputs: ['rows', 'all'], outputs: ['whole'] },
        { op: 'Or', inputs: ['alone', 'whole'], outputs: ['known'] },
        { op: 'Where', inputs: ['known', 'nothing', 'tenth'], outputs: ['part'] },
        { op: 'Add', inputs: ['e', 'part'], outputs: ['embedding'] },
      ],
      {
        initializers: [
          { name: 'first', type: 'int64', shape: [], values: [0] },
          { name: 'one', type: 'int64', shape: [], values: [1] },
          { name: 'all', type: 'int64', shape: [], values: [ITEMS] },
          { name: 'nothing', type: 'float32', shape: [1], values: [0] },
          { name: 'tenth', type: 'float32', shape: [1], values: [0.1] },
        ],
      },
    );
    expect(await refusal(bySize)).toMatch(
      /^models\/item\/v3.onnx: embedding of item "(i\d+)" beside 23 others differs from "\1" beside those in its batch by \S+ % of its length/,
    );
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
