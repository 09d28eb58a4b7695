import { describe, expect, test } from 'vitest';
import { HASH_NAME, hash32 } from '../../src/lib/hash.js';
import { fixture } from '../fixtures/metrics.js';

describe('the hash that every engine can reproduce', () => {
  test.each(fixture.hashes.map(([text, hash]) => [JSON.stringify(text).slice(0, 30), text, hash] as const))(
    'of %s is FNV-1a with the finaliser of MurmurHash3 (computed in Python)',
    (_, text, hash) => {
      expect(hash32(text)).toBe(hash);
    },
  );

  test('of the empty string is the finaliser of FNV’s offset basis', () => {
    // fmix32(0x811c9dc5), worked out in arbitrary precision.
    const fmix = (start: bigint) => {
      let h = start;
      h = ((h ^ (h >> 16n)) * 0x85ebca6bn) & 0xffffffffn;
      h = ((h ^ (h >> 13n)) * 0xc2b2ae35n) & 0xffffffffn;
      return h ^ (h >> 16n);
    };
    expect(BigInt(hash32(''))).toBe(fmix(0x811c9dc5n));
    // FNV-1a of "a" and "foobar", as published.
    expect(BigInt(hash32('a'))).toBe(fmix(0xe40c292cn));
    expect(BigInt(hash32('foobar'))).toBe(fmix(0xbf9cf968n));
  });

  test('is an unsigned 32-bit number, and has a name that partial sums carry', () => {
    for (const text of ['', 'x', 'é', 'a'.repeat(1000)]) {
      const hash = hash32(text);
      expect(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32).toBe(true);
    }
    expect(HASH_NAME).toBe('fnv1a32-fmix');
  });

  test('is over bytes: text beyond ASCII at the end hashes like its UTF-8', () => {
    const bytes = new TextEncoder().encode('ab→');
    let h = 0x811c9dc5n;
    for (const byte of bytes) h = ((h ^ BigInt(byte)) * 0x01000193n) & 0xffffffffn;
    h = ((h ^ (h >> 16n)) * 0x85ebca6bn) & 0xffffffffn;
    h = ((h ^ (h >> 13n)) * 0xc2b2ae35n) & 0xffffffffn;
    expect(BigInt(hash32('ab→'))).toBe(h ^ (h >> 16n));
  });
});
