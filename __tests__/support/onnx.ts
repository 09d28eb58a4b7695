/** Writes small ONNX models for tests: the wire format of onnx.proto3, only the fields that towers need. */

const TYPES = {
  float32: 1,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint8: 2,
  int8: 3,
  int16: 5,
  uint16: 4,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
  uint4: 21,
  int4: 22,
} as const;
export type ElementType = keyof typeof TYPES;

export interface Value {
  readonly name: string;
  readonly type: ElementType;
  /** A name stands for a free size. */
  readonly shape: readonly (number | string)[];
  /** A sequence, or an optional one, of such tensors in place of one. */
  readonly of?: 'sequence' | 'optional';
}

export interface Initializer {
  readonly name: string;
  readonly type: 'float32' | 'int64' | 'bool';
  readonly shape: readonly number[];
  readonly values: readonly number[];
  /** Written as external data at this location instead of inside the model, from a byte on where one is given. */
  readonly external?: string;
  readonly offset?: number;
  readonly length?: number;
}

/** Zeros with `values` at `indices`. */
export interface Sparse {
  readonly values: Initializer;
  readonly indices: Initializer;
  readonly shape: readonly number[];
}

/** Whole numbers, texts, or what may hold weights. */
export type Attribute =
  | number
  | string
  | readonly number[]
  | { readonly tensor: Initializer }
  | { readonly tensors: readonly Initializer[] }
  | { readonly sparse: Sparse }
  | { readonly sparses: readonly Sparse[] }
  | { readonly graph: Model }
  | { readonly graphs: readonly Model[] };

/** An operator that is made of others, with default values of its attributes. */
export interface OnnxFunction {
  readonly name: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly OnnxNode[];
  readonly defaults?: Readonly<Record<string, Attribute>>;
}

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly domain?: string;
  readonly name?: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export interface Model {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly nodes: readonly OnnxNode[];
  readonly initializers?: readonly Initializer[];
  readonly sparse?: readonly Sparse[];
  readonly functions?: readonly OnnxFunction[];
  /** Version of the standard operators; 13 where it is left out. */
  readonly opset?: number;
  /** Version of the file format; 8 where it is left out. */
  readonly ir?: number;
  /** The graph that training starts from. */
  readonly training?: Model;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}

const number = (field: number, value: number): Buffer => Buffer.concat([varint(field * 8), varint(value)]);
const bytes = (field: number, value: Buffer | string): Buffer => {
  const payload = Buffer.from(value as string);
  return Buffer.concat([varint(field * 8 + 2), varint(payload.length), payload]);
};
const message = (field: number, ...parts: Buffer[]): Buffer => bytes(field, Buffer.concat(parts));

function valueInfo(field: number, { name, type, shape, of }: Value): Buffer {
  const dims = shape.map((size) => message(1, typeof size === 'number' ? number(1, size) : bytes(2, size)));
  const tensor = message(1, number(1, TYPES[type]), message(2, ...dims));
  // SequenceTypeProto and Optional: elem_type = 1.
  const wrapped = of === undefined ? tensor : message(of === 'sequence' ? 4 : 9, message(1, tensor));
  return message(field, bytes(1, name), message(2, wrapped));
}

function rawData({ type, values }: Initializer): Buffer {
  if (type === 'bool') return Buffer.from(values);
  return type === 'float32'
    ? Buffer.from(Float32Array.from(values).buffer)
    : Buffer.from(BigInt64Array.from(values, BigInt).buffer);
}

/** The bytes that external data holds. */
export function externalBytes(initializer: Initializer): Buffer {
  return rawData(initializer);
}

function tensor(field: number, initializer: Initializer): Buffer {
  const { name, type, shape, external, offset, length } = initializer;
  const entries = Object.entries({ location: external, offset, length }).filter(([, value]) => value !== undefined);
  const data =
    external === undefined
      ? [bytes(9, rawData(initializer))]
      : [...entries.map(([key, value]) => message(13, bytes(1, key), bytes(2, String(value)))), number(14, 1)];
  return message(field, ...shape.map((size) => number(1, size)), number(2, TYPES[type]), bytes(8, name), ...data);
}

function sparseTensor(field: number, { values, indices, shape }: Sparse): Buffer {
  return message(field, tensor(1, values), tensor(2, indices), ...shape.map((size) => number(3, size)));
}

/** One attribute of a node, or the default of a function's. */
function attribute(field: number, name: string, value: Attribute): Buffer {
  const typed = (type: number, ...parts: Buffer[]) => message(field, bytes(1, name), ...parts, number(20, type));
  if (typeof value === 'number') return typed(2, number(3, value));
  if (typeof value === 'string') return typed(3, bytes(4, value));
  if ('tensor' in value) return typed(4, tensor(5, value.tensor));
  if ('tensors' in value) return typed(9, ...value.tensors.map((one) => tensor(10, one)));
  if ('sparse' in value) return typed(11, sparseTensor(22, value.sparse));
  if ('sparses' in value) return typed(12, ...value.sparses.map((one) => sparseTensor(23, one)));
  if ('graph' in value) return typed(5, graph(6, value.graph));
  if ('graphs' in value) return typed(10, ...value.graphs.map((one) => graph(11, one)));
  return typed(7, ...value.map((v) => number(8, v)));
}

function node(field: number, { op, inputs, outputs, domain, name, attributes = {} }: OnnxNode): Buffer {
  return message(
    field,
    ...inputs.map((input) => bytes(1, input)),
    ...outputs.map((output) => bytes(2, output)),
    ...(name === undefined ? [] : [bytes(3, name)]),
    bytes(4, op),
    ...Object.entries(attributes).map(([key, value]) => attribute(5, key, value)),
    ...(domain === undefined ? [] : [bytes(7, domain)]),
  );
}

function graph(field: number, { inputs, outputs, nodes, initializers = [], sparse = [] }: Model): Buffer {
  return message(
    field,
    ...nodes.map((one) => node(1, one)),
    bytes(2, 'tower'),
    ...initializers.map((initializer) => tensor(5, initializer)),
    ...sparse.map((one) => sparseTensor(15, one)),
    ...inputs.map((input) => valueInfo(11, input)),
    ...outputs.map((output) => valueInfo(12, output)),
  );
}

/** FunctionProto. */
function functionProto({ name, domain, inputs, outputs, nodes, defaults = {} }: OnnxFunction): Buffer {
  return message(
    25,
    bytes(1, name),
    ...inputs.map((input) => bytes(4, input)),
    ...outputs.map((output) => bytes(5, output)),
    ...nodes.map((one) => node(7, one)),
    message(9, bytes(1, ''), number(2, OPSET)),
    bytes(10, domain),
    ...Object.entries(defaults).map(([key, value]) => attribute(11, key, value)),
  );
}

const OPSET = 13;

/** The bytes of an .onnx file. */
export function onnx(model: Model): Buffer {
  const { nodes, functions = [], training, opset = OPSET, ir = 8 } = model;
  const domains = ['', ...new Set(nodes.flatMap(({ domain }) => (domain ? [domain] : [])))];
  const opsets = domains.map((domain) => message(8, bytes(1, domain), number(2, domain === '' ? opset : 1)));
  return Buffer.concat([
    number(1, ir),
    ...opsets,
    graph(7, model),
    ...(training ? [message(20, graph(1, training))] : []),
    ...functions.map(functionProto),
  ]);
}

/** A tower that looks up a row of `table` (rows × dimension) by an int64 index: `embedding = table[index]`. */
export function lookupTower(table: readonly (readonly number[])[], input = 'index'): Model {
  const dimension = table[0]!.length;
  return {
    inputs: [{ name: input, type: 'int64', shape: ['batch'] }],
    outputs: [{ name: 'embedding', type: 'float32', shape: ['batch', dimension] }],
    nodes: [{ op: 'Gather', inputs: ['table', input], outputs: ['embedding'], attributes: { axis: 0 } }],
    initializers: [{ name: 'table', type: 'float32', shape: [table.length, dimension], values: table.flat() }],
  };
}
