/**
 * Operators of a graph by which an embedding can depend on chance, or on its neighbours in the batch: hints for an
 * error that was measured, never the error itself.
 */

import { visitModel } from '../../data/checkpoints/onnx-file.js';
import { list, quoted } from '../../lib/text.js';
import { type Field, fields, textOfField, varints } from '../../lib/wire.js';

/** A node, as far as it can be suspected. */
interface Operator {
  readonly type: string;
  readonly name: string;
  readonly inputs: readonly string[];
  /** Attributes that are whole numbers, or lists of them. */
  readonly numbers: ReadonlyMap<string, readonly number[]>;
}

export interface Suspects {
  /** Operators that draw at random, each in words. */
  readonly random: readonly string[];
  /** Operators that mix the rows of a batch, each in words. */
  readonly mixing: readonly string[];
}

const RANDOM: ReadonlySet<string> = new Set([
  'RandomUniform',
  'RandomUniformLike',
  'RandomNormal',
  'RandomNormalLike',
  'Bernoulli',
  'Multinomial',
]);
const NORMALISING: ReadonlySet<string> = new Set(['Softmax', 'LogSoftmax', 'Hardmax', 'LpNormalization', 'CumSum']);

/** @param model bytes of an .onnx file that has been read before */
export function suspectsOf(model: Uint8Array): Suspects {
  const operators: Operator[] = [];
  const constants = new Map<string, readonly number[]>();
  visitModel(model, {
    node: (node) => operators.push(operatorOf(node, constants)),
    tensor: (tensor) => {
      const { name, values } = smallTensor(tensor);
      if (name !== '' && values) constants.set(name, values);
    },
  });
  return {
    random: operators.filter((operator) => draws(operator, constants)).map((o) => `${named(o)} draws at random`),
    mixing: operators.flatMap((operator) => {
      const why = mixes(operator, constants);
      return why === undefined ? [] : [`${named(operator)} ${why}`];
    }),
  };
}

/** The first few suspects in words; undefined where there are none. */
export function saidOf(suspects: readonly string[]): string | undefined {
  return suspects.length === 0 ? undefined : list(suspects, 3);
}

function named({ type, name }: Operator): string {
  return name === '' ? type : `${type} ${quoted(name)}`;
}

function draws({ type, inputs, numbers }: Operator, constants: ReadonlyMap<string, readonly number[]>): boolean {
  if (RANDOM.has(type)) return true;
  if (!/Dropout$/.test(type)) return false;
  const mode = inputs[2];
  // From opset 12 on an input says so, before that no runtime drops anything; contributed operators have it too.
  return (
    (mode !== undefined && mode !== '' && constants.get(mode)?.[0] !== 0) || numbers.get('training_mode')?.[0] === 1
  );
}

function mixes(
  { type, inputs, numbers }: Operator,
  constants: ReadonlyMap<string, readonly number[]>,
): string | undefined {
  if (type === 'BatchNormalization')
    return numbers.get('training_mode')?.[0] === 1 ? 'in training mode takes the mean of the batch' : undefined;
  if (/^DynamicQuantize/.test(type)) return 'takes its scale from the whole batch';
  const axis = numbers.get('axis') ?? (inputs[1] === undefined ? undefined : constants.get(inputs[1]));
  if (NORMALISING.has(type)) return axis?.[0] === 0 ? 'runs over axis 0, the batch' : undefined;
  if (!/^Reduce|^MeanVarianceNormalization$/.test(type)) return undefined;
  const axes = numbers.get('axes') ?? (inputs[1] ? constants.get(inputs[1]) : undefined);
  if (axes?.includes(0)) return 'runs over axis 0, the batch';
  return axes === undefined && !inputs[1] && numbers.get('noop_with_empty_axes')?.[0] !== 1
    ? 'runs over all axes, the batch too'
    : undefined;
}

/** NodeProto: input = 1, output = 2, name = 3, op_type = 4, attribute = 5. */
function operatorOf(node: Uint8Array, constants: Map<string, readonly number[]>): Operator {
  let [type, name, output] = ['', '', ''];
  const inputs: string[] = [];
  const numbers = new Map<string, readonly number[]>();
  let constant: readonly number[] | undefined;
  for (const field of fields(node)) {
    if (field.number === 1) inputs.push(textOfField(field));
    if (field.number === 2) output = textOfField(field);
    if (field.number === 3) name = textOfField(field);
    if (field.number === 4) type = textOfField(field);
    if (field.number !== 5 || !field.bytes) continue;
    const { key, values, tensor } = attributeOf(field.bytes);
    numbers.set(key, values);
    if (tensor) constant = tensor.values;
    if (key === 'value_int' || key === 'value_ints') constant = values;
  }
  if (type === 'Constant' && constant) constants.set(output, constant);
  return { type, name, inputs, numbers };
}

/** AttributeProto: name = 1, i = 3, t = 5, ints = 8. */
function attributeOf(attribute: Uint8Array): {
  readonly key: string;
  readonly values: readonly number[];
  readonly tensor?: { readonly values?: readonly number[] };
} {
  let key = '';
  const values: number[] = [];
  let tensor: { readonly values?: readonly number[] } | undefined;
  for (const part of fields(attribute)) {
    if (part.number === 1) key = textOfField(part);
    if (part.number === 3 && part.value !== undefined) values.push(part.value);
    if (part.number === 8) values.push(...numbersOf(part));
    if (part.number === 5 && part.bytes) tensor = smallTensor(part.bytes);
  }
  return { key, values, ...(tensor ? { tensor } : {}) };
}

/** The whole numbers of a repeated field, packed or one by one. */
function numbersOf({ bytes, value }: Field): readonly number[] {
  return bytes ? varints(bytes) : [value ?? 0];
}

/** Axes and modes are a handful of bytes; what is longer is no constant of this kind. */
const SMALL = 64;

/** TensorProto: data_type = 2 (7 int64, 9 bool), int32_data = 5, int64_data = 7, name = 8, raw_data = 9. */
function smallTensor(tensor: Uint8Array): { readonly name: string; readonly values?: readonly number[] } {
  let type = 0;
  let name = '';
  let raw: Uint8Array | undefined;
  const values: number[] = [];
  for (const field of fields(tensor)) {
    if (field.number === 2) type = field.value ?? 0;
    if (field.number === 8) name = textOfField(field);
    if (field.number === 9) raw = field.bytes;
    if ((field.number === 5 || field.number === 7) && (field.bytes?.length ?? 0) <= SMALL)
      values.push(...numbersOf(field));
  }
  if ((type !== 7 && type !== 9) || (raw && raw.length > SMALL)) return { name };
  return { name, values: raw ? wholeNumbers(raw, type) : values };
}

/** The values of a tensor's raw data. @param type 7 (int64) or 9 (bool) */
function wholeNumbers(raw: Uint8Array, type: 7 | 9): number[] {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const width = type === 7 ? 8 : 1;
  return Array.from({ length: Math.floor(raw.length / width) }, (_, i) =>
    type === 7 ? Number(view.getBigInt64(i * 8, true)) : view.getUint8(i),
  );
}
