/** Vectors as bytes and back; whatever is cut off, changed or another's is none. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBlock, encodeBlock, type VectorBlock } from '../../../src/data/vectors/vector-block.js';

const KEY = 'a'.repeat(64);

/** One vector an entity, or several; in either precision. */
const blocks: fc.Arbitrary<VectorBlock> = fc
  .record({
    sizes: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 6 }),
    dimension: fc.integer({ min: 1, max: 4 }),
    several: fc.boolean(),
    wide: fc.boolean(),
    seed: fc.double({ noNaN: true, min: -1e30, max: 1e30 }),
  })
  .map(({ sizes, dimension, several, wide, seed }) => {
    const vectors = several ? sizes.reduce((a, b) => a + b, 0) : sizes.length;
    const data = new (wide ? Float64Array : Float32Array)(vectors * dimension).map((_, i) => seed / (i + 1));
    const offsets = Int32Array.from([0, ...sizes.map((_, e) => sizes.slice(0, e + 1).reduce((a, b) => a + b, 0))]);
    return { count: sizes.length, dimension, data, ...(several ? { offsets } : {}) };
  });

describe('a block of vectors', () => {
  it('comes back bit for bit', () => {
    fc.assert(
      fc.property(blocks, (block) => {
        expect(decodeBlock(KEY, encodeBlock(KEY, block))).toEqual(block);
      }),
    );
  });

  it('keeps NaN, infinities and the sign of zero: it is for others to refuse them', () => {
    const data = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, -0, 1);
    expect(decodeBlock(KEY, encodeBlock(KEY, { count: 2, dimension: 2, data }))!.data).toEqual(data);
  });

  it('is none once a byte is changed or the end is missing', () => {
    fc.assert(
      fc.property(blocks, fc.nat(), fc.integer({ min: 1, max: 255 }), (block, at, by) => {
        const bytes = encodeBlock(KEY, block);
        const changed = Uint8Array.from(bytes);
        changed[at % bytes.length] = changed[at % bytes.length]! ^ by;
        const read = decodeBlock(KEY, changed);
        // A change that JSON does not see, such as a space, leaves the block as it was.
        if (read) expect(read).toEqual(block);
        expect(decodeBlock(KEY, bytes.subarray(0, at % bytes.length))).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  it('is none under another key', () => {
    const block = { count: 1, dimension: 1, data: Float32Array.of(1) };
    expect(decodeBlock('b'.repeat(64), encodeBlock(KEY, block))).toBeUndefined();
  });

  it('is none where offsets go back, under a digest that is right', () => {
    const block = { count: 2, dimension: 1, data: Float32Array.of(1, 2), offsets: Int32Array.of(0, 3, 2) };
    expect(decodeBlock(KEY, encodeBlock(KEY, block))).toBeUndefined();
  });
});
