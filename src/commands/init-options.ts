/** The options of `skewgate init`, and what they give. */

import type { Value } from '../documents/yaml/edits.js';
import { YamlSource } from '../documents/yaml/source.js';
import { ConfigError } from '../errors.js';
import { quoted } from '../lib/text.js';
import { CANDIDATES, type Given } from '../starter/given.js';
import { type CommandOption, optional, repeated, required, type Values } from './command.js';

const column = (example: string): CommandOption => ({ value: 'COLUMN', expected: 'the name of a column', example });
const SIMILARITIES = ['dot', 'cosine', 'max_sim'] as const;
const LINKS = ['sigmoid', 'identity', 'softmax'] as const;

export const INIT_OPTIONS: Readonly<Record<string, CommandOption>> = {
  rows: {
    value: 'F',
    required: true,
    expected: 'a table of (query, item) pairs with labels',
    example: 'eval/rows.parquet',
  },
  queries: { value: 'F', example: 'eval/queries.parquet' },
  items: { value: 'F', example: 'eval/items.parquet' },
  'query-tower': { value: 'P', required: true, expected: 'a path with {version}', example: "'query/{version}.onnx'" },
  'item-tower': { value: 'P', required: true, expected: 'a path with {version}', example: "'item/{version}.onnx'" },
  name: { value: 'NAME', example: 'l1-cvr' },
  from: { value: 'POLICY', example: 'gates/retrieval.yml' },
  yes: {},
  versions: { value: 'V,V', example: 'v43,v42,v41' },
  'query-id': column('request_id'),
  'item-id': column('item_id'),
  label: column('clicked'),
  weight: column('weight'),
  cluster: column('user_id'),
  slices: { value: 'C,C', example: 'tier,country' },
  'query-inputs': { value: 'YAML', repeats: true, example: "'{dense: [age, ctr]}'" },
  'item-inputs': { value: 'YAML', repeats: true, example: "'{dense: [price, age_days]}'" },
  similarity: { value: 'S', choices: SIMILARITIES },
  link: { value: 'L', choices: LINKS },
  scale: { value: 'N|YAML', example: '14.2' },
  bias: { value: 'N|YAML', example: '-3.1' },
  candidates: { value: 'C', choices: CANDIDATES },
  distances: { value: 'YAML', example: "'{0: 0.7, 1: 0.3}'" },
  workflow: { value: 'F', example: '.github/workflows/skewgate.yml' },
};

/** A name that stands in paths, YAML and a shell as it is. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/;
const WORKFLOW = /^\.github\/workflows\/[A-Za-z0-9][A-Za-z0-9._-]{0,79}\.ya?ml$/;

/** The files that a starter writes, relative to the workspace. Throws ConfigError on names that these may not have. */
export function namedFiles(name: string, workflow = '.github/workflows/skewgate.yml') {
  if (!NAME.test(name) || /\.ya?ml$/.test(name))
    throw new ConfigError([
      { found: `--name ${quoted(name)}`, expected: 'letters, digits, dots and dashes', mend: 'Write: --name l1-cvr' },
    ]);
  if (!WORKFLOW.test(workflow))
    throw new ConfigError([
      {
        found: `--workflow ${quoted(workflow)}`,
        expected: 'a .yml file in .github/workflows, where GitHub looks for it',
        mend: `Write: --workflow .github/workflows/skewgate-${name}.yml`,
      },
    ]);
  return { policy: `gates/${name}.yml`, release: `models/${name}.yml`, workflow };
}

export function givenOf(values: Values, name: string): Given {
  const text = (option: string) => optional(values, option);
  const columns = { query: text('query-id'), item: text('item-id'), label: text('label') };
  const [scale, bias] = [numbers(values, 'scale'), numbers(values, 'bias')];
  const distances = text('distances');
  const more = { weight: text('weight'), cluster: text('cluster') };
  return {
    tables: present({ rows: required(values, 'rows'), queries: text('queries'), items: text('items') }),
    towers: { query: required(values, 'query-tower'), item: required(values, 'item-tower') },
    name,
    columns: present({ ...columns, ...more }),
    inputs: present({ query: inputs(values, 'query-inputs'), item: inputs(values, 'item-inputs') }),
    byVersion: present({ scale: scale.byVersion, bias: bias.byVersion }),
    ...present({
      from: text('from'),
      versions: names(values, 'versions'),
      slices: text('slices') === 'none' ? [] : names(values, 'slices'),
      similarity: SIMILARITIES.find((one) => one === text('similarity')),
      link: LINKS.find((one) => one === text('link')),
      candidates: CANDIDATES.find((one) => one === text('candidates')),
      scale: scale.number,
      bias: bias.number,
      distances: distances === undefined ? undefined : mapping('distances', distances),
    }),
  };
}

/** The entries that have a value. */
type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

function present<T extends object>(entries: T): Present<T> {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as Present<T>;
}

function names(values: Values, option: string): string[] | undefined {
  const text = optional(values, option);
  if (text === undefined) return undefined;
  const found = text.split(',').map((name) => name.trim());
  if (found.every((name) => name !== '') && new Set(found).size === found.length) return found;
  throw new ConfigError([
    { found: `--${option} ${quoted(text)}`, expected: 'names with commas between them, each once' },
  ]);
}

/** One number, or one a version. */
function numbers(
  values: Values,
  option: string,
): { readonly number?: number; readonly byVersion?: Readonly<Record<string, number>> } {
  const text = optional(values, option);
  if (text === undefined) return {};
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return { number: value };
  const entries = Object.entries(mappingIn(option, text) ?? {});
  const byVersion = entries.flatMap(([version, one]) => (typeof one === 'number' ? [[version, one] as const] : []));
  if (byVersion.length > 0 && byVersion.length === entries.length && byVersion.every(([, one]) => Number.isFinite(one)))
    return { byVersion: Object.fromEntries(byVersion) };
  throw new ConfigError([
    {
      found: `--${option} ${quoted(text)}`,
      expected: 'a finite number, or one for every version',
      mend: `Write: --${option} 14.2, or --${option} '{v43: 14.2, v42: 13.9}'`,
    },
  ]);
}

/** The inputs of all mappings that are given, each once. */
function inputs(values: Values, option: string): { readonly [key: string]: Value } | undefined {
  const entries = repeated(values, option).flatMap((text) => Object.entries(mapping(option, text)));
  const names = entries.map(([name]) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new ConfigError([{ found: `--${option} with ${quoted(twice)} a second time`, expected: 'every input once' }]);
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function mapping(option: string, text: string): { readonly [key: string]: Value } {
  const found = mappingIn(option, text);
  if (found) return found;
  const { example = '' } = INIT_OPTIONS[option] ?? {};
  throw new ConfigError([
    { found: `--${option} ${quoted(text)}`, expected: 'a YAML mapping', mend: `Write: --${option} ${example}` },
  ]);
}

/** A YAML mapping in braces; undefined of any other text. */
export function mappingIn(option: string, text: string): { readonly [key: string]: Value } | undefined {
  const { problems, value } = new YamlSource(`--${option}`, text);
  return !problems.any && isMapping(value) ? value : undefined;
}

function isMapping(value: unknown): value is { readonly [key: string]: Value } {
  return typeof value === 'object' && !Array.isArray(value) && isValue(value);
}

/** True of what a file may be given: no null, no date. */
function isValue(value: unknown): value is Value {
  if (typeof value === 'object') return value !== null && Object.values(value).every(isValue);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
