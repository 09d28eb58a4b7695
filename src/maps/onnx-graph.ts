/**
 * The ONNX graph of a map: query vectors times a matrix, under a cosine brought to length 1. Fields are those of
 * onnx.proto3, written by the writer of @bufbuild/protobuf.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { VERSION } from '../lib/version.js';

export type GraphType = 'float32' | 'float64';

export interface MapGraph {
  /** Shape (d, d), row after row: the input is multiplied with it from the right. */
  readonly matrix: Float64Array;
  readonly dimension: number;
  readonly type: GraphType;
  /** Sizes of the input before the last one: `batch`, and `length` where a query has a vector a token. */
  readonly leading: readonly string[];
  /** Each vector of the output at length 1. */
  readonly unit: boolean;
  /** Version of the standard operators, and of the file format. */
  readonly opset: number;
  readonly irVersion: number;
}

/** The graph's names. */
export const INPUT = 'query';
export const OUTPUT = 'mapped_query';

/** TensorProto.DataType. */
const TYPES = { float32: 1, float64: 11 } as const;
/** AttributeProto.AttributeType.INT. */
const INT = 2;

type Fields = (writer: BinaryWriter) => BinaryWriter;

/** A ModelProto. */
export function onnxOfMap(graph: MapGraph): Uint8Array {
  return new BinaryWriter()
    .tag(1, WireType.Varint)
    .int64(graph.irVersion)
    .raw(text(2, 'skewgate'))
    .raw(text(3, VERSION))
    .raw(message(7, (writer) => graphFields(writer, graph)))
    .raw(message(8, (writer) => writer.raw(text(1, '')).tag(2, WireType.Varint).int64(graph.opset)))
    .finish();
}

/** GraphProto: node = 1, name = 2, initializer = 5, input = 11, output = 12. */
function graphFields(writer: BinaryWriter, { matrix, dimension, type, leading, unit }: MapGraph): BinaryWriter {
  const value = (name: string) => valueInfo(name, type, [...leading, dimension]);
  const product = unit ? 'product' : OUTPUT;
  writer.raw(message(1, (node) => nodeFields(node, 'MatMul', [INPUT, 'map'], product)));
  if (unit)
    writer.raw(
      message(1, (node) =>
        nodeFields(node, 'LpNormalization', [product], OUTPUT).raw(attribute('axis', -1)).raw(attribute('p', 2)),
      ),
    );
  return writer
    .raw(text(2, 'skewgate_map'))
    .raw(message(5, (tensor) => tensorFields(tensor, matrix, dimension, type)))
    .raw(message(11, value(INPUT)))
    .raw(message(12, value(OUTPUT)));
}

/** NodeProto: input = 1, output = 2, op_type = 4, attribute = 5. */
function nodeFields(writer: BinaryWriter, operator: string, inputs: readonly string[], output: string): BinaryWriter {
  for (const input of inputs) writer.raw(text(1, input));
  return writer.raw(text(2, output)).raw(text(4, operator));
}

/** AttributeProto: name = 1, i = 3, type = 20. */
function attribute(name: string, value: number): Uint8Array {
  return message(5, (writer) =>
    writer.raw(text(1, name)).tag(3, WireType.Varint).int64(value).tag(20, WireType.Varint).int32(INT),
  );
}

/** TensorProto: dims = 1, data_type = 2, name = 8, raw_data = 9 (little-endian). */
function tensorFields(writer: BinaryWriter, matrix: Float64Array, d: number, type: GraphType): BinaryWriter {
  const width = type === 'float32' ? 4 : 8;
  const raw = new Uint8Array(matrix.length * width);
  const view = new DataView(raw.buffer);
  for (let i = 0; i < matrix.length; i++)
    if (type === 'float32') view.setFloat32(i * width, matrix[i]!, true);
    else view.setFloat64(i * width, matrix[i]!, true);
  for (const size of [d, d]) writer.tag(1, WireType.Varint).int64(size);
  return writer
    .tag(2, WireType.Varint)
    .int32(TYPES[type])
    .raw(text(8, 'map'))
    .tag(9, WireType.LengthDelimited)
    .bytes(raw);
}

/** ValueInfoProto: name = 1, type = 2; TypeProto: tensor_type = 1 (elem_type = 1, shape = 2); a dimension: 1 or 2. */
function valueInfo(name: string, type: GraphType, shape: readonly (string | number)[]): Fields {
  const size = (one: string | number): Fields =>
    typeof one === 'number' ? (dim) => dim.tag(1, WireType.Varint).int64(one) : (dim) => dim.raw(text(2, one));
  const sizes: Fields = (writer) => shape.reduce((all, one) => all.raw(message(1, size(one))), writer);
  const tensor: Fields = (writer) => writer.tag(1, WireType.Varint).int32(TYPES[type]).raw(message(2, sizes));
  return (writer) => writer.raw(text(1, name)).raw(message(2, (of) => of.raw(message(1, tensor))));
}

function message(number: number, write: Fields): Uint8Array {
  return new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(write(new BinaryWriter()).finish()).finish();
}

function text(number: number, value: string): Uint8Array {
  return new BinaryWriter().tag(number, WireType.LengthDelimited).string(value).finish();
}
