/** Drift of item vectors against numpy and scipy, and what the ladder's maps can and cannot repair. */

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alignmentOf } from '../../../src/models/drift/drift.js';
import { mappedSource } from '../../../src/models/drift/mapped.js';
import { fitMap, nuclearNorm, type Rung } from '../../../src/models/drift/maps.js';
import { mergeMoments, momentsOf } from '../../../src/models/drift/moments.js';
import type { Embeddings } from '../../../src/models/towers/embeddings.js';
import { plainSource, type VectorSource } from '../../../src/models/towers/vector-source.js';
import { generator } from '../../support/random.js';

interface DriftFixture {
  readonly old: number[];
  readonly new: number[];
  readonly dimension: number;
  readonly unit: boolean;
  readonly norm_ratio: number;
  readonly displacement: number;
  readonly procrustes_residual: number;
  readonly cka: number;
  readonly neighbour_overlap: number;
  readonly nuclear_norm: number;
  readonly orthogonal: number[];
  readonly linear: number[];
  readonly scale: number;
}

const fixtures = JSON.parse(readFileSync(new URL('../../fixtures/drift.json', import.meta.url), 'utf8')) as Record<
  string,
  DriftFixture
>;

const id = (entity: number) => `item ${entity}`;

function embeddings(values: ArrayLike<number>, dimension: number): Embeddings {
  return { count: values.length / dimension, dimension, data: Float64Array.from(values) };
}

function all(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, v) => v);
}

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(found.length).toBe(expected.length);
  for (let i = 0; i < found.length; i++) expect(found[i]).toBeCloseTo(expected[i]!, 9);
}

describe.each(Object.entries(fixtures))('%s', (_, fixture) => {
  const { dimension, unit } = fixture;
  const [old, current] = [embeddings(fixture.old, dimension), embeddings(fixture.new, dimension)];

  test('has the figures of numpy', () => {
    const found = alignmentOf(old, current, id, unit)!;
    expectClose(
      [found.normRatio, found.displacement, found.cka, found.neighbourOverlap],
      [fixture.norm_ratio, fixture.displacement, fixture.cka, fixture.neighbour_overlap],
    );
    // A root of a difference of sums: half of the digits are lost near 0.
    expect(found.procrustesResidual).toBeCloseTo(fixture.procrustes_residual, 7);
  });

  test('has the maps of scipy', () => {
    const moments = momentsOf(old, current, all(old.count), unit);
    expect(nuclearNorm(moments)).toBeCloseTo(fixture.nuclear_norm, 8);
    const matrix = (rung: Rung) => {
      const map = fitMap(rung, moments);
      if (typeof map === 'number') throw new Error('a factor, not a matrix');
      return map;
    };
    expectClose(matrix('orthogonal'), fixture.orthogonal);
    expectClose(matrix('linear'), fixture.linear);
    expect(fitMap('scale', moments)).toBeCloseTo(fixture.scale, 9);
  });

  test('has moments that merge by addition', () => {
    const half = all(old.count).filter((v) => v % 3 === 0);
    const rest = all(old.count).filter((v) => v % 3 !== 0);
    const merged = mergeMoments(momentsOf(old, current, half, unit), momentsOf(old, current, rest, unit));
    const whole = momentsOf(old, current, all(old.count), unit);
    expect(merged.n).toBe(whole.n);
    for (const key of ['oldOld', 'newNew', 'oldNew', 'oldSum', 'newSum'] as const) expectClose(merged[key], whole[key]);
  });
});

/** Relative distance of mapped old vectors from the current ones. */
function residual(source: VectorSource, current: Embeddings): number {
  const mapped = source.stretch(0, source.count);
  let squares = 0;
  let size = 0;
  for (let i = 0; i < current.data.length; i++) {
    squares += (mapped.data[i]! - current.data[i]!) ** 2;
    size += current.data[i]! ** 2;
  }
  return Math.sqrt(squares / size);
}

const D = 5;

function vectors(seed: number, count = 200): Float64Array {
  const random = generator(seed);
  return Float64Array.from({ length: count * D }, () => random.normal());
}

/** Rotation in the plane of the first two coordinates. */
function turned(values: Float64Array, angle: number): Float64Array {
  const out = Float64Array.from(values);
  for (let v = 0; v < values.length; v += D) {
    out[v] = Math.cos(angle) * values[v]! - Math.sin(angle) * values[v + 1]!;
    out[v + 1] = Math.sin(angle) * values[v]! + Math.cos(angle) * values[v + 1]!;
  }
  return out;
}

/** Vector after vector and sum after sum, as docs/drift.md writes them. */
function mappedOneByOne(source: Float64Array, map: Float64Array | number, d: number, unit: boolean): Float64Array {
  return Float64Array.from(source, (_, at) => {
    const [v, j] = [Math.floor(at / d) * d, at % d];
    const vector = source.subarray(v, v + d);
    const length = unit ? 1 / Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0)) : 1;
    if (typeof map === 'number') return vector[j]! * length * map;
    return vector.reduce((sum, x, i) => sum + x * length * map[i * d + j]!, 0);
  });
}

describe('vectors mapped a stretch at a time', () => {
  const old = (d: number, count: number) => embeddings(vectors(9, count * d).subarray(0, count * d), d);

  test.each([
    [4, false],
    [5, true],
    [7, false],
    [8, true],
  ])('are those of one vector after the other, to the bit (dimension %d, unit %s)', (d, unit) => {
    const random = generator(d);
    const matrix = Float64Array.from({ length: d * d }, () => random.normal());
    const foldOf = Uint8Array.from({ length: 23 }, (_, v) => (v * 7) % 2);
    const one = old(d, 23);
    const found = mappedSource(one, [matrix, 0.7], foldOf, unit);
    const whole = found.stretch(0, 23).data;
    for (const [map, fold] of [
      [matrix, 0],
      [0.7, 1],
    ] as const) {
      const expected = mappedOneByOne(Float64Array.from(one.data), map, d, unit);
      for (let v = 0; v < 23; v++)
        if (foldOf[v] === fold)
          expect(whole.subarray(v * d, (v + 1) * d)).toEqual(expected.subarray(v * d, (v + 1) * d));
    }
    for (const [from, to] of [
      [0, 9],
      [9, 10],
      [10, 23],
    ] as const)
      expect(found.stretch(from, to).data).toEqual(whole.subarray(from * d, to * d));
  });

  test('keep the offsets of items with several vectors', () => {
    const offsets = Int32Array.of(0, 2, 3, 6);
    const several = { ...embeddings(vectors(3, 6), D), count: 3, offsets };
    const foldOf = Uint8Array.of(1, 1, 0, 1, 1, 1);
    for (const source of [plainSource(several), mappedSource(several, [2, 3], foldOf, false)]) {
      const { count, offsets: own, data } = source.stretch(1, 3);
      expect([count, [...own!], data.length]).toEqual([2, [0, 1, 4], 4 * D]);
    }
    const mapped = mappedSource(several, [2, 3], foldOf, false).stretch(1, 3).data;
    expect([mapped[0], mapped[D]]).toEqual([2 * several.data[2 * D]!, 3 * several.data[3 * D]!]);
  });
});

describe('the ladder, each item mapped by what the other fold has taught', () => {
  test('undoes any rotation at the orthogonal rung, and not at the scale rung', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0.5, max: 3, noNaN: true }), (seed, angle) => {
        const current = embeddings(vectors(seed), D);
        const { rungs, displacement, procrustesResidual, cka } = alignmentOf(
          embeddings(turned(vectors(seed), angle), D),
          current,
          id,
          false,
        )!;
        expect(residual(rungs.get('orthogonal')!, current)).toBeLessThan(1e-9);
        expect(residual(rungs.get('linear')!, current)).toBeLessThan(0.01);
        expect(residual(rungs.get('scale')!, current)).toBeGreaterThan(0.2);
        expect(displacement).toBeGreaterThan(0.2);
        expect(procrustesResidual).toBeLessThan(1e-6);
        expect(cka).toBeCloseTo(1, 9);
      }),
      { numRuns: 20 },
    );
  });

  test('undoes a scale at every rung but the orthogonal one', () => {
    const current = embeddings(vectors(1), D);
    const { rungs } = alignmentOf(
      embeddings(
        vectors(1).map((x) => 1.5 * x),
        D,
      ),
      current,
      id,
      false,
    )!;
    expect(residual(rungs.get('scale')!, current)).toBeLessThan(1e-9);
    expect(residual(rungs.get('linear')!, current)).toBeLessThan(0.01);
    expect(residual(rungs.get('orthogonal')!, current)).toBeCloseTo(0.5, 9);
  });

  test('does not pretend to undo noise: held-out items stay where they are', () => {
    const current = embeddings(vectors(2), D);
    const { rungs } = alignmentOf(embeddings(vectors(3), D), current, id, false)!;
    for (const rung of rungs.values()) expect(residual(rung, current)).toBeGreaterThan(0.95);
  });

  test('is not climbed with too few items, and all figures are still given', () => {
    const found = alignmentOf(embeddings(vectors(4, 12), D), embeddings(vectors(5, 12), D), id, false)!;
    expect(found.rungs.size).toBe(0);
    expect(found.displacement).toBeGreaterThan(0);
  });

  test('is undefined where versions give an item different numbers of vectors', () => {
    const offsets = Int32Array.of(0, 1, 2);
    const one = { ...embeddings(vectors(6, 2), D), offsets };
    const other = { ...embeddings(vectors(6, 2), D), offsets: Int32Array.of(0, 2, 2) };
    expect(alignmentOf(one, other, id, false)).toBeUndefined();
    expect(alignmentOf(one, one, id, false)?.displacement).toBe(0);
  });
});
