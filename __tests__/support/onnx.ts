/** Writes small ONNX models for tests: the wire format of onnx.proto3, only the fields that towers need. */

const TYPES = { float32: 1, int32: 6, int64: 7, string: 8, bool: 9, float16: 10, float64: 11, uint8: 2 } as const;
export type ElementType = keyof typeof TYPES;

export interface Value {
  readonly name: string;
  readonly type: ElementType;
  /** A name stands for a free size. */
  readonly shape: readonly (number | string)[];
}

export interface Initializer {
  readonly name: string;
  readonly type: 'float32' | 'int64';
  readonly shape: readonly number[];
  readonly values: readonly number[];
  /** Written as external data at this location instead of inside the model. */
  readonly external?: string;
}

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

export interface Model {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly nodes: readonly OnnxNode[];
  readonly initializers?: readonly Initializer[];
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

function valueInfo(field: number, { name, type, shape }: Value): Buffer {
  const dims = shape.map((size) => message(1, typeof size === 'number' ? number(1, size) : bytes(2, size)));
  const tensor = message(1, number(1, TYPES[type]), message(2, ...dims));
  return message(field, bytes(1, name), message(2, tensor));
}

function rawData({ type, values }: Initializer): Buffer {
  return type === 'float32'
    ? Buffer.from(Float32Array.from(values).buffer)
    : Buffer.from(BigInt64Array.from(values, BigInt).buffer);
}

/** The bytes that external data holds. */
export function externalBytes(initializer: Initializer): Buffer {
  return rawData(initializer);
}

function tensor(field: number, initializer: Initializer): Buffer {
  const { name, type, shape, external } = initializer;
  const data =
    external === undefined
      ? [bytes(9, rawData(initializer))]
      : [message(13, bytes(1, 'location'), bytes(2, external)), number(14, 1)];
  return message(field, ...shape.map((size) => number(1, size)), number(2, TYPES[type]), bytes(8, name), ...data);
}

function node({ op, inputs, outputs, domain, attributes = {} }: OnnxNode): Buffer {
  const encoded = Object.entries(attributes).map(([name, value]) =>
    typeof value === 'number'
      ? message(5, bytes(1, name), number(3, value), number(20, 2))
      : message(5, bytes(1, name), ...(value as readonly number[]).map((v) => number(8, v)), number(20, 7)),
  );
  return message(
    1,
    ...inputs.map((input) => bytes(1, input)),
    ...outputs.map((output) => bytes(2, output)),
    bytes(4, op),
    ...encoded,
    ...(domain === undefined ? [] : [bytes(7, domain)]),
  );
}

/** The bytes of an .onnx file. */
export function onnx({ inputs, outputs, nodes, initializers = [] }: Model): Buffer {
  const graph = message(
    7,
    ...nodes.map(node),
    bytes(2, 'tower'),
    ...initializers.map((initializer) => tensor(5, initializer)),
    ...inputs.map((input) => valueInfo(11, input)),
    ...outputs.map((output) => valueInfo(12, output)),
  );
  const domains = ['', ...new Set(nodes.flatMap(({ domain }) => (domain ? [domain] : [])))];
  const opsets = domains.map((domain) => message(8, bytes(1, domain), number(2, domain === '' ? 13 : 1)));
  return Buffer.concat([number(1, 8), ...opsets, graph]);
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
