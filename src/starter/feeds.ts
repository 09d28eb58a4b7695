/**
 * The columns that feed the inputs of a graph, in this order: the column of the input's own name, masks and constants
 * by the names that exporters give them, columns with the same word in their names, and what alone is left.
 */
import type { TensorInfo } from '../data/checkpoints/onnx-file.js';
import type { InputSource } from '../documents/release/release.js';
import { list, plural, quoted } from '../lib/text.js';
import { forTexts } from '../models/towers/texts-for-numbers.js';
import { type Facts, isNumeric } from './facts.js';
import { abbreviates, beginsWord, columnsOf, type Feeding, shareWord, wordsOf } from './feeding.js';
import type { Choice, Interview } from './interview.js';
import { giveMasks, openMask } from './masks.js';
import { scalar, shellQuoted, sourceText } from './yaml-words.js';

/** The feed of each input of a graph that needs a line in the release, by the input's name, with the reason. */
export type Feeds = ReadonlyMap<string, { readonly source: InputSource; readonly why: string }>;

const MASK = /ma?sk/i;
/** Inputs of text encoders that are zeros where one text stands alone. */
const ZEROS = /^(token_type_ids|segment_ids|input_type_ids)(:\d+)?$/;

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
  await settleInputs(rest, feeding, used, found, interview);
  giveMasks(masks, graph, found, feeding);
  // A list that stays open may be the one that a mask is of.
  const whole = rest.every(({ name }) => found.has(name));
  for (const mask of whole ? masks : [])
    if (!isFed(mask, new Map([...found].map(([name, { source }]) => [name, source])))) {
      const source = await openMask(mask, feeding, interview);
      if (source) found.set(mask, { source, why: 'as answered' });
    }
  return new Map([...found].filter(([name, { source }]) => source.kind !== 'column' || source.column !== name));
}

/** Settles first the inputs beyond doubt, then those that few columns can feed: each leaves fewer for the rest. */
async function settleInputs(
  inputs: readonly TensorInfo[],
  feeding: Feeding,
  used: Set<string>,
  found: Map<string, { source: InputSource; why: string }>,
  interview: Interview,
): Promise<void> {
  let open = inputs.toSorted((a, b) => freedom(a) - freedom(b));
  while (open.length > 0) {
    const guesses = open.map((input) => ({ input, guess: guessOf(input, feeding, used, interview) }));
    const { input, guess } = guesses.find((one) => one.guess.sure) ?? guesses[0]!;
    open = open.filter((one) => one !== input);
    const source = guess.silent ? guess.value : await interview.attempt(guess);
    if (!source) continue;
    for (const column of columnsOf([source])) used.add(column);
    found.set(input.name, { source, why: guess.sure ? guess.why : `a guess: ${guess.why}` });
  }
}

function isFed(name: string, given: ReadonlyMap<string, InputSource>): boolean {
  return given.has(name) || [...given.values()].some((source) => source.kind === 'list' && source.mask === name);
}

/** The choice of what feeds an input, with what fits best; `silent` where there is nothing to settle. */
function guessOf(
  input: TensorInfo,
  feeding: Feeding,
  used: ReadonlySet<string>,
  interview: Interview,
): Choice<InputSource> & { readonly silent?: true } {
  const { table } = feeding;
  const silent = (value: InputSource, why: string) =>
    ({ ...choiceOf(input, { value, sure: true, why }, feeding), silent: true }) as const;
  if (table.has(input.name))
    return silent(asRead(input, table.facts(input.name), interview), 'the column of its own name');
  if (ZEROS.test(input.name)) return silent({ kind: 'constant', value: 0 }, 'zeros, as one text stands alone');
  if (input.shape?.length === 0) return oneForAll(input, feeding);
  const free = table.names.map((name) => table.facts(name)).filter(({ name }) => !used.has(name));
  return choiceOf(
    input,
    isVector(input) ? vectorGuess(input, free) : plainGuess(input, free, table.table.file),
    feeding,
  );
}

/** Ranks inputs by the kinds of columns that they take: whole numbers and texts, lists, any numbers. */
function freedom(input: TensorInfo): number {
  if (isVector(input)) return lengthOf(input) === undefined ? 4 : 2;
  if (isList(input)) return 1;
  return /^float/.test(input.type) ? 3 : 0;
}

type Guess = Pick<Choice<InputSource>, 'value' | 'sure' | 'why' | 'expected' | 'mend'>;

function choiceOf(input: TensorInfo, guess: Guess, { side }: Feeding): Choice<InputSource> {
  const example = guess.value ? sourceText(guess.value) : isVector(input) ? '[column_1, column_2]' : 'COLUMN';
  return {
    ...guess,
    what: `${side} tower input ${quoted(input.name)}`,
    pass: `--${side}-inputs ${shellQuoted(`{${scalar(input.name)}: ${example}}`)}`,
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

/** An input without a batch, such as a temperature: a value that no column gives. */
function oneForAll(input: TensorInfo, feeding: Feeding): Choice<InputSource> {
  const why = 'it takes one value for all, which no column gives';
  return {
    ...choiceOf(input, { value: undefined, sure: false, why }, feeding),
    pass: `--${feeding.side}-inputs ${shellQuoted(`{${scalar(input.name)}: {constant: 0.05}}`)}`,
    read: (text) => {
      const value = Number(text);
      return text.trim() !== '' && Number.isFinite(value) ? { kind: 'constant', value } : undefined;
    },
  };
}

/** An input of real numbers with more than one of them an entity, or an unknown number. */
function isVector({ type, shape }: TensorInfo): boolean {
  return /^float/.test(type) && shape?.length === 2 && shape[1] !== 1;
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

/** An input of one list an entity. */
function isList({ shape }: TensorInfo): boolean {
  return shape?.length === 2 && shape[1] !== 1;
}

/** True where one name ends or begins with the other, at a break between words. */
function contains(a: string, b: string): boolean {
  const [long, short] = (a.length > b.length ? [a, b] : [b, a]).map((name) => name.toLowerCase());
  return wordsOf(b).length > 0 && (long?.endsWith(`_${short}`) || long?.startsWith(`${short}_`)) === true;
}

/** Of columns those whose names are likest to an input's: the same words, one the same, one that begins another. */
function namedLike(input: string, columns: readonly Facts[]): Facts[] {
  const likeness = [contains, shareWord, (name: string) => beginsWord(input, name)] as const;
  const found = likeness.map((alike) => columns.filter(({ name }) => alike(name, input)));
  return found.find((own) => own.length > 0) ?? [];
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
function plainGuess(input: TensorInfo, free: readonly Facts[], file: string): Guess {
  const several = isList(input);
  const fitting = free.filter((facts) => {
    const text = several ? facts.lists?.of === 'string' : facts.column.type === 'string';
    const number = several ? isNumberList(facts) : isNumeric(facts) && facts.missing === 0;
    const whole = /int/.test(input.type) && !several ? facts.range?.whole === true : true;
    return input.type === 'string' ? text : number && whole;
  });
  const named = namedLike(input.name, fitting);
  const shortened = fitting.filter(({ name }) => abbreviates(input.name, name));
  // Real numbers are likelier to feed an input of these than whole ones, which number things.
  const real = /^float/.test(input.type) ? fitting.filter(({ range }) => range?.whole === false) : [];
  const [best] = [...named, ...shortened, ...real, ...fitting];
  const kind = `${several ? 'lists of ' : ''}${input.type}`;
  if (best && named.length === 1)
    return { value: asRead(input, best), sure: true, why: `the column with its word in the name` };
  if (best && fitting.length === 1)
    return { value: asRead(input, best), sure: several, why: `the one column left that gives ${kind}` };
  if (best && shortened.length === 1)
    return { value: asRead(input, best), sure: false, why: `the column whose name it shortens` };
  if (fitting.length > 0) {
    const why = `any of ${list(fitting.map(({ name }) => quoted(name)))}`;
    return { value: best && asRead(input, best), sure: false, why };
  }
  const text = input.type !== 'string' && several ? free.find(({ column }) => column.type === 'string') : undefined;
  if (!text) return { value: undefined, sure: false, why: `no column left gives ${kind}` };
  const why = `it takes tokens, and no column left has any; ${quoted(text.name)} has texts`;
  return { value: undefined, sure: false, why, ...forTexts(text.name, input, file) };
}
