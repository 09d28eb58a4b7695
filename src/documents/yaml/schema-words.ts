/**
 * The words of what a schema has against a file: from the schema's own descriptions and examples, as editors show them.
 */
import type { ErrorObject } from 'ajv';
import type { Problem } from '../../errors.js';
import { metricMeant } from '../../lib/metric-names.js';
import { didYouMean, list, printable, quoted } from '../../lib/text.js';

/** Words of a mistake whose place the file knows. */
type Words = Omit<Problem, 'place'>;

/** A JSON Schema with what our messages need. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly [key: string]: unknown;
}

/** A key that the mapping may not have. */
export function unknownKey(key: string, { properties = {} }: Schema): Words {
  const known = Object.keys(properties);
  const near = didYouMean(key, known);
  return {
    found: `unknown key ${quoted(key)}`,
    expected: known.length === 0 ? 'no keys here' : `one of ${list(known, 20)}`,
    ...(near ? { mend: `Did you mean "${near}"?${example(properties[near], near)}` } : {}),
  };
}

/** A key of the user's own that has not the form of one. */
export function wrongKey(key: string, schema: Schema): Words {
  return {
    found: `the key ${quoted(key)}`,
    expected: schema.description ?? 'another key',
    mend: example(schema, undefined).trim(),
  };
}

/** @param owner what lacks the key, as messages name it; undefined: the file itself */
export function missingKey(key: string, owner: string | undefined, { properties }: Schema): Words {
  const own = properties?.[key];
  return {
    found: `${owner === undefined ? 'no' : `${owner} without`} ${quoted(key)}`,
    expected: own?.description ?? quoted(key),
    mend: example(own, key).trim(),
  };
}

/**
 * A value that its schema does not accept. @param inList whether it is an entry of a list, which has no key to write
 */
export function wrongValue(error: ErrorObject, schema: Schema, path: readonly string[], inList: boolean): Words {
  const last = path[path.length - 1];
  const key = inList ? undefined : last;
  const near = nearest(error, schema, key);
  const shown = near === undefined ? schema : { examples: [near.value] };
  const written = last !== undefined && key === undefined ? '' : example(shown, key).trim();
  return {
    found: `${schemaName(path, inList)} is ${quoted(error.data)}`,
    expected: expectation(error, schema),
    mend: [...(near ? [`Did you mean "${near.value}"?`, near.apart ?? ''] : []), written].filter(Boolean).join(' '),
  };
}

/** `"at"`, or `entry 2 of "versions"`. */
export function schemaName(path: readonly string[], inList: boolean): string {
  const last = path[path.length - 1];
  if (last === undefined) return 'the file';
  const owner = path[path.length - 2];
  return inList && owner !== undefined ? `entry ${Number(last) + 1} of ${quoted(owner)}` : quoted(last);
}

/** The accepted value that is meant, of which the mend is written; of a metric by what it is called elsewhere. */
function nearest(
  error: ErrorObject,
  schema: Schema,
  key: string | undefined,
): { readonly value: string; readonly apart?: string } | undefined {
  const { data } = error;
  const meant =
    key === 'metric' && typeof data === 'string' ? metricMeant(data, (metric) => accepts(schema, metric)) : undefined;
  if (meant) return { value: meant.metric, ...(meant.apart === undefined ? {} : { apart: meant.apart }) };
  const near = didYouMean(String(data), allowed(error));
  // A name that stands for several, `recall@K`, is none to paste.
  return near === undefined ? undefined : { value: near.replace(/@K$/, /@\d+$/.exec(String(data))?.[0] ?? '@10') };
}

/** True of a text that a schema of texts takes. */
function accepts(schema: Schema, text: string): boolean {
  const {
    enum: words,
    pattern,
    anyOf,
  } = schema as Schema & {
    readonly enum?: readonly unknown[];
    readonly pattern?: string;
    readonly anyOf?: readonly Schema[];
  };
  if (anyOf) return anyOf.some((member) => accepts(member, text));
  return words?.includes(text) === true || (pattern !== undefined && new RegExp(pattern).test(text));
}

/** The words that an `enum`, or the enums of an `anyOf`, would have accepted. */
function allowed(error: ErrorObject): string[] {
  if (error.keyword === 'enum') return (error.params as { allowedValues: unknown[] }).allowedValues.map(String);
  if (error.keyword === 'anyOf')
    return (error.schema as Schema[]).flatMap((member) => (member.enum ?? member.examples ?? []) as string[]);
  return [];
}

function expectation(error: ErrorObject, schema: Schema): string {
  const described = schema.description;
  switch (error.keyword) {
    case 'type':
      return described ?? `a value of type ${list([(error.params as { type: string | string[] }).type].flat())}`;
    case 'enum':
      return `one of ${list(allowed(error), 30)}`;
    case 'anyOf':
      return `${described ?? 'a known value'}: ${list(allowed(error), 40)}`;
    case 'const':
      return `${quoted((error.params as { allowedValue: unknown }).allowedValue)}`;
    default:
      return described ?? printable(error.message ?? 'another value');
  }
}

/** ` Write: key: value`, from the schema's first example. */
function example(schema: Schema | undefined, key: string | undefined): string {
  const value = schema?.examples?.[0];
  if (value === undefined) return '';
  const text = typeof value === 'string' ? value : flow(value);
  return ` Write: ${key === undefined ? '' : `${key}: `}${text}`;
}

/** A value as YAML flow text: `{0: 0.7, 1: 0.3}`. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([k, v]) => `${k}: ${flow(v)}`)
      .join(', ')}}`;
  return String(value);
}
