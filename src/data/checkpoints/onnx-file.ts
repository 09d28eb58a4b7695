/**
 * Reads what an ONNX file says of itself without running it: inputs, outputs, external data, and its nodes and tensors
 * for a caller that visits them.
 *
 * Knows the few fields of onnx.proto3 it needs; everything else is skipped. Field numbers are those of onnx.proto3
 * (ONNX, Apache-2.0).
 */
import { fields, Malformed, textOfField } from '../../lib/wire.js';
import { addExternal, type ExternalTensor } from './external-tensor.js';
import { type TensorInfo, valueInfo } from './value-info.js';

export type { TensorInfo } from './value-info.js';

export interface OnnxInfo {
  /** Version of the file format; 0 where the file does not say. */
  readonly irVersion: number;
  /** Version of the standard operators; undefined where the file does not say. */
  readonly opset: number | undefined;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** Paths of external data files, as written in the model, each once. */
  readonly externalData: readonly string[];
  /** The tensors whose values stand there. */
  readonly externalTensors: readonly ExternalTensor[];
}

/** Reads a ModelProto. Throws Malformed when the bytes are none. */
export function readOnnx(bytes: Uint8Array): OnnxInfo {
  const graph = graphOf(bytes);
  const external: ExternalTensor[] = [];
  const inputs: TensorInfo[] = [];
  const outputs: TensorInfo[] = [];
  const initializers = new Set<string>();
  for (const field of fields(graph)) {
    if (!field.bytes) continue;
    if (field.number === 5) initializers.add(tensorName(field.bytes));
    else if (field.number === 11) inputs.push(valueInfo(field.bytes));
    else if (field.number === 12) outputs.push(valueInfo(field.bytes));
  }
  visitModel(bytes, { tensor: (tensor) => addExternal(tensor, external) });
  // Before IR version 4 initializers also stood among the inputs.
  return {
    ...versionsOf(bytes),
    inputs: inputs.filter((i) => !initializers.has(i.name)),
    outputs,
    externalData: [...new Set(external.map(({ location }) => location))],
    externalTensors: external,
  };
}

/** ModelProto: ir_version = 1, opset_import = 8. */
function versionsOf(model: Uint8Array): Pick<OnnxInfo, 'irVersion' | 'opset'> {
  let irVersion = 0;
  let opset: number | undefined;
  for (const { number, value, bytes } of fields(model)) {
    if (number === 1) irVersion = value ?? 0;
    if (number === 8 && bytes) opset = standardOpset(bytes) ?? opset;
  }
  return { irVersion, opset };
}

/** OperatorSetIdProto: domain = 1, version = 2; undefined for another domain than that of the standard operators. */
function standardOpset(bytes: Uint8Array): number | undefined {
  let domain = '';
  let version = 0;
  for (const field of fields(bytes)) {
    if (field.number === 1) domain = textOfField(field);
    if (field.number === 2) version = field.value ?? 0;
  }
  return domain === '' || domain === 'ai.onnx' ? version : undefined;
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
 * Visits every node and every tensor that a model can hold, wherever onnx.proto3 lets one stand: initializers, also
 * sparse ones, attributes of nodes, the defaults of functions' attributes, subgraphs, the graphs of training. What a
 * file repeats is visited each time.
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

/** TensorProto: name = 8. */
function tensorName(tensor: Uint8Array): string {
  for (const field of fields(tensor)) if (field.number === 8) return textOfField(field);
  return '';
}
