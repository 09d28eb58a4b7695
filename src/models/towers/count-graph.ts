/**
 * An ONNX graph of our own: dot products of queries with items in float32, and how many of each query's lie above two
 * limits. The runtime multiplies some twenty times as fast as JavaScript does.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { Graph } from './runtime.js';

/** Element types and attribute types as ONNX numbers them. */
const [FLOAT, INT64, INT_ATTRIBUTE] = [1, 7, 2];
const OPSET = 13;
const IR_VERSION = 8;

/** Counts of products, by target: a query with two limits. */
export interface Counts {
  /** Shape (targets): products above the upper limit, and above the lower one. */
  readonly above: Float32Array;
  readonly reach: Float32Array;
}

/** A stretch of items, and targets; all vectors have `dimension` numbers, row after row. */
export interface CountInputs {
  readonly dimension: number;
  readonly queries: Float32Array;
  readonly items: Float32Array;
  /** Shape (targets): the row of `queries` that is each one's. */
  readonly rows: BigInt64Array;
  /** Shape (targets) each. */
  readonly upper: Float32Array;
  readonly lower: Float32Array;
}

export class CountGraph {
  private constructor(private readonly graph: Graph) {}

  static async open(): Promise<CountGraph> {
    return new CountGraph(await Graph.open(model()));
  }

  async count(inputs: CountInputs): Promise<Counts> {
    const [above, reach] = await this.graph.runFor(feedsOf(inputs), ['above', 'reach']);
    return { above: floats(above?.data), reach: floats(reach?.data) };
  }

  /** Shape (targets, items). */
  async products(inputs: CountInputs): Promise<Float32Array> {
    const [products] = await this.graph.runFor(feedsOf(inputs), ['products']);
    return floats(products?.data);
  }

  close(): Promise<void> {
    return this.graph.close();
  }
}

function floats(data: unknown): Float32Array {
  if (data instanceof Float32Array) return data;
  throw new Error('an output of the counting graph is no float32');
}

function feedsOf({ dimension, queries, items, rows, upper, lower }: CountInputs) {
  const matrix = (data: Float32Array, width: number) => ({
    type: 'float32' as const,
    data,
    shape: [data.length / width, width],
  });
  return {
    queries: matrix(queries, dimension),
    items: matrix(items, dimension),
    rows: { type: 'int64' as const, data: rows, shape: [rows.length] },
    upper: matrix(upper, 1),
    lower: matrix(lower, 1),
  };
}

/** The graph as an ONNX file. Field numbers are those of onnx.proto3. */
function model(): Uint8Array {
  const counted = (limit: string, output: string) => [
    node('Greater', ['products', limit], `${output}_over`),
    node('Cast', [`${output}_over`], `${output}_ones`, ['to', FLOAT]),
    node('ReduceSum', [`${output}_ones`, 'axis'], output, ['keepdims', 0]),
  ];
  const nodes = [
    node('Gemm', ['queries', 'items'], 'once', ['transB', 1]),
    node('Gather', ['once', 'rows'], 'products'),
    ...counted('upper', 'above'),
    ...counted('lower', 'reach'),
  ];
  const graph = new BinaryWriter();
  for (const bytes of nodes) field(graph, 1).bytes(bytes);
  field(graph, 2).string('count');
  field(graph, 5).bytes(axis());
  for (const name of ['queries', 'items', 'upper', 'lower']) field(graph, 11).bytes(value(name, 2));
  field(graph, 11).bytes(value('rows', 1, INT64));
  field(graph, 12).bytes(value('products', 2));
  for (const name of ['above', 'reach']) field(graph, 12).bytes(value(name, 1));
  const written = new BinaryWriter();
  written.tag(1, WireType.Varint).int32(IR_VERSION);
  field(written, 7).bytes(graph.finish());
  field(written, 8).bytes(new BinaryWriter().tag(2, WireType.Varint).int32(OPSET).finish());
  return written.finish();
}

function field(writer: BinaryWriter, number: number): BinaryWriter {
  return writer.tag(number, WireType.LengthDelimited);
}

function node(
  operator: string,
  inputs: readonly string[],
  output: string,
  attribute?: readonly [name: string, value: number],
): Uint8Array {
  const writer = new BinaryWriter();
  for (const input of inputs) field(writer, 1).string(input);
  field(writer, 2).string(output);
  field(writer, 4).string(operator);
  if (attribute) {
    const written = new BinaryWriter();
    field(written, 1).string(attribute[0]);
    written.tag(3, WireType.Varint).int32(attribute[1]).tag(20, WireType.Varint).int32(INT_ATTRIBUTE);
    field(writer, 5).bytes(written.finish());
  }
  return writer.finish();
}

/** The axis of the items, as ReduceSum takes it. */
function axis(): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).int32(1).tag(2, WireType.Varint).int32(INT64).tag(7, WireType.Varint).int32(1);
  field(writer, 8).string('axis');
  return writer.finish();
}

/** A tensor of so many axes, all of them free. */
function value(name: string, axes: number, type = FLOAT): Uint8Array {
  const shape = new BinaryWriter();
  for (let i = 0; i < axes; i++) field(shape, 1).bytes(new Uint8Array(0));
  const tensor = new BinaryWriter().tag(1, WireType.Varint).int32(type);
  field(tensor, 2).bytes(shape.finish());
  const typed = new BinaryWriter();
  field(typed, 1).bytes(tensor.finish());
  const writer = new BinaryWriter();
  field(writer, 1).string(name);
  field(writer, 2).bytes(typed.finish());
  return writer.finish();
}
