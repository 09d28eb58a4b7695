/** The declaration of a list that errors propose for a release. */
import type { PlannedInput } from './feeds.js';

/** An input of the graph that can be the mask of a list: by its name, of two axes, and none already. */
export function maskFor(list: PlannedInput, inputs: readonly PlannedInput[]): string | undefined {
  return inputs.find(
    (input) =>
      input !== list &&
      input.source.kind !== 'mask' &&
      /mask/i.test(input.info.name) &&
      (input.info.shape === undefined || input.info.shape.length === 2),
  )?.info.name;
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
    .map(
      ([key, value]) =>
        `${key}: ${typeof value === 'string' && !/^[\w.-]+$/.test(value) ? JSON.stringify(value) : value}`,
    )
    .join(', ')}}`;
}
