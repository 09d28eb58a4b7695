/** Versions that are the same, by what they embed and by their digests. */
import { describe, expect, it } from 'vitest';
import { ALIKE, alikeVersions, displacementOf, sampleOf, type VersionSample } from '../../../src/models/drift/alike.js';
import { generator } from '../../support/random.js';

const random = generator(11);
const D = 8;
const data = Float64Array.from({ length: 40 * D }, () => random.normal());
const embeddings = (values: ArrayLike<number>) => ({ count: 40, dimension: D, data: Float32Array.from(values) });
const ALL = Array.from({ length: 40 }, (_, e) => e);

function version(
  behind: number,
  values: ArrayLike<number>,
  sha256 = `digest of ${behind}`,
  unit = false,
): VersionSample {
  return {
    behind,
    checkpoint: { side: 'item', version: `v${9 - behind}`, shown: `item/v${9 - behind}.onnx`, sha256 },
    sample: sampleOf(embeddings(values), ALL, unit),
  };
}

/** Every value moved by a share of the whole's length: displacement = share. */
const moved = (share: number) => data.map((x, i) => x * (1 + (i % 2 === 0 ? share : -share)));

describe('the displacement of two versions', () => {
  it('is sqrt(Σ|a-b|² / Σ|b|²)', () => {
    const [a, b] = [sampleOf(embeddings(moved(5e-5)), ALL, false), sampleOf(embeddings(data), ALL, false)];
    expect(displacementOf(a, b)).toBeCloseTo(5e-5, 7);
    expect(displacementOf(b, b)).toBe(0);
  });

  it('is not measured beyond where it says anything', () => {
    const b = sampleOf(embeddings(data), ALL, false);
    expect(displacementOf(sampleOf(embeddings(moved(1.1 * ALIKE)), ALL, false), b)).toBeUndefined();
    expect(displacementOf(sampleOf(embeddings(moved(0.9 * ALIKE)), ALL, false), b)).toBeDefined();
    expect(displacementOf({ ...b, dimension: 4 }, b)).toBeUndefined();
  });

  it('of several vectors each is none where their numbers differ', () => {
    const two = { count: 1, dimension: 2, data: Float32Array.of(1, 2, 3, 4), offsets: Int32Array.of(0, 2) };
    const split = { ...two, count: 2, offsets: Int32Array.of(0, 1, 2) };
    expect(displacementOf(sampleOf(two, [0], false), sampleOf(two, [0], false))).toBe(0);
    expect(displacementOf(sampleOf(two, [0], false), sampleOf(split, [0, 1], false))).toBeUndefined();
  });

  it('is that of directions where the score sees directions alone', () => {
    const doubled = data.map((x) => 2 * x);
    expect(alikeVersions([version(0, data), version(1, doubled)])).toEqual([]);
    expect(alikeVersions([version(0, data, 'a', true), version(1, doubled, 'b', true)])).toHaveLength(1);
  });
});

describe('versions that are alike', () => {
  it('are all pairs, by distance, whatever the order in which they were embedded', () => {
    const found = alikeVersions([
      version(2, data),
      version(3, moved(1e-3)),
      version(0, moved(2e-7)),
      version(1, moved(0.1)),
    ]);
    expect(found).toEqual([
      {
        side: 'item',
        versions: [0, 2],
        names: ['v9', 'v7'],
        shown: ['item/v9.onnx', 'item/v7.onnx'],
        by: 'embedding',
        displacement: expect.any(Number),
      },
    ]);
    expect(found[0]!.displacement).toBeGreaterThan(0);
    expect(found[0]!.displacement).toBeLessThan(1e-6);
  });

  it('are told by their digests first', () => {
    expect(alikeVersions([version(0, data, 'one'), version(4, data, 'one')])).toEqual([
      expect.objectContaining({ versions: [0, 4], by: 'digest', displacement: 0 }),
    ]);
  });
});
