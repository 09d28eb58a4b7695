/** The operations of GitHub's own description: which path is which, and what query and body may hold. */
import Ajv, { type ErrorObject, type ValidateFunction } from 'ajv';
import description from '../github-openapi.json' with { type: 'json' };
import { invalidRequest } from './refusal.js';

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/;

export type Operation = keyof typeof description.operations;
interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly [keyword: string]: unknown;
}

/** The description leaves objects open; GitHub answers '"x" is not a permitted key.', and so a misspelt one is found. */
function closed(schema: Schema): Schema {
  const { properties, items } = schema;
  return {
    ...schema,
    ...(items === undefined ? {} : { items: closed(items) }),
    ...(properties === undefined ? {} : { additionalProperties: false, properties: mapped(properties) }),
  };
}

const mapped = (properties: Readonly<Record<string, Schema>>) =>
  Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, closed(schema)]));

const AJV = { allErrors: true, verbose: true, strict: false, formats: { 'date-time': DATE_TIME } };
const bodies = new Ajv(AJV);
const queries = new Ajv({ ...AJV, coerceTypes: true, useDefaults: true });
// The description gives this rule to the update alone; GitHub's reference states it for both.
const { anyOf } = description.operations['PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}'].body;

interface Route {
  readonly operation: Operation;
  readonly method: string;
  readonly path: RegExp;
  readonly query: ValidateFunction;
  readonly body?: ValidateFunction;
}

export const ROUTES: readonly Route[] = Object.entries(description.operations).map(
  ([operation, { query, ...rest }]) => {
    const [method, template] = operation.split(' ') as [string, string];
    const tail = template
      .replace('/repos/{owner}/{repo}', '')
      .replace('{ref}', '(.+)')
      .replace('{commit_sha}', '([0-9a-f]+)')
      .replace(/\{\w+\}/, '(\\d+)');
    const rule = operation.endsWith('/check-runs') ? { anyOf } : {};
    return {
      operation: operation as Operation,
      method,
      // Links between pages name the repository by its number.
      path: new RegExp(`^(?:/repos/([^/]+/[^/]+)|/repositories/1)${tail}$`),
      query: queries.compile({ type: 'object', properties: query, additionalProperties: false }),
      ...('body' in rest ? { body: bodies.compile({ ...closed(rest.body as Schema), ...rule }) } : {}),
    };
  },
);

/** GitHub's words for what its schema refuses. */
function inWords({ keyword, params, data, instancePath, message }: ErrorObject): string {
  if (keyword === 'required') return `"${params.missingProperty}" wasn't supplied.`;
  if (keyword === 'additionalProperties') return `"${params.additionalProperty}" is not a permitted key.`;
  if (keyword === 'maxLength')
    return `Only ${params.limit} characters are allowed; ${[...(data as string)].length} were supplied.`;
  if (keyword === 'maxItems')
    return `No more than ${params.limit} items are allowed; ${(data as unknown[]).length} were supplied.`;
  if (keyword === 'anyOf') return 'No subschema in "anyOf" matched.';
  return `For '${instancePath.slice(1)}', ${JSON.stringify(data)} ${message}.`;
}

export function conform(validate: ValidateFunction, value: unknown): void {
  if (validate(value)) return;
  const problems = validate.errors!.filter(({ schemaPath }) => !schemaPath.startsWith('#/anyOf/'));
  throw invalidRequest(problems.map(inWords));
}
