/**
 * The columns that feed the inputs of a graph, in this order: the column of the input's own name, masks and constants
 * by the names that exporters give them, columns with the same word in their names, and what alone is left.
 */
import type { TensorInfo } from '../data/checkpoints/onnx-file.js';
import type { InputSource } from '../documents/release/release.js';
import { quoted } from '../lib/text.js';
import type { Facts } from './facts.js';
import { columnsOf, type Feeding } from './feeding.js';
import { asRead, type Guess, isList, isVector, lengthOf, plainGuess, vectorGuess } from './guesses.js';
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

/** Inputs for which no columns are left at all, whatever feeds the others. */
export function unfedInputs(feeding: Feeding): TensorInfo[] {
  const { graph, table, given, taken } = feeding;
  const used = new Set([...taken, ...columnsOf(given.values())]);
  const free = table.names.map((name) => table.facts(name)).filter(({ name }) => !used.has(name));
  return graph.inputs.filter((input) => {
    const { name, shape } = input;
    if (isFed(name, given) || table.has(name) || MASK.test(name) || ZEROS.test(name) || shape?.length === 0)
      return false;
    return guessAmong(input, free, table.table.file).none === true;
  });
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
  return choiceOf(input, guessAmong(input, free, table.table.file), feeding);
}

function guessAmong(input: TensorInfo, free: readonly Facts[], file: string): Guess {
  return isVector(input) ? vectorGuess(input, free) : plainGuess(input, free, file);
}

/** Ranks inputs by the kinds of columns that they take: whole numbers and texts, lists, any numbers. */
function freedom(input: TensorInfo): number {
  if (isVector(input)) return lengthOf(input) === undefined ? 4 : 2;
  if (isList(input)) return 1;
  return /^float/.test(input.type) ? 3 : 0;
}

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
