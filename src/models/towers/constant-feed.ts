/** An input that has one value for every entity: no column holds it. */
import type { Checkpoint } from '../../data/checkpoints/checkpoint.js';
import type { TensorInfo } from '../../data/checkpoints/onnx-file.js';
import { ModelError, type Place } from '../../errors.js';
import { quoted } from '../../lib/text.js';
import { allocate, type Feed, type InputFeed, ListFeed } from './batches.js';
import type { Entities } from './entities.js';
import { inputType, type PlannedInput } from './planned-input.js';
import { putValue } from './put-value.js';
import type { InputType, TensorData } from './runtime.js';

/** The length of an axis, of a batch of the entities from … to-1. */
export type AxisLength = (from: number, to: number) => number;

export class ConstantFeed implements InputFeed {
  /**
   * @param value one element
   * @param axes  lengths of all axes, the batch's among them where its size is fixed; 'batch' where it is free
   */
  constructor(
    readonly name: string,
    private readonly type: InputType,
    private readonly value: TensorData,
    private readonly axes: readonly (number | 'batch' | AxisLength)[],
  ) {}

  batch(from: number, to: number, pad: number): Feed {
    const shape = this.axes.map((axis) =>
      axis === 'batch' ? to - from + pad : typeof axis === 'number' ? axis : axis(from, to),
    );
    const data = allocate(
      this.type,
      shape.reduce((product, size) => product * size, 1),
    );
    (data as Float32Array).fill((this.value as Float32Array)[0]!);
    return { type: this.type, data, shape };
  }
}

/** The other inputs that a constant is fed beside. */
export interface Beside {
  readonly checkpoint: Checkpoint;
  readonly entities: Entities;
  readonly inputs: readonly PlannedInput[];
  /** Of the columns, as far as they are built. */
  readonly feeds: readonly InputFeed[];
}

/** One value in every place of an input: its free axes after the batch are as long as those of a list beside it. */
export function constantFeed(
  info: TensorInfo,
  value: number | string | boolean,
  place: Place,
  { checkpoint, entities, inputs, feeds }: Beside,
): ConstantFeed {
  const type = inputType(info, checkpoint, place);
  const refuse = (found: string, expected: string, mend?: string): never => {
    throw new ModelError([{ place, found, expected, ...(mend ? { mend } : {}) }]);
  };
  const one = allocate(type, 1);
  if (!putValue(one, 0, value, type))
    refuse(
      `constant ${quoted(value)} for input ${quoted(info.name)} of ${checkpoint.shown}`,
      `a value of type ${type}`,
    );
  const axes = (info.shape ?? []).map((size, axis): number | 'batch' | AxisLength => {
    if (typeof size === 'number' && size > 0) return size;
    return axis === 0 ? 'batch' : (axisBeside(size, feeds, inputs, entities) ?? noLength(info, checkpoint, refuse));
  });
  return new ConstantFeed(info.name, type, one, axes);
}

function noLength(
  { name }: TensorInfo,
  { shown }: Checkpoint,
  refuse: (found: string, expected: string, mend: string) => never,
): never {
  return refuse(
    `a constant for input ${quoted(name)} of ${shown}, whose length no list beside it says`,
    'a column of lists beside it, or a length that the graph fixes',
    `Give it a column of lists in place of the constant, or export with a fixed length.`,
  );
}

/** The length of a free axis: that of the list whose axis has the same name, else of the first list. */
function axisBeside(
  size: number | string,
  feeds: readonly InputFeed[],
  inputs: readonly PlannedInput[],
  entities: Entities,
): AxisLength | undefined {
  if (entities.count === 0) return () => 1;
  const lists = feeds.filter((feed) => {
    const info = inputs.find((input) => input.info.name === feed.name)?.info;
    return (info?.shape === undefined || info.shape.length === 2) && feed.batch(0, 1, 0).shape.length === 2;
  });
  const sameAxis = (feed: InputFeed) =>
    inputs.some(({ info }) => info.name === feed.name && typeof size === 'string' && info.shape?.[1] === size);
  const list = lists.find(sameAxis) ?? lists.find((feed) => feed instanceof ListFeed) ?? lists[0];
  if (!list) return undefined;
  if (list instanceof ListFeed) return (from, to) => list.lengthOf(from, to);
  const length = list.batch(0, 1, 0).shape[1] ?? 1;
  return () => length;
}
