/**
 * Converted features, cut into the tensors of a batch: views where values have one shape, padded copies where they are
 * lists.
 */
import { putValue } from './put-value.js';
import type { InputType, TensorData } from './runtime.js';

export interface Feed {
  readonly type: InputType;
  readonly data: TensorData;
  readonly shape: readonly number[];
}

/** One ONNX input, ready to be cut into batches of entities. */
export interface InputFeed {
  readonly name: string;
  /** The tensor of entities from … to-1; `pad` more rows repeat the last one, for graphs with a fixed batch. */
  batch(from: number, to: number, pad: number): Feed;
}

/** Zeros, or empty texts. */
export function allocate(type: InputType, length: number): TensorData {
  switch (type) {
    case 'float32':
      return new Float32Array(length);
    case 'float64':
      return new Float64Array(length);
    case 'float16':
    case 'uint16':
      return new Uint16Array(length);
    case 'int8':
      return new Int8Array(length);
    case 'int16':
      return new Int16Array(length);
    case 'uint32':
      return new Uint32Array(length);
    case 'int32':
      return new Int32Array(length);
    case 'int64':
      return new BigInt64Array(length);
    case 'bool':
    case 'uint8':
      return new Uint8Array(length);
    case 'string':
      return new Array<string>(length).fill('');
  }
}

/** Values of the same shape for every entity; batches are views, not copies. */
export class DenseFeed implements InputFeed {
  private readonly width: number;

  constructor(
    readonly name: string,
    private readonly type: InputType,
    private readonly data: TensorData,
    private readonly inner: readonly number[],
  ) {
    this.width = inner.reduce((product, size) => product * size, 1);
  }

  /** Values that it holds. */
  get length(): number {
    return this.data.length;
  }

  batch(from: number, to: number, pad: number): Feed {
    const { width } = this;
    const shape = [to - from + pad, ...this.inner];
    const view = Array.isArray(this.data)
      ? this.data.slice(from * width, to * width)
      : this.data.subarray(from * width, to * width);
    if (pad === 0) return { type: this.type, data: view as TensorData, shape };
    const data = allocate(this.type, (to - from + pad) * width);
    for (let i = 0; i < data.length; i++) {
      const source = i < view.length ? i : view.length - width + (i % width);
      (data as Float32Array)[i] = (view as Float32Array)[source]!;
    }
    return { type: this.type, data, shape };
  }
}

/** Values of lists that are padded once for all batches and versions; of more, each batch pads its own. */
const PADDED = 4_000_000;

/** Lists of different lengths, padded to a fixed length or to the longest of the batch (at least 1). */
export class ListFeed implements InputFeed {
  private padded: DenseFeed | undefined;
  /** By type. */
  private readonly masks = new Map<InputType, DenseFeed>();

  constructor(
    readonly name: string,
    private readonly type: InputType,
    private readonly values: TensorData,
    private readonly offsets: Int32Array,
    private readonly filler: TensorData,
    private readonly fixed: number | undefined,
  ) {}

  /** Values that it holds. */
  get length(): number {
    return this.values.length;
  }

  /** The padded length of a batch. */
  lengthOf(from: number, to: number): number {
    if (this.fixed !== undefined) return this.fixed;
    let longest = 1;
    for (let e = from; e < to; e++) longest = Math.max(longest, this.sizeOf(e));
    return longest;
  }

  /** The number of values that entity `e` has. */
  sizeOf(e: number): number {
    return this.offsets[e + 1]! - this.offsets[e]!;
  }

  /** True where a batch decides what its lists are padded to. */
  get ragged(): boolean {
    return this.fixed === undefined;
  }

  /** The number of values of entity `e` that a padded length keeps. */
  keptOf(e: number, length: number): number {
    return Math.min(length, this.sizeOf(e));
  }

  batch(from: number, to: number, pad: number): Feed {
    if (!this.isPaddedOnce) return this.pad(from, to, pad);
    this.padded ??= denseOf(this.name, this.pad(0, this.count, 0));
    return this.padded.batch(from, to, pad);
  }

  /** As `batch`: 1 where a list has a value, 0 where it is padded. */
  mask(type: InputType, from: number, to: number, pad: number): Feed {
    if (!this.isPaddedOnce) return this.marked(type, from, to, pad);
    const whole = this.masks.get(type) ?? denseOf(this.name, this.marked(type, 0, this.count, 0));
    this.masks.set(type, whole);
    return whole.batch(from, to, pad);
  }

  private get count(): number {
    return this.offsets.length - 1;
  }

  private get isPaddedOnce(): boolean {
    return this.fixed !== undefined && this.fixed * this.count <= PADDED;
  }

  private pad(from: number, to: number, pad: number): Feed {
    const length = this.lengthOf(from, to);
    const size = to - from + pad;
    const data = allocate(this.type, size * length) as Float32Array;
    data.fill((this.filler as Float32Array)[0]!);
    for (let b = 0; b < size; b++) {
      const e = Math.min(from + b, to - 1);
      const kept = this.keptOf(e, length);
      const [first, at] = [this.offsets[e]!, b * length];
      for (let i = 0; i < kept; i++) data[at + i] = (this.values as Float32Array)[first + i]!;
    }
    return { type: this.type, data, shape: [size, length] };
  }

  private marked(type: InputType, from: number, to: number, pad: number): Feed {
    const length = this.lengthOf(from, to);
    const size = to - from + pad;
    const one = allocate(type, 1);
    putValue(one, 0, 1, type);
    const data = allocate(type, size * length) as Float32Array;
    for (let b = 0; b < size; b++) {
      const kept = this.keptOf(Math.min(from + b, to - 1), length);
      data.fill((one as Float32Array)[0]!, b * length, b * length + kept);
    }
    return { type, data, shape: [size, length] };
  }
}

function denseOf(name: string, { type, data, shape }: Feed): DenseFeed {
  return new DenseFeed(name, type, data, shape.slice(1));
}

/** 1 where a list has a value, 0 where it is padded. */
export class MaskFeed implements InputFeed {
  constructor(
    readonly name: string,
    readonly of: ListFeed,
    private readonly type: InputType,
  ) {}

  batch(from: number, to: number, pad: number): Feed {
    return this.of.mask(this.type, from, to, pad);
  }
}
