/** A checksum that tells damage, where nobody is believed for a digest either, which takes ten times as long. */

/** Odd, so that a step loses nothing: the golden ratio's share of 2^32 (Knuth 1998, 6.4). */
const FACTOR = 0x9e3779b1;

/**
 * 128 bits, in hexadecimal. Four lanes each take every fourth word: exclusive or, rotation, product modulo 2^32, as a
 * step of MurmurHash3 (Appleby 2011) is. A step is one to one both in what it takes and in what was before, so that one
 * word that is changed is found for certain; several are missed with a chance of 2^-32.
 */
export function checksum(words: Int32Array): string {
  let a = 1;
  let b = 2;
  let c = 3;
  let d = 4;
  const whole = words.length - (words.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a = step(a ^ words[i]!);
    b = step(b ^ words[i + 1]!);
    c = step(c ^ words[i + 2]!);
    d = step(d ^ words[i + 3]!);
  }
  for (let i = whole; i < words.length; i++) a = step(a ^ words[i]!);
  return [a, b, c, d].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
}

function step(x: number): number {
  return Math.imul((x << 13) | (x >>> 19), FACTOR);
}
