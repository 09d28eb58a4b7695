/** An input or output of an ONNX graph: its name, type and shape. Field numbers are those of onnx.proto3. */
import { fields, textOfField } from '../../lib/wire.js';

/** ONNX TensorProto.DataType, by number. */
const ELEMENT_TYPES: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
  14: 'complex64',
  15: 'complex128',
  16: 'bfloat16',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  21: 'uint4',
  22: 'int4',
  23: 'float4e2m1',
  24: 'float8e8m0',
  25: 'uint2',
  26: 'int2',
};

export interface TensorInfo {
  readonly name: string;
  /** Element type, such as `float32`; of what is no tensor its kind, such as `sequence`. */
  readonly type: string;
  /** Sizes; a name or -1 where the size is free. Undefined where the graph does not say. */
  readonly shape: readonly (number | string)[] | undefined;
}

/** Bytes of one element of a type, by its number; 0 where it has no fixed width. */
export function widthOf(type: number): number {
  const name = ELEMENT_TYPES[type] ?? '';
  if (name === 'bool' || name.startsWith('float8')) return 1;
  const bits = /^(?:u?int|b?float|complex)(\d+)/.exec(name)?.[1];
  return bits === undefined ? 0 : Number(bits) / 8;
}

/** ValueInfoProto: name = 1, type = 2. */
export function valueInfo(bytes: Uint8Array): TensorInfo {
  let name = '';
  let type: Omit<TensorInfo, 'name'> = { type: 'no tensor', shape: undefined };
  for (const field of fields(bytes)) {
    if (field.number === 1) name = textOfField(field);
    if (field.number === 2 && field.bytes) type = { ...type, ...typeOf(field.bytes) };
  }
  return { name, ...type };
}

/** TypeProto: tensor_type = 1, and what is none. */
function typeOf(proto: Uint8Array): Partial<Omit<TensorInfo, 'name'>> {
  let type: Partial<Omit<TensorInfo, 'name'>> = {};
  for (const { number, bytes } of fields(proto)) {
    const kind = KINDS[number];
    if (number === 1 && bytes) type = { ...type, ...tensorType(bytes) };
    else if (kind !== undefined) type = { type: kind };
  }
  return type;
}

/** TypeProto's fields of values that are no tensors. */
const KINDS: Readonly<Record<number, string>> = { 4: 'sequence', 5: 'map', 8: 'sparse tensor', 9: 'optional' };

/** TypeProto.Tensor: elem_type = 1, shape = 2. */
function tensorType(tensor: Uint8Array): Partial<Omit<TensorInfo, 'name'>> {
  let type: Partial<Omit<TensorInfo, 'name'>> = {};
  for (const { number, value, bytes } of fields(tensor)) {
    if (number === 1) type = { ...type, type: ELEMENT_TYPES[value ?? 0] ?? `element type ${value}` };
    if (number === 2 && bytes) type = { ...type, shape: dimensions(bytes) };
  }
  return type;
}

function dimensions(bytes: Uint8Array): (number | string)[] {
  const shape: (number | string)[] = [];
  for (const dim of fields(bytes)) {
    if (dim.number !== 1 || !dim.bytes) continue;
    let size: number | string = -1;
    for (const part of fields(dim.bytes)) {
      if (part.number === 1 && part.value !== undefined) size = Math.max(part.value, -1);
      if (part.number === 2) size = textOfField(part);
    }
    shape.push(size);
  }
  return shape;
}
