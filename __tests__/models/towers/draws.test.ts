/** An embedding does not depend on chance. */
import { describe, expect, it } from 'vitest';
import { spread } from '../../../src/models/towers/steadiness.js';
import { lookupTower, type Model } from '../../support/onnx.js';
import {
  batch,
  ITEMS,
  judged,
  leaning,
  lookupThen,
  order,
  refusal,
  removedAfterEach,
  TABLE,
} from '../../support/served-towers.js';

removedAfterEach();

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
