/** Guesses what feeds an input among the free columns of a table: by names, by kinds, by what alone is left. */
import type { TensorInfo } from '../data/checkpoints/onnx-file.js';
import type { InputSource } from '../documents/release/release.js';
import { list, plural, quoted } from '../lib/text.js';
import { forTexts } from '../models/towers/texts-for-numbers.js';
import { type Facts, isNumeric } from './facts.js';
import { abbreviates, beginsWord, shareWord, wordsOf } from './feeding.js';
import type { Choice, Interview } from './interview.js';

/** A source with the reason for it; `none`: no free column could be part of any. */
export type Guess = Pick<Choice<InputSource>, 'value' | 'sure' | 'why' | 'expected' | 'mend'> & {
  readonly none?: true;
};

/** An input of real numbers with more than one of them an entity, or an unknown number. */
export function isVector({ type, shape }: TensorInfo): boolean {
  return /^float/.test(type) && shape?.length === 2 && shape[1] !== 1;
}

/** The length that a graph fixes for a list. */
export function lengthOf({ shape }: TensorInfo): number | undefined {
  const size = shape?.[1];
  return typeof size === 'number' && size > 0 ? size : undefined;
}

/** A column as an input reads it: lists that are not of one length are padded, to the length that the graph fixes. */
export function asRead(input: TensorInfo, { name, lists, column }: Facts, interview?: Interview): InputSource {
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
export function isList({ shape }: TensorInfo): boolean {
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
export function vectorGuess(input: TensorInfo, free: readonly Facts[]): Guess {
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
  const why = `it takes ${shape}, and the numeric columns left are ${left}`;
  const none = fitting.length === 0 && numbers.length < (width ?? 1);
  return { value: undefined, sure: false, why, ...(none ? { none } : {}) };
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
export function plainGuess(input: TensorInfo, free: readonly Facts[], file: string): Guess {
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
  if (!text) return { value: undefined, sure: false, why: `no column left gives ${kind}`, none: true };
  const why = `it takes tokens, and no column left has any; ${quoted(text.name)} has texts`;
  return { value: undefined, sure: false, why, ...forTexts(text.name, input, file) };
}
