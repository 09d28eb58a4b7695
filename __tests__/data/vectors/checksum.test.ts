/** A checksum finds what damages a file. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checksum } from '../../../src/data/vectors/checksum.js';

const words = fc.int32Array({ minLength: 1, maxLength: 40 });

describe('the checksum', () => {
  it('is 32 hexadecimal digits, the same of the same words', () => {
    fc.assert(
      fc.property(words, (some) => {
        expect(checksum(some)).toMatch(/^[0-9a-f]{32}$/);
        expect(checksum(some.slice())).toBe(checksum(some));
      }),
    );
  });

  it('is another where one word is changed, in whichever bits', () => {
    fc.assert(
      fc.property(words, fc.nat(), fc.integer({ min: 1, max: 2 ** 32 - 1 }), (some, at, bits) => {
        const changed = some.slice();
        changed[at % some.length]! ^= bits;
        expect(checksum(changed)).not.toBe(checksum(some));
      }),
    );
  });

  it('is another where two words are changed in the same bit, or change places, as signs and columns would', () => {
    const some = Int32Array.from({ length: 64 }, (_, i) => Math.imul(i, 40_503));
    const seen = new Set([checksum(some)]);
    let changes = 1;
    for (let i = 0; i < some.length; i++)
      for (let j = 0; j < i; j++) {
        for (const bit of [0, 15, 31]) {
          const flipped = some.slice();
          for (const at of [i, j]) flipped[at]! ^= 1 << bit;
          seen.add(checksum(flipped));
          changes++;
        }
        const swapped = some.slice();
        [swapped[i], swapped[j]] = [some[j]!, some[i]!];
        seen.add(checksum(swapped));
        changes++;
      }
    expect(seen.size).toBe(changes);
  });
});
