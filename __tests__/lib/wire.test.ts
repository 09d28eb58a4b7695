/** Protocol Buffers as other readers see them, or refused: a field that one reader sees and another does not hides what it holds. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Field, fields, Malformed, textOfField, varints } from '../../src/lib/wire.js';

const read = (...bytes: number[]) => [...fields(Uint8Array.from(bytes))];

describe('fields', () => {
  it('are those that were written, in their order, fixed widths left out', () => {
    const writer = new BinaryWriter();
    writer.tag(1, WireType.Varint).uint64(300).tag(2, WireType.LengthDelimited).string('é');
    writer.tag(3, WireType.Bit64).double(1).tag(4, WireType.Bit32).float(1).tag(536870911, WireType.Varint).int64(-1);
    const found = [...fields(writer.finish())];
    expect(found.map(({ number, value }) => [number, value])).toEqual([
      [1, 300],
      [2, undefined],
      [536870911, -1],
    ]);
    expect(textOfField(found[1]!)).toBe('é');
  });

  it('hold payloads as views of the message, not as copies', () => {
    const message = Uint8Array.from([0x0a, 0x02, 7, 8]);
    const [field] = fields(message) as Iterable<Field> as Generator<Field>;
    expect(field!.bytes!.buffer).toBe(message.buffer);
    expect([...field!.bytes!]).toEqual([7, 8]);
  });

  it('are refused where they are cut short', () => {
    expect(() => read(0x0a, 0x02, 7)).toThrow(/it is cut short/);
    expect(() => read(0x08)).toThrow(/it is cut short/);
    expect(() => read(0x08, 0x80)).toThrow(/it is cut short/);
    expect(() => read(0x09, 1, 2, 3, 4, 5, 6, 7)).toThrow(/it is cut short/);
    expect(() => read(0x0d, 1, 2, 3)).toThrow(/it is cut short/);
    expect(() => read(0x80)).toThrow(/it is cut short/);
  });

  it('are refused behind a length of more than 32 bits, which a reader of 32 bits would see as none', () => {
    // 2^32 in five bytes; in ten bytes, whose last would be lost.
    expect(() => read(0x0a, 0x80, 0x80, 0x80, 0x80, 0x10, 0x08, 1)).toThrow(/it is cut short/);
    expect(() => read(0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0x08, 1)).toThrow(
      /it is cut short/,
    );
  });

  it.each([
    ['a number of eleven bytes', [0x08, ...new Array<number>(10).fill(0xff), 1], /invalid varint/],
    ['a tag of more than 32 bits', [0xba, 0x80, 0x80, 0x80, 0x10, 0], /illegal tag: varint overflows uint32/],
    ['a tag that is 32 bits in six bytes', [0x88, 0x80, 0x80, 0x80, 0x80, 0x00, 1], /illegal tag/],
    ['the field 0', [0x00, 1], /illegal tag: field no 0/],
    ['a group', [0x0b, 0x0c], /an unknown wire type 3/],
    ['the end of a group', [0x0c], /an unknown wire type 4/],
    ['wire type 6', [0x0e], /illegal tag: field no 1 wire type 6/],
    ['wire type 7', [0x0f], /illegal tag: field no 1 wire type 7/],
  ])('are refused with %s', (_, bytes, message) => {
    expect(() => read(...bytes)).toThrow(message);
    expect(() => read(...bytes)).toThrow(Malformed);
  });

  it('of any bytes are read, or refused as malformed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          for (const field of fields(bytes)) expect(field.number).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(Malformed);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('packed numbers', () => {
  it('are signed, in 64 bits', () => {
    const writer = new BinaryWriter();
    for (const value of [0, 1, -1, 2 ** 40, -(2 ** 40)]) writer.int64(value);
    expect(varints(writer.finish())).toEqual([0, 1, -1, 2 ** 40, -(2 ** 40)]);
  });

  it('cut short are refused', () => {
    expect(() => varints(Uint8Array.from([1, 0x80]))).toThrow(Malformed);
  });
});
