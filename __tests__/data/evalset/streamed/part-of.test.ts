/** Query clusters go to parts by their names alone. */
import { describe, expect, test } from 'vitest';
import { MOST_PARTS, partOfClusters } from '../../../../src/data/evalset/streamed/part-of.js';

describe('the part of a cluster', () => {
  const names = Array.from({ length: 100_000 }, (_, i) => `user ${i}`);

  test.each([1, 2, 3, 100, MOST_PARTS])('is one of those there are, each of about one size: %i of them', (parts) => {
    const counts = new Int32Array(parts);
    for (const part of partOfClusters(names, parts)) counts[part]!++;
    // Six standard deviations of a count by chance.
    const mean = names.length / parts;
    for (const count of counts) expect(Math.abs(count - mean)).toBeLessThanOrEqual(6 * Math.sqrt(mean));
  });

  test('is the same whatever other names it comes with', () => {
    const whole = partOfClusters(names, 100);
    expect([...partOfClusters(names.slice(500, 600), 100)]).toEqual([...whole.subarray(500, 600)]);
  });

  test('is refused where there are none, or too many', () => {
    for (const parts of [0, -1, MOST_PARTS + 1, Number.NaN])
      expect(() => partOfClusters(names, parts)).toThrow(RangeError);
  });
});
