/** `--query-inputs` and `--item-inputs`: a tower's `inputs` as in a release, held against graph and table. */
import type { OnnxInfo } from '../data/checkpoints/onnx-file.js';
import type { InputSource } from '../documents/release/release.js';
import type { Value } from '../documents/yaml/edits.js';
import { ConfigError } from '../errors.js';
import { didYouMean, list, quoted } from '../lib/text.js';
import type { Known } from './facts.js';
import { columnsOf } from './feeds.js';

/** Sources by input. Throws ConfigError where a form, an input or a column is none. */
export function givenSources(
  side: 'query' | 'item',
  written: { readonly [input: string]: Value } | undefined,
  graph: OnnxInfo,
  table: Known,
): Map<string, InputSource> {
  const option = `--${side}-inputs`;
  const names = graph.inputs.map(({ name }) => name);
  const sources = new Map<string, InputSource>();
  for (const [input, value] of Object.entries(written ?? {})) {
    const source = sourceOf(value);
    if (source === undefined)
      throw new ConfigError([
        {
          found: `${option} with ${quoted(input)}: ${quoted(value)}`,
          expected: 'a column, a list of columns, {column, pad, length, mask} or {constant}',
          mend: `Write: ${option} '{dense: [age, ctr], tokens: {column: tokens, pad: 0, mask: attention_mask}}'`,
        },
      ]);
    const inputs = [input, ...(source.kind === 'list' && source.mask !== undefined ? [source.mask] : [])];
    for (const name of inputs) require(option, 'input', name, names);
    for (const name of columnsOf([source])) require(option, 'column', name, table.names);
    sources.set(input, source);
  }
  return sources;
}

function require(option: string, kind: string, name: string, names: readonly string[]): void {
  if (names.includes(name)) return;
  const near = didYouMean(name, names);
  throw new ConfigError([
    {
      found: `${option} with ${kind} ${quoted(name)}, which is not there`,
      expected: `one of ${list(names.map(quoted), 20)}`,
      ...(near === undefined ? {} : { mend: `Did you mean "${near}"?` }),
    },
  ]);
}

function sourceOf(value: Value): InputSource | undefined {
  if (typeof value === 'string') return { kind: 'column', column: value };
  if (Array.isArray(value)) {
    const columns = (value as readonly Value[]).filter((name) => typeof name === 'string');
    return columns.length === value.length && columns.length > 0 ? { kind: 'gather', columns } : undefined;
  }
  if (typeof value !== 'object') return undefined;
  const { column, pad, length, mask, constant, ...rest } = value as { readonly [key: string]: Value };
  if (Object.keys(rest).length > 0) return undefined;
  if (constant !== undefined) return typeof constant === 'object' ? undefined : { kind: 'constant', value: constant };
  if (typeof column !== 'string' || typeof pad === 'object') return undefined;
  if (length !== undefined && typeof length !== 'number') return undefined;
  if (mask !== undefined && typeof mask !== 'string') return undefined;
  return {
    kind: 'list',
    column,
    ...(pad === undefined ? {} : { pad }),
    ...(length === undefined ? {} : { length }),
    ...(mask === undefined ? {} : { mask }),
  };
}
