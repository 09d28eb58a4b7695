/** Features → tensors: converts each column once to what a graph's input wants, then cuts batches out of it. */

import type { Checkpoint } from '../../data/checkpoints/checkpoint.js';
import type { TensorInfo } from '../../data/checkpoints/onnx-file.js';
import { type Column, isNull, type ListColumn, textAt } from '../../data/tables/column.js';
import { BadRows, columnNamed, type Table } from '../../data/tables/table.js';
import { numberFromText } from '../../data/tables/text-values.js';
import type { InputSource } from '../../documents/release/release.js';
import { ModelError, type Problem } from '../../errors.js';
import { list, quoted } from '../../lib/text.js';
import { allocate, DenseFeed, type InputFeed, ListFeed, MaskFeed } from './batches.js';
import { constantFeed } from './constant-feed.js';
import { copyRows, copyRun, numbersOf } from './copy-numbers.js';
import type { Entities } from './entities.js';
import { maskFor, written } from './list-source.js';
import { inputType, type PlannedInput } from './planned-input.js';
import { putValue } from './put-value.js';
import type { InputType, TensorData } from './runtime.js';
import { forTexts, holdsTexts } from './texts-for-numbers.js';
import { yamlText } from './yaml-text.js';

/**
 * Converts the columns of one side for one graph's inputs. Errors name the checkpoint, the input, the row and the id.
 */
export function buildFeeds(
  inputs: readonly PlannedInput[],
  table: Table,
  entities: Entities,
  checkpoint: Checkpoint,
): InputFeed[] {
  const problems: Problem[] = [];
  const feeds: InputFeed[] = [];
  const lists = new Map<string, ListFeed>();
  for (const input of inputs) {
    if (input.source.kind === 'mask' || input.source.kind === 'constant') continue;
    const feed = converted(input, entities, () =>
      new Conversion(input, table, entities, checkpoint, maskFor(input, inputs)).build(),
    );
    feeds.push(feed);
    if (feed instanceof ListFeed) lists.set(input.info.name, feed);
  }
  for (const { info, source, place } of inputs) {
    if (source.kind === 'constant')
      feeds.push(constantFeed(info, source.value, place, { checkpoint, entities, inputs, feeds }));
    if (source.kind !== 'mask') continue;
    const of = lists.get(source.of);
    if (!of)
      problems.push({
        place,
        found: `mask ${quoted(info.name)} of ${quoted(source.of)}, which is no list`,
        expected: 'a mask of a list column',
      });
    else feeds.push(new MaskFeed(info.name, of, inputType(info, checkpoint, place)));
  }
  if (problems.length > 0) throw new ModelError(problems);
  return feeds;
}

/** Values that are kept converted for the next version of a tower; of more, each version converts its own. */
const KEPT = 16_000_000;

interface KeptFeeds {
  readonly feeds: Map<string, InputFeed>;
  length: number;
}

/** By the entities, as long as anybody has those. */
const kept = new WeakMap<Entities, KeptFeeds>();

/** All versions of a tower read the same columns: they are converted for the first one. */
function converted({ info, source }: PlannedInput, entities: Entities, build: () => InputFeed): InputFeed {
  const own = kept.get(entities) ?? { feeds: new Map<string, InputFeed>(), length: 0 };
  kept.set(entities, own);
  const key = JSON.stringify([info.name, info.type, info.shape, source]);
  const known = own.feeds.get(key);
  if (known) return known;
  const feed = build();
  const length = feed instanceof DenseFeed || feed instanceof ListFeed ? feed.length : 0;
  if (own.length + length <= KEPT) {
    own.feeds.set(key, feed);
    own.length += length;
  }
  return feed;
}

/** Sizes after the batch axis, free ones as undefined. */
function innerShape(info: TensorInfo): (number | undefined)[] | undefined {
  return info.shape?.slice(1).map((size) => (typeof size === 'number' && size > 0 ? size : undefined));
}

/** Longest list that an input may be padded to. */
const MAX_LENGTH = 1_000_000;

/** Reads the values of one input out of its columns. */
class Conversion {
  private readonly type: InputType;
  private readonly bad: BadRows;

  constructor(
    private readonly input: PlannedInput,
    private readonly table: Table,
    private readonly entities: Entities,
    private readonly checkpoint: Checkpoint,
    /** The input that could be this one's mask. */
    private readonly mask: string | undefined,
  ) {
    this.type = inputType(input.info, checkpoint, input.place);
    this.bad = new BadRows(table);
  }

  build(): InputFeed {
    const { source, info } = this.input;
    const inner = innerShape(info);
    if (inner && inner.length > 2) this.refuse(`a shape of ${inner.length + 1} axes`, 'at most [batch, length]');
    if (source.kind === 'gather') return this.finish(this.gather(source.columns, inner));
    if (source.kind === 'mask' || source.kind === 'constant')
      throw new Error(`a ${source.kind} is read from no column`);
    const column = columnNamed(this.table, source.column);
    this.refuseTexts(source.column, column);
    if (column.type === 'list') return this.finish(this.listFeed(column, source, inner));
    if (source.kind === 'list')
      this.refuse(
        `column ${quoted(source.column)}, whose values are no lists`,
        'a column of lists',
        `Write: ${yamlText(info.name)}: ${yamlText(source.column)}`,
      );
    return this.finish(this.gather([source.column], inner));
  }

  /** Refuses a column of texts for an input of numbers as one mistake, not as one a row. */
  private refuseTexts(name: string, column: Column): void {
    if (this.type === 'string' || !holdsTexts(column, this.entities.tableRow)) return;
    const { expected, mend } = forTexts(name, this.input.info, this.table.file);
    this.refuse(`column ${quoted(name)}, whose values are texts`, expected, mend);
  }

  private finish(feed: InputFeed): InputFeed {
    this.bad.throwIfAny();
    return feed;
  }

  private refuse(found: string, expected: string, mend?: string): never {
    throw new ModelError([
      {
        place: this.input.place,
        found: `input ${quoted(this.input.info.name)} of ${this.checkpoint.shown} with ${found}`,
        expected,
        ...(mend ? { mend } : {}),
      },
    ]);
  }

  /** Scalar columns side by side. Shape (entities) or (entities, columns), as the graph says. */
  private gather(names: readonly string[], inner: (number | undefined)[] | undefined): InputFeed {
    const width = names.length;
    const shape =
      inner?.length === 0
        ? []
        : inner === undefined && width === 1 && this.input.source.kind === 'column'
          ? []
          : [width];
    if (inner?.length === 0 && width > 1) this.refuse('shape [batch]', `one column, not ${width}`);
    if (inner?.length === 2)
      this.refuse('shape [batch, length, width]', 'a shape that scalar columns fill: [batch] or [batch, columns]');
    const want = inner?.[0];
    if (want !== undefined && want !== width)
      this.refuse(
        `shape [batch, ${want}]`,
        `${want} columns, not ${width} (${list(names)})`,
        `Write: ${yamlText(this.input.info.name)}: [column_1, …, column_${want}]`,
      );
    const out = allocate(this.type, this.entities.count * width);
    for (const [c, name] of names.entries()) {
      const column = columnNamed(this.table, name);
      if (width > 1) this.refuseTexts(name, column);
      if (column.type === 'list')
        this.refuse(`column ${quoted(name)}, whose values are lists`, 'scalar columns to gather');
      const numbers = numbersOf(column);
      if (numbers && copyRows(out, this.type, numbers, this.entities.tableRow, c, width)) continue;
      for (let e = 0; e < this.entities.count; e++)
        this.put(out, e * width + c, column, this.entities.tableRow[e]!, this.entities.tableRow[e]!, name);
    }
    return new DenseFeed(this.input.info.name, this.type, out, shape);
  }

  private listFeed(
    column: ListColumn,
    source: Extract<InputSource, { column: string }>,
    inner: (number | undefined)[] | undefined,
  ): InputFeed {
    const options = source.kind === 'list' ? source : undefined;
    const graphLength = this.lengthOfGraph(column, options?.length, inner);
    const { values, offsets } = this.lists(column, source.column);
    if (options?.pad === undefined) return this.unpadded(values, offsets, source, graphLength);
    if (options.length === undefined && graphLength !== undefined) this.refuseLonger(graphLength, offsets, options);
    const pad = allocate(this.type, 1);
    if (!putValue(pad, 0, options.pad, this.type))
      this.refuse(`pad ${quoted(options.pad)}`, `a value of type ${this.type}`);
    return new ListFeed(this.input.info.name, this.type, values, offsets, pad, options.length ?? graphLength);
  }

  /** The length that the graph fixes for a list, held against the one that the release declares. */
  private lengthOfGraph(
    column: ListColumn,
    declared: number | undefined,
    inner: (number | undefined)[] | undefined,
  ): number | undefined {
    if (inner?.length === 0) this.refuse('shape [batch]', 'a scalar column, as the graph wants one value');
    if (inner?.length === 2 || column.values.type === 'list')
      this.refuse('lists of lists', 'flat lists: shape [batch, length]');
    const graphLength = inner?.[0];
    if (graphLength !== undefined && graphLength > MAX_LENGTH)
      this.refuse(`length ${graphLength.toLocaleString('en-US')}`, `at most ${MAX_LENGTH.toLocaleString('en-US')}`);
    if (declared !== undefined && graphLength !== undefined && declared !== graphLength)
      this.refuse(`length ${declared}`, `length ${graphLength}, as the graph wants`);
    return graphLength;
  }

  /** The entities' lists, one after the other: entity e has the values offsets[e] … offsets[e+1]-1. */
  private lists(column: ListColumn, name: string): { values: TensorData; offsets: Int32Array } {
    const { count, tableRow } = this.entities;
    const offsets = new Int32Array(count + 1);
    for (let e = 0; e < count; e++) {
      const row = tableRow[e]!;
      if (isNull(column, row)) this.bad.add(row, name, 'missing', 'a list');
      offsets[e + 1] = offsets[e]! + column.offsets[row + 1]! - column.offsets[row]!;
    }
    const values = allocate(this.type, offsets[count]!);
    const numbers = numbersOf(column.values);
    for (let e = 0; e < count; e++) {
      const row = tableRow[e]!;
      const size = offsets[e + 1]! - offsets[e]!;
      if (numbers && copyRun(values, this.type, numbers, column.offsets[row]!, size, offsets[e]!)) continue;
      for (let i = 0; i < size; i++)
        this.put(values, offsets[e]! + i, column.values, column.offsets[row]! + i, row, name);
    }
    return { values, offsets };
  }

  /** Lists that are all of one length, as no padding is declared; the others are noted. */
  private unpadded(
    values: TensorData,
    offsets: Int32Array,
    source: Extract<InputSource, { column: string }>,
    graphLength: number | undefined,
  ): InputFeed {
    const { count, tableRow } = this.entities;
    const sizes = Array.from({ length: count }, (_, e) => offsets[e + 1]! - offsets[e]!);
    const length = graphLength ?? sizes[0] ?? 0;
    const longest = sizes.reduce((a, b) => Math.max(a, b), 0);
    const cut = graphLength !== undefined && longest > graphLength ? graphLength : undefined;
    for (const [e, size] of sizes.entries())
      if (size !== length)
        this.bad.add(
          tableRow[e]!,
          source.column,
          `a list of ${size}`,
          `lists of ${length}, or a declared padding`,
          `Write: ${yamlText(this.input.info.name)}: ` +
            `${written({ ...source, pad: this.type === 'string' ? '' : 0, length: cut, mask: this.mask })}`,
        );
    return new DenseFeed(this.input.info.name, this.type, values, [length]);
  }

  /** Notes the lists that are longer than the graph takes, where no cut is declared. */
  private refuseLonger(
    graphLength: number,
    offsets: Int32Array,
    options: Extract<InputSource, { kind: 'list' }>,
  ): void {
    for (let e = 0; e < this.entities.count; e++) {
      const size = offsets[e + 1]! - offsets[e]!;
      if (size > graphLength)
        this.bad.add(
          this.entities.tableRow[e]!,
          options.column,
          `a list of ${size}`,
          `lists of at most ${graphLength}, as ${this.who()} wants, or a declared cut`,
          `To cut it as serving does, write: ${yamlText(this.input.info.name)}: ` +
            `${written({ ...options, length: graphLength })}`,
        );
    }
  }

  /** Writes one value, or notes why it cannot be. `row` is the table row that a user would look at. */
  private put(out: TensorData, i: number, column: Column, r: number, row: number, name: string): void {
    if (isNull(column, r)) {
      this.bad.add(row, name, 'missing', `a value for ${this.who()} (fill it in, as the serving path would)`);
      return;
    }
    let value: number | bigint | string | boolean;
    if (this.type === 'string') value = textAt(column, r);
    else if (column.type === 'string' || column.type === 'list') value = textAt(column, r);
    else value = column.values[r]!;
    // A CSV column with one bad cell is read as texts: the others are still numbers.
    if (this.type !== 'string' && typeof value === 'string' && this.table.untyped)
      value = numberFromText(value) ?? value;
    if (this.type !== 'string' && typeof value === 'string') {
      this.bad.add(row, name, quoted(value), `a number, for ${this.who()}`);
      return;
    }
    if (!putValue(out, i, value, this.type))
      this.bad.add(row, name, String(value), `a value that fits ${this.type}, for ${this.who()}`);
  }

  private who(): string {
    return `input "${this.input.info.name}" of ${this.checkpoint.shown}`;
  }
}
