/** The declaration of a list that errors propose for a release. */
import type { Side } from '../../data/checkpoints/checkpoint.js';
import type { PlannedInput } from './planned-input.js';
import { yamlText } from './yaml-text.js';

/** Inputs that are filled with ones and zeros. */
const MASK = /mask/i;

/** An input of the graph that can be the mask of a list: by its name and axes, and as the release feeds it nothing. */
export function maskFor(list: PlannedInput, inputs: readonly PlannedInput[]): string | undefined {
  return inputs.find(
    (input) =>
      input !== list &&
      input.implied === true &&
      MASK.test(input.info.name) &&
      (input.info.shape === undefined || input.info.shape.length === 2) &&
      sameAxis(list, input),
  )?.info.name;
}

/** False where two inputs name their second axes, and otherwise. */
function sameAxis(a: PlannedInput, b: PlannedInput): boolean {
  const [one, other] = [a.info.shape?.[1], b.info.shape?.[1]];
  return typeof one !== 'string' || typeof other !== 'string' || one === other;
}

/** The source of a list as it is written in a release, on one line. */
export function written(source: {
  column: string;
  pad?: unknown;
  length?: number | undefined;
  mask?: string | undefined;
}): string {
  const { column, pad, length, mask } = source;
  return `{${Object.entries({ column, pad, length, mask })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? yamlText(value) : value}`)
    .join(', ')}}`;
}

/** Inputs of text encoders that serving fills with zeros, where one text stands alone. */
const ZEROS = /^(token_type_ids|segment_ids|input_type_ids)(:\d+)?$/;

/**
 * Lines for the release that feed an input which no column needs to: a mask beside its list, a constant. By the column
 * of its own name, which it would read.
 */
export function otherFeeds(inputs: readonly PlannedInput[], side: Side): Map<string, string> {
  const lines = new Map<string, string>();
  for (const input of inputs) {
    if (!input.implied) continue;
    const { name } = input.info;
    const line = ZEROS.test(name) ? `${yamlText(name)}: {constant: 0}` : maskLine(input, inputs);
    if (line !== undefined)
      lines.set(name, `Under ${side}_tower.inputs of the release, unless a column is to feed it, write: ${line}`);
  }
  return lines;
}

/** The list of a mask with it; undefined where the input is none, or no list has it for its mask. */
function maskLine(mask: PlannedInput, inputs: readonly PlannedInput[]): string | undefined {
  if (!MASK.test(mask.info.name)) return undefined;
  const list = inputs.find(
    (input) =>
      input.implied === true &&
      !MASK.test(input.info.name) &&
      !ZEROS.test(input.info.name) &&
      input.info.shape?.length === 2 &&
      maskFor(input, inputs) === mask.info.name,
  );
  if (!list) return undefined;
  const { name, type } = list.info;
  const pad = type === 'string' ? '' : 0;
  return `${yamlText(name)}: ${written({ column: name, pad, mask: mask.info.name })}`;
}
