/** Texts and checksums of bytes, JSON to the last digit. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { crc32, crc32ByTable } from '../../src/lib/crc32.js';
import { doubledKey, parseExactJson } from '../../src/lib/json.js';
import { decodeUtf8, foreignByte, utf16Mark } from '../../src/lib/utf8.js';

describe('CRC-32', () => {
  it.each(['', 'a', '123456789', 'x'.repeat(10_000)])('is that of gzip', (text) => {
    const bytes = new TextEncoder().encode(text);
    // The last eight bytes of a gzip member are its checksum and its length (RFC 1952).
    const gzip = gzipSync(bytes);
    expect(crc32ByTable(bytes)).toBe(gzip.readUInt32LE(gzip.length - 8));
    expect(crc32(bytes)).toBe(crc32ByTable(bytes));
  });
});

describe('UTF-8', () => {
  it('is decoded as it is, or not at all', () => {
    const bytes = (...values: number[]) => Uint8Array.from(values);
    expect(decodeUtf8(bytes(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
    expect(decodeUtf8(bytes(0xef, 0xbf, 0xbd))).toBe('\ufffd');
    // An overlong slash, a surrogate, a character beyond Unicode, one that is cut short.
    for (const wrong of [
      [0xc0, 0xaf],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xe2, 0x82],
    ])
      expect(decodeUtf8(bytes(...wrong))).toBeUndefined();
  });

  it('has a place for the first byte that is none', () => {
    expect(foreignByte(Buffer.from('a\nb\u20ac\n'))).toBeUndefined();
    expect(foreignByte(Buffer.concat([Buffer.from('a\n\u20acb'), Buffer.from([0xe9, 0x0a, 0xff])]))).toEqual({
      offset: 6,
      shown: '0xe9',
      line: 2,
      column: 3,
    });
    expect(foreignByte(Uint8Array.from([0x61, 0xe2, 0x82]))).toMatchObject({ offset: 1, column: 2 });
    expect(utf16Mark(Buffer.from('\ufeffa', 'utf16le'))).toBe('FF FE');
  });
});

describe('JSON', () => {
  it('keeps whole numbers', () => {
    expect(parseExactJson('{"a": [9007199254740993, 1.5, 2]}')).toEqual({ a: [9007199254740993n, 1.5, 2] });
    expect(() => parseExactJson('{"a": 90071992547409931,}')).toThrow(SyntaxError);
  });

  it.each([
    ['{"a": 1, "b": {"a": 2}, "c": ["a", "a"], "d": "\\"a\\": 1"}', undefined],
    ['{"a": "\\\\", "b": 1}', undefined],
    ['{"a": "a", "b": "a"}', undefined],
    ['{"a": {"x": 1, "x": 2}}', 'x'],
    ['[{"a": 1}, {"a": 1, "b": 0, "a": 2}]', 'a'],
    ['{"__proto__": 1, "__proto__": 2}', '__proto__'],
    ['{"": 1, "b": [1, {}], "": 2}', ''],
    ['{"\\u0061": 1, "a": 2}', 'a'],
  ])('names the key that stands twice in %s', (text, key) => {
    JSON.parse(text);
    expect(doubledKey(text)?.key).toBe(key);
  });
});
