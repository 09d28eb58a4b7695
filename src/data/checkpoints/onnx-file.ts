/**
 * Reads what an ONNX file says of itself without running it: inputs, outputs, external data, and its nodes and tensors
 * for a caller that visits them.
 *
 * Knows the few fields of onnx.proto3 it needs; everything else is skipped. Field numbers are those of onnx.proto3
 * (ONNX, Apache-2.0).
 */
import { fields, Malformed, textOfField } from '../../lib/wire.js';

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

/** Reads a ModelProto. Throws Malformed when the bytes are none. */
export function readOnnx(bytes: Uint8Array): OnnxInfo {
  const graph = graphOf(bytes);
  const external = new Set<string>();
  const inputs: TensorInfo[] = [];
  const outputs: TensorInfo[] = [];
  const initializers = new Set<string>();
  for (const field of fields(graph)) {
    if (!field.bytes) continue;
    if (field.number === 5) initializers.add(tensorName(field.bytes));
    else if (field.number === 11) inputs.push(valueInfo(field.bytes));
    else if (field.number === 12) outputs.push(valueInfo(field.bytes));
  }
  visitModel(bytes, { tensor: (tensor) => addLocations(tensor, external) });
  // Before IR version 4 initializers also stood among the inputs.
  return { inputs: inputs.filter((i) => !initializers.has(i.name)), outputs, externalData: [...external] };
}

function graphOf(model: Uint8Array): Uint8Array {
  let graph: Uint8Array | undefined;
  for (const field of fields(model)) {
    if (field.number !== 7 || !field.bytes) continue;
    // Protocol Buffers would merge the two: what is looked at here must be what the runtime loads.
    if (graph !== undefined) throw new Malformed('it holds two graphs');
    graph = field.bytes;
  }
  if (graph === undefined) throw new Malformed('it holds no graph');
  return graph;
}

/** A caller that sees the parts of a model: the bytes of each NodeProto, of each TensorProto. */
export interface ModelVisitor {
  readonly node?: (node: Uint8Array) => void;
  readonly tensor?: (tensor: Uint8Array) => void;
}

/** Subgraphs of subgraphs that any real model has. */
const MAX_DEPTH = 64;

/**
 * Visits every node and every tensor that a model can hold, wherever onnx.proto3 lets one stand: initializers, also sparse
 * ones, attributes of nodes, the defaults of functions' attributes, subgraphs, the graphs of training. What a file
 * repeats is visited each time.
 */
export function visitModel(model: Uint8Array, visitor: ModelVisitor): void {
  for (const { number, bytes } of fields(model)) {
    if (!bytes) continue;
    if (number === 7) visitGraph(bytes, visitor, 0);
    if (number === 20) visitTraining(bytes, visitor);
    if (number === 25) visitFunction(bytes, visitor);
  }
}

/** TrainingInfoProto: initialization = 1, algorithm = 2. */
function visitTraining(training: Uint8Array, visitor: ModelVisitor): void {
  for (const { number, bytes } of fields(training))
    if (bytes && (number === 1 || number === 2)) visitGraph(bytes, visitor, 0);
}

/** FunctionProto: node = 7, attribute_proto = 11. */
function visitFunction(definition: Uint8Array, visitor: ModelVisitor): void {
  for (const { number, bytes } of fields(definition)) {
    if (bytes && number === 7) visitNode(bytes, visitor, 0);
    if (bytes && number === 11) visitAttribute(bytes, visitor, 0);
  }
}

/** GraphProto: node = 1, initializer = 5, sparse_initializer = 15. */
function visitGraph(graph: Uint8Array, visitor: ModelVisitor, depth: number): void {
  if (depth > MAX_DEPTH) throw new Malformed(`its subgraphs are nested more than ${MAX_DEPTH} deep`);
  for (const { number, bytes } of fields(graph)) {
    if (!bytes) continue;
    if (number === 1) visitNode(bytes, visitor, depth);
    if (number === 5) visitor.tensor?.(bytes);
    if (number === 15) visitSparse(bytes, visitor);
  }
}

/** NodeProto: attribute = 5. */
function visitNode(node: Uint8Array, visitor: ModelVisitor, depth: number): void {
  visitor.node?.(node);
  for (const { number, bytes } of fields(node)) if (number === 5 && bytes) visitAttribute(bytes, visitor, depth);
}

/** AttributeProto: t = 5, g = 6, tensors = 10, graphs = 11, sparse_tensor = 22, sparse_tensors = 23. */
function visitAttribute(attribute: Uint8Array, visitor: ModelVisitor, depth: number): void {
  for (const { number, bytes } of fields(attribute)) {
    if (!bytes) continue;
    if (number === 5 || number === 10) visitor.tensor?.(bytes);
    if (number === 6 || number === 11) visitGraph(bytes, visitor, depth + 1);
    if (number === 22 || number === 23) visitSparse(bytes, visitor);
  }
}

/** SparseTensorProto: values = 1, indices = 2. */
function visitSparse(sparse: Uint8Array, visitor: ModelVisitor): void {
  for (const { number, bytes } of fields(sparse)) if (bytes && (number === 1 || number === 2)) visitor.tensor?.(bytes);
}

/**
 * TensorProto: external_data = 13 (key = 1, value = 2). Whatever data_location says: a location that is written and not
 * used must exist too, rather than that one which is used goes unseen.
 */
function addLocations(tensor: Uint8Array, external: Set<string>): void {
  for (const field of fields(tensor)) {
    if (field.number !== 13 || !field.bytes) continue;
    let key = '';
    let value = '';
    for (const part of fields(field.bytes)) {
      if (part.number === 1) key = textOfField(part);
      if (part.number === 2) value = textOfField(part);
    }
    if (key === 'location') external.add(value);
  }
}

/** TensorProto: name = 8. */
function tensorName(tensor: Uint8Array): string {
  for (const field of fields(tensor)) if (field.number === 8) return textOfField(field);
  return '';
}

/** ValueInfoProto: name = 1, type = 2. */
function valueInfo(bytes: Uint8Array): TensorInfo {
  let name = '';
  let type: Omit<TensorInfo, 'name'> = { type: 'no tensor', shape: undefined };
  for (const field of fields(bytes)) {
    if (field.number === 1) name = textOfField(field);
    if (field.number === 2 && field.bytes) type = { ...type, ...typeOf(field.bytes) };
  }
  return { name, ...type };
}

/** TypeProto: tensor_type = 1. */
function typeOf(proto: Uint8Array): Partial<Omit<TensorInfo, 'name'>> {
  let type: Partial<Omit<TensorInfo, 'name'>> = {};
  for (const kind of fields(proto)) if (kind.number === 1 && kind.bytes) type = { ...type, ...tensorType(kind.bytes) };
  return type;
}

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
