/**
 * A 32-bit hash of a string that every engine can reproduce: FNV-1a over the UTF-8 bytes
 * (Fowler, Noll, Vo; parameters of the 32-bit variant), then the finaliser of MurmurHash3 (Appleby), as FNV's low
 * bits alone spread short keys badly. Its name goes wherever partial sums are written: sums of different hashes
 * must not be merged.
 */
export const HASH_NAME = 'fnv1a32-fmix';

const encoder = new TextEncoder();

export function hash32(key: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i);
    if (code > 127) return finalise(hashBytes(encoder.encode(key)));
    h = Math.imul(h ^ code, 0x01000193);
  }
  return finalise(h);
}

/** Hashed once a list of names, however many statistics are made of its rows. */
const hashed = new WeakMap<readonly string[], Uint32Array>();

/** The hash of each name. */
export function hashesOf(names: readonly string[]): Uint32Array {
  let found = hashed.get(names);
  if (!found) {
    found = Uint32Array.from(names, hash32);
    hashed.set(names, found);
  }
  return found;
}

/** As many names, of which nothing is known but their hashes: the list has no texts. */
export function namesBehind(hashes: Uint32Array): readonly string[] {
  const names = new Array<string>(hashes.length);
  hashed.set(names, hashes);
  return names;
}

function hashBytes(bytes: Uint8Array): number {
  let h = 0x811c9dc5;
  for (const byte of bytes) h = Math.imul(h ^ byte, 0x01000193);
  return h;
}

/** MurmurHash3's finaliser fmix32: h xor its shift, times a factor, twice, and a last shift. */
export const FINALISER = { shifts: [16, 13, 16], factors: [0x85ebca6b, 0xc2b2ae35] } as const;

/** An odd factor that tells the two sides of a pair of hashes apart: 2^32 over the golden ratio. */
export const FACTOR = 0x9e3779b1;

/** fmix32 of a 32-bit number. */
export function finalise(hash: number): number {
  const [first, second, last] = FINALISER.shifts;
  let h = hash;
  h = Math.imul(h ^ (h >>> first), FINALISER.factors[0]);
  h = Math.imul(h ^ (h >>> second), FINALISER.factors[1]);
  return (h ^ (h >>> last)) >>> 0;
}
