/** Turns what the ONNX runtime says of a graph that it does not load into one clear error with its own way out. */

import type { Checkpoint } from '../../data/checkpoints/checkpoint.js';
import { ModelError } from '../../errors.js';
import { printable, quoted } from '../../lib/text.js';

/** A refusal of the runtime, as far as its message tells it from the others. */
interface Refusal {
  /** Matches the runtime's message; its first group is what `found` names. */
  readonly pattern: RegExp;
  readonly found: (named: string, checkpoint: string, message: string) => string;
  readonly expected: string;
  readonly mend: string;
}

const TOKENS =
  'Export the encoder alone, without the tokenizer of onnxruntime-extensions, and give its input a column of lists: ' +
  'tokenize the texts first, as serving does. Or give precomputed embeddings.';

const REFUSALS: readonly Refusal[] = [
  {
    pattern: /((?:ai\.onnx\.contrib|com\.microsoft\.extensions):[\w.]+)\(-?\d+\) is not a registered function\/op/,
    found: (operator, checkpoint) => `operator ${quoted(operator)} of onnxruntime-extensions in ${checkpoint}`,
    expected: 'a graph that takes tokens, as the bundled runtime has no tokenizers',
    mend: TOKENS,
  },
  {
    pattern: /([\w.]+:[\w.]+)\(-?\d+\) is not a registered function\/op|No Op registered for (\S+)/,
    found: (operator, checkpoint) => `operator ${quoted(operator)} in ${checkpoint}, which ONNX does not define`,
    expected: 'standard operators',
    mend: 'Export without custom operators, or give precomputed embeddings: `embeddings: item/{version}.parquet`',
  },
  {
    pattern: /Failed to construct locale with name:([^:]+)/,
    found: (locale, checkpoint) =>
      `an operator on texts in ${checkpoint} that needs the machine’s locale ${quoted(locale)}, which is not installed`,
    expected: 'a graph that gives the same on every machine',
    mend:
      'Leave StringNormalizer out of the export and write the texts into the table as it would, in lower case; or ' +
      'give precomputed embeddings.',
  },
  {
    pattern: /Could not find an implementation for ([\w.]+\(\d+\))/,
    found: (operator, checkpoint) =>
      `operator ${quoted(operator)} in ${checkpoint}, which the runtime has for no CPU at the type of its inputs`,
    expected: 'operators on float32 or float64',
    mend: 'Export the model in float32, in PyTorch: model.float() before torch.onnx.export(…).',
  },
];

/** Anything else that the runtime refuses, in its own words. */
const OTHER: Omit<Refusal, 'pattern'> = {
  found: (_, checkpoint, message) => `${checkpoint} that the ONNX runtime refuses (${runtimeMessage(message)})`,
  expected: 'a model that it loads',
  mend: 'Check it with onnx.checker.check_model.',
};

/** The error of a graph that the runtime does not load. @param message the runtime's */
export function refusedByRuntime({ side, version, shown }: Checkpoint, message: string): ModelError {
  const checkpoint = `${side} checkpoint ${quoted(version)}`;
  for (const { pattern, found, expected, mend } of REFUSALS) {
    const match = pattern.exec(message);
    if (!match) continue;
    const named = match.slice(1).find((group) => group !== undefined) ?? '';
    return new ModelError([{ place: { file: shown }, found: found(named, checkpoint, message), expected, mend }]);
  }
  const { found, expected, mend } = OTHER;
  return new ModelError([{ place: { file: shown }, found: found('', checkpoint, message), expected, mend }]);
}

/** The runtime's message without its own paths and C++ signatures; of a long text the end, where the limits stand. */
export function runtimeMessage(message: string): string {
  const plain = message
    .replace(/^Load model from .*? failed:/s, '')
    .replace(/\/onnxruntime_src\/\S+ .*?\)(?= [A-Z])/s, '')
    .trim();
  return plain.length > 400
    ? `${printable(plain.slice(0, 150), 200)} … ${printable(plain.slice(-200), 220)}`
    : printable(plain, 420);
}
