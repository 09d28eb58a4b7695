/** What is drawn of a store's vectors, to be embedded again. */
import { describe, expect, it } from 'vitest';
import { ANYWHERE, BY_ROWS, drawnEntities } from '../../../src/models/towers/hold-found.js';

const COUNT = 20_000;
const WHOLE = [{ from: 0, to: COUNT }];

/** Entities of which rows read one each, in turn, but for a share of the rows that all read the first. */
function entities(share = 0) {
  const rows = 50_000;
  return { count: COUNT, ofRow: Int32Array.from({ length: rows }, (_, r) => (r < share * rows ? 0 : r % COUNT)) };
}

describe('what is drawn of vectors that were found', () => {
  it('was found, each once, in order, and the sample with it', () => {
    const found = [
      { from: 1024, to: 4096 },
      { from: 8192, to: 10_240 },
    ];
    const chosen = drawnEntities(entities(), found, [0, 1500, 9000]);
    expect(chosen).toEqual([...new Set(chosen)].sort((a, b) => a - b));
    expect(chosen.filter((e) => !found.some(({ from, to }) => from <= e && e < to))).toEqual([]);
    expect(chosen).toEqual(expect.arrayContaining([1500, 9000]));
    expect(chosen.length).toBeGreaterThanOrEqual(ANYWHERE);
    expect(chosen.length).toBeLessThanOrEqual(ANYWHERE + BY_ROWS + 2);
  });

  it('is all of it where it is little', () => {
    expect(drawnEntities(entities(), [{ from: 5, to: 8 }], [])).toEqual([5, 6, 7]);
    expect(drawnEntities(entities(), [], [1])).toEqual([]);
  });

  it('has an entity that many rows read', () => {
    // Missed with a chance of 0.7^256.
    expect(drawnEntities(entities(0.3), WHOLE, [])).toContain(0);
  });

  it('misses a share of the entities as seldom as is said', () => {
    const share = 0.005;
    const times = 1000;
    let missed = 0;
    for (let t = 0; t < times; t++) {
      const from = Math.floor((t / times) * COUNT * (1 - share));
      const changed = (e: number) => from <= e && e < from + share * COUNT;
      if (!drawnEntities(entities(), WHOLE, []).some(changed)) missed++;
    }
    const chance = (1 - share) ** (ANYWHERE + BY_ROWS);
    expect(chance).toBeCloseTo(0.077, 3);
    // Six standard errors of the binomial.
    expect(Math.abs(missed / times - chance)).toBeLessThan(6 * Math.sqrt((chance * (1 - chance)) / times));
  });
});
