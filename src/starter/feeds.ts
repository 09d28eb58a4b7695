/**
 * The columns that feed the inputs of a graph, in this order: the column of the input's own name, masks and constants
 * by the names that exporters give them, columns with the same word in their names, and what alone is left.
 */
import type { OnnxInfo, TensorInfo } from '../data/checkpoints/onnx-file.js';
import type { InputSource } from '../documents/release/release.js';
import { list, plural, quoted } from '../lib/text.js';
import { type Facts, isNumeric, type Known } from './facts.js';
import type { Choice, Interview } from './interview.js';
import { sourceText } from './yaml-words.js';

/** The feed of each input of a graph that needs a line in the release, by the input's name, with the reason. */
export type Feeds = ReadonlyMap<string, { readonly source: InputSource; readonly why: string }>;

const MASK = /mask/i;
/** Inputs of text encoders that are zeros where one text stands alone. */
const ZEROS = /^(token_type_ids|segment_ids|input_type_ids)(:\d+)?$/;

/** One graph, the table that feeds it, and columns that have another part. */
export interface Feeding {
  readonly side: 'query' | 'item';
  readonly graph: OnnxInfo;
  readonly table: Known;
  /** Ids, label, weight, cluster, and what the other graph reads by name, where both read one table. */
  readonly taken: ReadonlySet<string>;
  readonly given: ReadonlyMap<string, InputSource>;
}

/** Finds what feeds every input of a graph; those that read the column of their own name as it is are left out. */
export async function feedsOf(feeding: Feeding, interview: Interview): Promise<Feeds> {
  const { graph, table, given } = feeding;
  const found = new Map<string, { source: InputSource; why: string }>();
  for (const [name, source] of given) found.set(name, { source, why: 'as given' });
  const masks = new Set(
    graph.inputs
      .filter(({ name }) => MASK.test(name) && !table.has(name) && !isFed(name, given))
      .map(({ name }) => name),
  );
  const rest = graph.inputs.filter(({ name }) => !masks.has(name) && !isFed(name, given));
  const used = new Set([...feeding.taken, ...graph.inputs.map(({ name }) => name), ...columnsOf(given.values())]);
  for (const input of rest) {
    const feed = await feedOf(input, feeding, used, interview);
    for (const column of columnsOf([feed.source])) used.add(column);
    found.set(input.name, feed);
  }
  giveMasks(masks, graph, found, feeding);
  for (const mask of masks)
    if (!isFed(mask, new Map([...found].map(([name, { source }]) => [name, source]))))
      found.set(mask, { source: await openMask(mask, feeding, interview), why: 'as answered' });
  return new Map([...found].filter(([name, { source }]) => source.kind !== 'column' || source.column !== name));
}

function isFed(name: string, given: ReadonlyMap<string, InputSource>): boolean {
  return given.has(name) || [...given.values()].some((source) => source.kind === 'list' && source.mask === name);
}

export function columnsOf(sources: Iterable<InputSource>): string[] {
  return [...sources].flatMap((source) =>
    source.kind === 'constant' ? [] : source.kind === 'gather' ? [...source.columns] : [source.column],
  );
}

async function feedOf(
  input: TensorInfo,
  feeding: Feeding,
  used: ReadonlySet<string>,
  interview: Interview,
): Promise<{ source: InputSource; why: string }> {
  const { table } = feeding;
  if (table.has(input.name)) return ownColumn(input, table.facts(input.name), interview);
  if (ZEROS.test(input.name)) return { source: { kind: 'constant', value: 0 }, why: 'zeros, as one text stands alone' };
  const free = table.names.map((name) => table.facts(name)).filter(({ name }) => !used.has(name));
  const guess = isVector(input) ? vectorGuess(input, free) : plainGuess(input, free);
  const source = await interview.settle(choiceOf(input, guess, feeding));
  return { source, why: guess.sure ? guess.why : `a guess: ${guess.why}` };
}

type Guess = Pick<Choice<InputSource>, 'value' | 'sure' | 'why'>;

function choiceOf(input: TensorInfo, guess: Guess, { side }: Feeding): Choice<InputSource> {
  const example = guess.value ? sourceText(guess.value) : '[column_1, column_2]';
  return {
    ...guess,
    what: `${side} tower input ${quoted(input.name)}`,
    pass: `--${side}-inputs '{${quoted(input.name)}: ${example.replaceAll("'", "''")}}'`,
    show: sourceText,
    read: (text) => {
      const columns = text
        .replace(/^\[|\]$/g, '')
        .split(',')
        .map((name) => name.trim());
      if (columns.some((name) => name === '')) return undefined;
      const [column = ''] = columns;
      return columns.length > 1 ? { kind: 'gather', columns } : { kind: 'column', column };
    },
  };
}

/** An input of real numbers with more than one of them an entity, or an unknown number. */
function isVector({ type, shape }: TensorInfo): boolean {
  return /^float/.test(type) && shape?.length === 2 && shape[1] !== 1;
}

function ownColumn(input: TensorInfo, facts: Facts, interview: Interview): { source: InputSource; why: string } {
  const why = 'the column of its own name';
  return { source: asRead(input, facts, interview), why };
}

/** The length that a graph fixes for a list. */
function lengthOf({ shape }: TensorInfo): number | undefined {
  const size = shape?.[1];
  return typeof size === 'number' && size > 0 ? size : undefined;
}

/** A column as an input reads it: lists that are not of one length are padded, to the length that the graph fixes. */
function asRead(input: TensorInfo, { name, lists, column }: Facts, interview?: Interview): InputSource {
  if (!lists) return { kind: 'column', column: name };
  const length = lengthOf(input);
  const [low, high] = [lists.shortest, lists.longest];
  if (low === high && (length === undefined || length === high)) return { kind: 'column', column: name };
  const pad = column.type === 'list' && column.values.type === 'string' ? '' : 0;
  if (length !== undefined && high > length)
    interview?.note(`Lists of ${quoted(name)} are cut to ${length}, the length of input ${quoted(input.name)}.`);
  return { kind: 'list', column: name, pad, ...(length === undefined ? {} : { length }) };
}

/** The words of a name, without what exporters put around them. */
function wordsOf(name: string): string[] {
  const stop = ['input', 'inputs', 'ids', 'id', 'feature', 'features', 'onnx'];
  return name
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word.length > 1 && !stop.includes(word));
}

/** True where one name ends or begins with the other, at a break between words. */
function contains(a: string, b: string): boolean {
  const [long, short] = (a.length > b.length ? [a, b] : [b, a]).map((name) => name.toLowerCase());
  return wordsOf(b).length > 0 && (long?.endsWith(`_${short}`) || long?.startsWith(`${short}_`)) === true;
}

function shareWord(a: string, b: string): boolean {
  const words = new Set(wordsOf(a));
  return wordsOf(b).some((word) => words.has(word));
}

/** Real numbers: numbered columns, a list of that length, or as many numeric columns as there is room for. */
function vectorGuess(input: TensorInfo, free: readonly Facts[]): Guess {
  const width = lengthOf(input);
  const numbered = numberedColumns(input.name, free, width);
  if (numbered) {
    const why = `${plural(numbered.length, 'column')} of its name with numbers`;
    return { value: { kind: 'gather', columns: numbered }, sure: true, why };
  }
  const lists = free.filter((facts) => isNumberList(facts) && facts.lists?.shortest === facts.lists?.longest);
  const fitting = lists.filter(({ lists: own }) => width === undefined || own?.longest === width);
  const [list1] = fitting;
  if (fitting.length === 1 && list1)
    return {
      value: asRead(input, list1),
      sure: true,
      why: `the one column of lists of ${list1.lists?.longest} numbers`,
    };
  const numbers = free.filter((facts) => isNumeric(facts) && facts.missing === 0).map(({ name }) => name);
  const shape = `[batch, ${width ?? 'free'}]`;
  if (numbers.length > 0 && (width === undefined || numbers.length === width)) {
    const why = `it takes ${shape}, and ${plural(numbers.length, 'numeric column')} are left; their order is the table's`;
    return { value: { kind: 'gather', columns: numbers }, sure: numbers.length === 1 && width === 1, why };
  }
  const left = numbers.length === 0 ? 'none' : list(numbers.map(quoted), 12);
  return { value: undefined, sure: false, why: `it takes ${shape}, and the numeric columns left are ${left}` };
}

/** Columns `name_0`, `name_1`, … without a gap, from 0 or 1; undefined where the input takes another number. */
function numberedColumns(name: string, free: readonly Facts[], width: number | undefined): string[] | undefined {
  const found = new Map<number, string>();
  for (const facts of free) {
    const [, stem, digits] = /^(.*?)_?(\d+)$/.exec(facts.name) ?? [];
    if ((stem === name || stem?.endsWith(`_${name}`)) && isNumeric(facts)) found.set(Number(digits), facts.name);
  }
  const first = found.has(0) ? 0 : 1;
  const columns = Array.from({ length: found.size }, (_, i) => found.get(first + i));
  const whole = columns.filter((column) => column !== undefined);
  return whole.length > 0 && whole.length === found.size && (width ?? whole.length) === whole.length
    ? whole
    : undefined;
}

function isNumberList({ lists }: Facts): boolean {
  return lists !== undefined && lists.of !== 'string' && lists.of !== 'list';
}

/** One value or one list an entity: the column with the same word in its name, or the only one of the right kind. */
function plainGuess(input: TensorInfo, free: readonly Facts[]): Guess {
  const isList = input.shape?.length === 2 && input.shape[1] !== 1;
  const fitting = free.filter((facts) => {
    const text = isList ? facts.lists?.of === 'string' : facts.column.type === 'string';
    const number = isList ? isNumberList(facts) : isNumeric(facts) && facts.missing === 0;
    const whole = /int/.test(input.type) && !isList ? facts.range?.whole === true : true;
    return input.type === 'string' ? text : number && whole;
  });
  const whole = fitting.filter(({ name }) => contains(name, input.name));
  const named = whole.length > 0 ? whole : fitting.filter(({ name }) => shareWord(name, input.name));
  const [best] = [...named, ...fitting];
  const kind = `${isList ? 'lists of ' : ''}${input.type}`;
  if (best && named.length === 1)
    return { value: asRead(input, best), sure: true, why: `the column with its word in the name` };
  if (best && fitting.length === 1)
    return { value: asRead(input, best), sure: isList === true, why: `the one column left that gives ${kind}` };
  const texts = input.type !== 'string' && isList ? free.filter(({ column }) => column.type === 'string') : [];
  const hint =
    texts.length > 0 ? `; it takes tokens, not texts such as ${quoted(texts[0]?.name)}: tokenise as serving does` : '';
  const left =
    fitting.length === 0
      ? `no column left gives ${kind}${hint}`
      : `any of ${list(fitting.map(({ name }) => quoted(name)))}`;
  return { value: best && asRead(input, best), sure: false, why: left };
}

/** Gives each mask to the list that bears its word, or to the one list that can have it. */
function giveMasks(
  masks: Set<string>,
  graph: OnnxInfo,
  found: Map<string, { source: InputSource; why: string }>,
  { table }: Feeding,
): void {
  const isList = (name: string) => {
    const source = found.get(name)?.source;
    return (
      source !== undefined &&
      columnsOf([source]).length === 1 &&
      table.names.includes(columnsOf([source])[0]!) &&
      table.facts(columnsOf([source])[0]!).lists !== undefined
    );
  };
  const free = () =>
    graph.inputs.filter(({ name }) => {
      const source = found.get(name)?.source;
      return isList(name) && !(source?.kind === 'list' && source.mask !== undefined);
    });
  const give = (mask: string, input: TensorInfo) => {
    const own = found.get(input.name);
    const [column = ''] = own ? columnsOf([own.source]) : [];
    const padded = own?.source.kind === 'list' ? own.source : ({ kind: 'list', column, pad: 0 } as const);
    found.set(input.name, { source: { ...padded, mask }, why: own?.why ?? '' });
    masks.delete(mask);
  };
  for (const mask of [...masks]) {
    const stem = mask.replace(/_?mask_?/i, '');
    const own = free().find(({ name }) => stem !== '' && shareWord(name, stem));
    if (own) give(mask, own);
  }
  for (const mask of [...masks]) {
    const tokens = free().filter(({ type }) => /int/.test(type));
    const [only] = tokens.length > 0 ? tokens : free();
    if (only && tokens.length <= 1) give(mask, only);
  }
}

function openMask(mask: string, { side }: Feeding, interview: Interview): Promise<InputSource> {
  return interview.settle<InputSource>({
    what: `${side} tower input ${quoted(mask)}`,
    value: undefined,
    sure: false,
    why: 'a mask, and no list of the graph is known to be its own',
    pass: `--${side}-inputs '{tokens: {column: tokens, pad: 0, mask: ${mask.replaceAll("'", "''")}}}'`,
    show: sourceText,
    read: () => undefined,
  });
}
