/** A tensor of a model whose values stand in a file of their own. */
import { type Field, fields, textOfField, varints } from '../../lib/wire.js';
import { widthOf } from './value-info.js';

export interface ExternalTensor {
  readonly name: string;
  /** The file, as written in the model. */
  readonly location: string;
  /** The first byte in it, and the number of bytes: as written, else as type and sizes say; 0 where neither does. */
  readonly offset: number;
  readonly length: number;
}

/**
 * TensorProto: dims = 1, data_type = 2, name = 8, external_data = 13 (key = 1, value = 2). Whatever data_location says:
 * a location that is written and not used must exist too, rather than that one which is used goes unseen.
 */
export function addExternal(tensor: Uint8Array, external: ExternalTensor[]): void {
  const entries = new Map<string, string>();
  let [name, type, elements] = ['', 0, 1];
  for (const field of fields(tensor)) {
    if (field.number === 1) elements *= sizesOf(field).reduce((product, size) => product * size, 1);
    if (field.number === 2) type = field.value ?? 0;
    if (field.number === 8) name = textOfField(field);
    if (field.number !== 13 || !field.bytes) continue;
    const [key, value] = entryOf(field.bytes);
    entries.set(key, value);
  }
  const location = entries.get('location');
  if (location === undefined) return;
  const offset = Number(entries.get('offset') ?? 0);
  const length = Number(entries.get('length') ?? Math.ceil(elements * widthOf(type)));
  external.push({ name, location, offset, length });
}

/** Sizes of a repeated field, packed or one by one. */
function sizesOf({ bytes, value }: Field): readonly number[] {
  return bytes ? varints(bytes) : [value ?? 0];
}

/** StringStringEntryProto: key = 1, value = 2. */
function entryOf(entry: Uint8Array): readonly [key: string, value: string] {
  let key = '';
  let value = '';
  for (const part of fields(entry)) {
    if (part.number === 1) key = textOfField(part);
    if (part.number === 2) value = textOfField(part);
  }
  return [key, value];
}
