/**
 * A walker over the Protocol Buffers wire format (protobuf.dev/programming-guides/encoding): fields by number, nothing
 * decoded that is not asked for.
 */

/** The bytes are not what they should be. */
export class Malformed extends Error {}

export interface Field {
  readonly number: number;
  /** Payload of a length-delimited field. */
  readonly bytes?: Uint8Array;
  /** Value of a varint field. */
  readonly value?: number;
}

/** The fields of one message, in the order of the bytes. Throws Malformed. */
export function* fields(bytes: Uint8Array): Generator<Field> {
  const cursor = { at: 0 };
  const varint = () => readVarint(bytes, cursor);
  while (cursor.at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const wire = tag & 7;
    if (number === 0) throw new Malformed('a field without a number');
    // Other readers cut a longer tag to 32 bits, and would see a field that is not seen here.
    if (tag > 0xffff_ffff) throw new Malformed('a field number that is too large');
    if (wire === 0) yield { number, value: varint() };
    else if (wire === 2) {
      const length = varint();
      if (cursor.at + length > bytes.length) throw new Malformed('it is cut short');
      yield { number, bytes: bytes.subarray(cursor.at, cursor.at + length) };
      cursor.at += length;
    } else if (wire === 1 || wire === 5) {
      cursor.at += wire === 1 ? 8 : 4;
      if (cursor.at > bytes.length) throw new Malformed('it is cut short');
    } else throw new Malformed(`an unknown wire type ${wire}`);
  }
}

/** The whole numbers of a packed field. Throws Malformed. */
export function varints(bytes: Uint8Array): number[] {
  const values: number[] = [];
  for (const cursor = { at: 0 }; cursor.at < bytes.length; ) values.push(readVarint(bytes, cursor));
  return values;
}

/** A number of 7 bits a byte; one below 0 comes out above 2^63. */
function readVarint(bytes: Uint8Array, cursor: { at: number }): number {
  let result = 0;
  let scale = 1;
  for (let i = 0; i < 10; i++) {
    if (cursor.at >= bytes.length) throw new Malformed('it ends in the middle of a number');
    const byte = bytes[cursor.at++]!;
    result += (byte & 0x7f) * scale;
    if (byte < 0x80) return result;
    scale *= 128;
  }
  throw new Malformed('a number is too long');
}

const decoder = new TextDecoder();

/** A field's payload as text. */
export function textOf({ bytes }: Field): string {
  return decoder.decode(bytes ?? new Uint8Array());
}
