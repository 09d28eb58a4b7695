/**
 * The fields of a message in the Protocol Buffers wire format, read by the reader of @bufbuild/protobuf without a
 * schema: nothing is decoded that is not asked for, and no payload is copied. What the reader lets pass and other
 * readers do not, or read otherwise, is refused here.
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** The bytes are not what they should be. */
export class Malformed extends Error {}

export interface Field {
  readonly number: number;
  /** Payload of a length-delimited field: a view into the message. */
  readonly bytes?: Uint8Array;
  /** Value of a varint field, as a signed number of 64 bits; beyond 2^53 the nearest one. */
  readonly value?: number;
}

/** The fields of one message, in the order of the bytes. Throws Malformed. */
export function* fields(bytes: Uint8Array): Generator<Field> {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wire] = read(() => reader.tag());
    if (wire === WireType.Varint) yield { number, value: read(() => Number(reader.int64())) };
    else if (wire === WireType.LengthDelimited) yield { number, bytes: read(() => payload(reader, bytes)) };
    else if (wire === WireType.Bit64 || wire === WireType.Bit32) read(() => reader.skip(wire));
    // Groups: proto3, in which ONNX is written, has none.
    else throw new Malformed(`an unknown wire type ${wire}`);
  }
}

/** The whole numbers of a packed field. Throws Malformed. */
export function varints(bytes: Uint8Array): number[] {
  const reader = new BinaryReader(bytes);
  const values: number[] = [];
  while (reader.pos < reader.len) values.push(read(() => Number(reader.int64())));
  return values;
}

/** A field's payload as text. */
export function textOfField({ bytes }: Field): string {
  return decoder.decode(bytes ?? new Uint8Array());
}

const decoder = new TextDecoder();

/**
 * A payload, a view. The reader's own `bytes()` cuts a length to 32 bits, behind which it would see fields that others
 * do not.
 */
function payload(reader: BinaryReader, bytes: Uint8Array): Uint8Array {
  const length = Number(reader.uint64());
  if (length > reader.len - reader.pos) throw new Malformed('it is cut short');
  const start = reader.pos;
  reader.pos += length;
  return bytes.subarray(start, reader.pos);
}

/** An error of the reader, as the one refusal of this house. */
function read<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof Malformed) throw error;
    throw new Malformed(error instanceof RangeError ? 'it is cut short' : (error as Error).message);
  }
}
