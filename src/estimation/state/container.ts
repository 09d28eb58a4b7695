/**
 * Named columns of numbers in one run of bytes, as every platform that this program ships for lays them out
 * (little-endian).
 */
import { DataError } from '../../errors.js';
import { quoted } from '../../lib/text.js';

interface ArrayOf {
  readonly f64: Float64Array;
  readonly u64: BigUint64Array;
  readonly u32: Uint32Array;
  readonly u16: Uint16Array;
  readonly u8: Uint8Array;
}
export type NumberType = keyof ArrayOf;
export type Numbers = ArrayOf[NumberType];

/** Views of `length` numbers from a byte on. */
const VIEWS: { readonly [T in NumberType]: (buffer: ArrayBuffer, offset: number, length: number) => ArrayOf[T] } = {
  f64: (...place) => new Float64Array(...place),
  u64: (...place) => new BigUint64Array(...place),
  u32: (...place) => new Uint32Array(...place),
  u16: (...place) => new Uint16Array(...place),
  u8: (...place) => new Uint8Array(...place),
};
const BYTES: Readonly<Record<NumberType, number>> = { f64: 8, u64: 8, u32: 4, u16: 2, u8: 1 };

/** A column's place: it has `length` numbers, which start at byte `offset`, a multiple of 8. */
export interface Section {
  readonly name: string;
  readonly type: NumberType;
  readonly offset: number;
  readonly length: number;
}

/** Lays columns out one after the other. */
export function pack(columns: ReadonlyMap<string, Numbers>): { sections: Section[]; data: Uint8Array } {
  const sections: Section[] = [];
  let bytes = 0;
  for (const [name, numbers] of columns) {
    sections.push({ name, type: typeOf(numbers), offset: bytes, length: numbers.length });
    bytes += Math.ceil(numbers.byteLength / 8) * 8;
  }
  const data = new Uint8Array(bytes);
  for (const [i, numbers] of [...columns.values()].entries())
    data.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), sections[i]!.offset);
  return { sections, data };
}

function typeOf(numbers: Numbers): NumberType {
  if (numbers instanceof Float64Array) return 'f64';
  if (numbers instanceof BigUint64Array) return 'u64';
  if (numbers instanceof Uint32Array) return 'u32';
  return numbers instanceof Uint16Array ? 'u16' : 'u8';
}

/** Hands columns out by name; a DataError names the one that is not as it must be. */
export class Unpacked {
  private readonly sections: ReadonlyMap<string, Section>;
  private readonly buffer: ArrayBuffer;

  /** @param file as shown in messages */
  constructor(
    sections: readonly Section[],
    data: Uint8Array,
    private readonly file: string,
  ) {
    this.sections = new Map(sections.map((section) => [section.name, section]));
    // A copy of its own: views want an offset of their numbers' size, which a slice of a pool need not have.
    this.buffer = new ArrayBuffer(data.byteLength);
    new Uint8Array(this.buffer).set(data);
  }

  /** The column `name`, of which `length` numbers are wanted; any number of them where it is left out. */
  take<T extends NumberType>(name: string, type: T, length?: number): ArrayOf[T] {
    const section = this.sections.get(name);
    if (
      !section ||
      section.type !== type ||
      (length !== undefined && section.length !== length) ||
      section.offset % 8 !== 0 ||
      section.offset + section.length * BYTES[type] > this.buffer.byteLength
    )
      throw this.broken(
        `column ${quoted(name)} ${section ? described(section) : 'missing'}`,
        `${length ?? 'some'} numbers of type ${type} within ${this.buffer.byteLength} bytes`,
      );
    return VIEWS[type](this.buffer, section.offset, section.length);
  }

  /** Reads the places at which the groups of a column start: shape (groups + 1), from 0 on, never descending. */
  starts(name: string, groups: number): Uint32Array {
    const starts = this.take(name, 'u32', groups + 1);
    if (starts[0] !== 0 || starts.some((start, i) => i > 0 && start < starts[i - 1]!))
      throw this.broken(`column ${quoted(name)} that goes back`, 'starts in ascending order, from 0 on');
    return starts;
  }

  private broken(found: string, expected: string): DataError {
    return new DataError([{ place: { file: this.file }, found, expected, mend: REWRITE }]);
  }
}

function described({ length, type, offset }: Section): string {
  return `of ${length} ${type} at byte ${offset}`;
}

/** The remedy for a state that cannot be read. */
export const REWRITE = 'Write the state of this shard again.';
