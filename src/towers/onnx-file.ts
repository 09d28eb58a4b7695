/**
 * What an ONNX file says of itself, read without running it: inputs, outputs, external data.
 *
 * A walker over the Protocol Buffers wire format (protobuf.dev/programming-guides/encoding) that knows the few fields
 * of onnx.proto3 it needs; everything else is skipped. Field numbers are those of onnx.proto3 (ONNX, Apache-2.0).
 */

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
  16: 'bfloat16',
};

export interface TensorInfo {
  readonly name: string;
  /** Element type, such as `float32`. */
  readonly type: string;
  /** Sizes; a name or -1 where the size is free. Undefined where the graph does not say. */
  readonly shape: readonly (number | string)[] | undefined;
}

export interface OnnxInfo {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** Paths of external data files, as written in the model. */
  readonly externalData: readonly string[];
}

/** The bytes are no ONNX model. */
export class NotOnnx extends Error {}

interface Field {
  readonly number: number;
  readonly wire: number;
  /** Payload of a length-delimited field. */
  readonly bytes?: Uint8Array;
  /** Value of a varint field. */
  readonly value?: number;
}

function* fields(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let result = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      if (at >= bytes.length) throw new NotOnnx('it ends in the middle of a number');
      const byte = bytes[at++]!;
      result += (byte & 0x7f) * scale;
      if (byte < 0x80) return result;
      scale *= 128;
    }
    throw new NotOnnx('a number is too long');
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const wire = tag & 7;
    if (number === 0) throw new NotOnnx('a field without a number');
    if (wire === 0) yield { number, wire, value: varint() };
    else if (wire === 2) {
      const length = varint();
      if (at + length > bytes.length) throw new NotOnnx('it is cut short');
      yield { number, wire, bytes: bytes.subarray(at, at + length) };
      at += length;
    } else if (wire === 1 || wire === 5) {
      at += wire === 1 ? 8 : 4;
      if (at > bytes.length) throw new NotOnnx('it is cut short');
    } else throw new NotOnnx(`an unknown wire type ${wire}`);
  }
}

const decoder = new TextDecoder();
const text = (field: Field): string => decoder.decode(field.bytes ?? new Uint8Array());

/** Reads a ModelProto. Throws NotOnnx when the bytes are none. */
export function readOnnx(bytes: Uint8Array): OnnxInfo {
  let graph: Uint8Array | undefined;
  const external = new Set<string>();
  for (const field of fields(bytes)) {
    if (field.number === 7 && field.bytes) {
      // Protocol Buffers would merge the two: what is looked at here must be what the runtime loads.
      if (graph !== undefined) throw new NotOnnx('it holds two graphs');
      graph = field.bytes;
    }
    if (field.number === 25 && field.bytes) walkNodes(field.bytes, 7, external); // FunctionProto.node
  }
  if (graph === undefined) throw new NotOnnx('it holds no graph');
  const inputs: TensorInfo[] = [];
  const outputs: TensorInfo[] = [];
  const initializers = new Set<string>();
  for (const field of fields(graph)) {
    if (!field.bytes) continue;
    if (field.number === 5) initializers.add(tensorName(field.bytes));
    else if (field.number === 11) inputs.push(valueInfo(field.bytes));
    else if (field.number === 12) outputs.push(valueInfo(field.bytes));
  }
  walkGraph(graph, external);
  // Before IR version 4 initializers also stood among the inputs.
  return { inputs: inputs.filter((i) => !initializers.has(i.name)), outputs, externalData: [...external] };
}

/** Subgraphs of subgraphs that any real model has. */
const MAX_DEPTH = 64;

function walkGraph(graph: Uint8Array, external: Set<string>, depth = 0): void {
  if (depth > MAX_DEPTH) throw new NotOnnx(`its subgraphs are nested more than ${MAX_DEPTH} deep`);
  walkNodes(graph, 1, external, depth);
  for (const field of fields(graph)) {
    if (!field.bytes) continue;
    if (field.number === 5) walkTensor(field.bytes, external);
    // SparseTensorProto: values = 1, indices = 2
    else if (field.number === 15)
      for (const part of fields(field.bytes)) if (part.bytes) walkTensor(part.bytes, external);
  }
}

/** Tensors and subgraphs in the attributes of nodes (NodeProto.attribute = 5). */
function walkNodes(owner: Uint8Array, nodeField: number, external: Set<string>, depth = 0): void {
  for (const node of fields(owner)) {
    if (node.number !== nodeField || !node.bytes) continue;
    for (const attribute of fields(node.bytes)) {
      if (attribute.number !== 5 || !attribute.bytes) continue;
      for (const value of fields(attribute.bytes)) {
        if (!value.bytes) continue;
        if (value.number === 5 || value.number === 10) walkTensor(value.bytes, external); // t, tensors
        if (value.number === 6 || value.number === 11) walkGraph(value.bytes, external, depth + 1); // g, graphs
      }
    }
  }
}

/** TensorProto: name = 8, external_data = 13 (key = 1, value = 2), data_location = 14. */
function walkTensor(tensor: Uint8Array, external: Set<string>): void {
  for (const field of fields(tensor)) {
    if (field.number !== 13 || !field.bytes) continue;
    let key = '';
    let value = '';
    for (const part of fields(field.bytes)) {
      if (part.number === 1) key = text(part);
      if (part.number === 2) value = text(part);
    }
    if (key === 'location') external.add(value);
  }
}

function tensorName(tensor: Uint8Array): string {
  for (const field of fields(tensor)) if (field.number === 8) return text(field);
  return '';
}

/** ValueInfoProto: name = 1, type = 2; TypeProto.tensor_type = 1: elem_type = 1, shape = 2: dim = 1. */
function valueInfo(bytes: Uint8Array): TensorInfo {
  let name = '';
  let type = 'no tensor';
  let shape: (number | string)[] | undefined;
  for (const field of fields(bytes)) {
    if (field.number === 1) name = text(field);
    if (field.number !== 2 || !field.bytes) continue;
    for (const kind of fields(field.bytes)) {
      if (kind.number !== 1 || !kind.bytes) continue;
      for (const part of fields(kind.bytes)) {
        if (part.number === 1) type = ELEMENT_TYPES[part.value ?? 0] ?? `element type ${part.value}`;
        if (part.number === 2 && part.bytes) shape = dimensions(part.bytes);
      }
    }
  }
  return { name, type, shape };
}

function dimensions(bytes: Uint8Array): (number | string)[] {
  const shape: (number | string)[] = [];
  for (const dim of fields(bytes)) {
    if (dim.number !== 1 || !dim.bytes) continue;
    let size: number | string = -1;
    for (const part of fields(dim.bytes)) {
      if (part.number === 1 && part.value !== undefined) size = part.value > 2 ** 62 ? -1 : part.value;
      if (part.number === 2) size = text(part);
    }
    shape.push(size);
  }
  return shape;
}
