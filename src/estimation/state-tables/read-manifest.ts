/** The manifest of a state's tables: whose state it is, read strictly and held to the files that judge it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';
import { artefactAt } from '../../data/artefacts/list.js';
import { DataError, type Problem } from '../../errors.js';
import { quoted } from '../../lib/text.js';
import type { ColumnKey } from '../state/keys.js';
import { HASH, planDigest, TABLES_FORMAT, type TablesPlan } from './layout.js';

/** The files that a state must be of. Digests are sha256, in hexadecimal. */
export interface StateOf {
  readonly policy: string;
  readonly release: string;
  readonly compared?: string;
  readonly evalSet: Readonly<Record<string, string>>;
}

export interface TablesManifest {
  readonly plan: TablesPlan;
  readonly engine: string;
  /** Every table of one writing has it. */
  readonly stamp: string;
  readonly rows: number;
  /** XOR of the rows' keys. */
  readonly keys: number;
  readonly queries: number;
  readonly items: number;
  /** Distinct (query, item) pairs. */
  readonly distinctPairs: number;
  /** Every row has the same label. */
  readonly oneLabel: boolean;
}

export const REWRITE = 'Write the state again, into an empty folder, by the SQL of: skewgate sql';

/** One refusal of a file of a state. */
export function refusal(file: string, found: string, expected: string, mend: string = REWRITE): DataError {
  return new DataError([{ place: { file }, found, expected, mend }]);
}

const text = { type: 'string' } as const;
/** Whole numbers of 64 bits are texts where BigQuery writes JSON. */
const count = {
  anyOf: [
    { type: 'integer', minimum: 0 },
    { type: 'string', pattern: '^\\d{1,15}$' },
  ],
} as const;
const closed = (properties: Record<string, object>, optional: readonly string[] = []) => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  properties,
});
const listOf = (items: object) => ({ type: 'array', items });
const pair = { family: { enum: ['candidate', 'compared'] }, query: { type: 'integer' }, item: { type: 'integer' } };
const mass = { type: 'array', items: [text, { type: ['number', 'null'] }], minItems: 2, maxItems: 2 };

const PLAN = closed(
  {
    format: { const: TABLES_FORMAT },
    policy: text,
    release: text,
    compared: text,
    evalSet: { type: 'object', additionalProperties: text },
    hash: closed({ name: text, buckets: { type: 'integer' } }),
    cuts: listOf(listOf(text)),
    columns: listOf(
      closed({ parts: listOf(closed({ ...pair, mass: listOf(mass) }, ['mass'])), against: closed(pair) }),
    ),
    pairs: listOf(closed(pair)),
    quantities: listOf(text),
    denominators: listOf({ ...text, pattern: '^(w|wy|aligned:.+)$' }),
    rowMetrics: listOf(text),
    queryMetrics: listOf(text),
    diagrams: { type: 'boolean' },
    histograms: listOf(text),
  },
  ['compared', 'histograms'],
);

const WRITTEN = {
  type: 'object',
  required: [
    'format',
    'engine',
    'plan_sha256',
    'plan',
    'state_of',
    'row_count',
    'keys',
    'bad_rows',
    'queries',
    'items',
    'distinct_pairs',
    'one_label',
    'contradictions',
    'split_queries',
  ],
  properties: {
    ...{ format: text, engine: text, plan_sha256: text, plan: text, state_of: text, row_count: count, keys: count },
    ...{
      bad_rows: count,
      queries: count,
      items: count,
      distinct_pairs: count,
      one_label: count,
      contradictions: count,
      split_queries: count,
    },
  },
} as const;

interface Written {
  readonly format: string;
  readonly engine: string;
  readonly plan_sha256: string;
  readonly plan: string;
  readonly state_of: string;
  readonly row_count: number | string;
  readonly keys: number | string;
  readonly bad_rows: number | string;
  readonly queries: number | string;
  readonly items: number | string;
  readonly distinct_pairs: number | string;
  readonly one_label: number | string;
  readonly contradictions: number | string;
  readonly split_queries: number | string;
}

interface Validators {
  /** Other versions of the format pass it too. */
  readonly formatted: ValidateFunction<Pick<Written, 'format'>>;
  readonly written: ValidateFunction<Written>;
  readonly plan: ValidateFunction<TablesPlan>;
}

let compiled: Validators | undefined;

/** Compiled when the first manifest is read: most runs read none. */
function validators(): Validators {
  if (!compiled) {
    const ajv = new Ajv({ strict: false });
    compiled = {
      formatted: ajv.compile<Pick<Written, 'format'>>({
        type: 'object',
        required: ['format'],
        properties: { format: text },
      }),
      written: ajv.compile<Written>(WRITTEN),
      plan: ajv.compile<TablesPlan>(PLAN),
    };
  }
  return compiled;
}

/** Reads and holds the manifest of a state's folder. DataError where it is none, or of something else. */
export function readManifest(folder: string, shown: string, wanted: StateOf): TablesManifest {
  const file = `${shown}/manifest.json`;
  const json = manifestText(folder, file);
  const { format } = parse(json, file, validators().formatted);
  if (format !== TABLES_FORMAT)
    throw refusal(
      file,
      `format ${quoted(format)}`,
      TABLES_FORMAT,
      'Write the state by the SQL of this version of skewgate.',
    );
  const written = parse(json, file, validators().written);
  if (planDigest(written.plan) !== written.plan_sha256)
    throw refusal(file, 'a plan that was changed after it was written', 'the digest that stands beside it');
  const plan = withMasses(parse(written.plan, file, validators().plan));
  const foreign = foreignParts(plan, wanted, file);
  if (foreign.length > 0) throw new DataError(foreign);
  const bad = Number(written.bad_rows);
  if (bad > 0)
    throw refusal(
      file,
      `a state of rows of which ${bad.toLocaleString('en-US')} lack an id, a slice value, a label from 0 to 1, a weight or a finite score`,
      'rows that a run would judge',
      'Mend the scored table, or leave such rows out of the eval set.',
    );
  const contradictions = Number(written.contradictions);
  if (contradictions > 0)
    throw refusal(
      file,
      `a state of rows of which ${contradictions.toLocaleString('en-US')} (query, item) pairs repeat with another label or weight`,
      'one label and one weight a pair that repeats, where the rows differ in nothing else',
      'Make one row of each pair in the scored table: GROUP BY all other columns, the label sum(weight * label) / sum(weight), the weight sum(weight).',
    );
  const split = Number(written.split_queries);
  if (split > 0 && plan.queryMetrics.length > 0)
    throw refusal(
      file,
      `a state of rows of which ${split.toLocaleString('en-US')} queries are in several clusters`,
      `one cluster a query, as ${plan.queryMetrics[0]} is a mean over queries`,
      'Give all rows of a query one cluster in the scored table.',
    );
  return {
    plan,
    engine: written.engine,
    stamp: written.state_of,
    rows: Number(written.row_count),
    keys: Number(written.keys),
    queries: Number(written.queries),
    items: Number(written.items),
    distinctPairs: Number(written.distinct_pairs),
    oneLabel: Number(written.one_label) === 1,
  };
}

/** The text of `manifest.json`: a file, or a folder of one part as Spark and BigQuery write it. */
function manifestText(folder: string, file: string): string {
  const path = join(folder, 'manifest.json');
  const found = existsSync(path) ? artefactAt(path) : undefined;
  const lines = (found?.parts ?? [])
    .flatMap((part) => readFileSync(part.path, 'utf8').split('\n'))
    .filter((line) => line.trim() !== '');
  if (lines.length === 0)
    throw refusal(
      file,
      existsSync(folder) ? 'no such file' : 'no such folder',
      'the manifest of a state, which is written last',
    );
  if (lines.length > 1) throw refusal(file, `${lines.length} manifests`, 'one, as a folder holds one state');
  return lines[0]!;
}

function parse<T>(json: string, file: string, valid: ValidateFunction<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw refusal(file, 'no JSON, or a part of it', 'the manifest of a state');
  }
  if (valid(value)) return value;
  const first = valid.errors?.[0];
  const where = first?.instancePath ? quoted(first.instancePath) : 'a manifest';
  throw refusal(file, `${where} that ${first?.message ?? 'is wrong'}`, 'the manifest of a state');
}

/** A mass that the sweep does not cover is NaN, which JSON writes as null. */
function withMasses(plan: TablesPlan): TablesPlan {
  const part = ({ mass: masses, ...own }: ColumnKey['parts'][number]): ColumnKey['parts'][number] =>
    masses ? { ...own, mass: masses.map(([name, m]) => [name, m ?? Number.NaN]) } : own;
  return { ...plan, columns: plan.columns.map(({ parts, against }) => ({ parts: parts.map(part), against })) };
}

/** Everything that a state is of and that the files at hand are not, by name. */
function foreignParts(plan: TablesPlan, wanted: StateOf, file: string): Problem[] {
  const problems: Problem[] = [];
  const hold = (what: string, found: string | undefined, expected: string | undefined, mend: string = REWRITE) => {
    if (found !== expected)
      problems.push({
        place: { file },
        found: `a state of another ${what} (${shortDigest(found)})`,
        expected: `that of this run (${shortDigest(expected)})`,
        mend,
      });
  };
  hold('policy', plan.policy, wanted.policy);
  hold('release', plan.release, wanted.release);
  hold('family that serves today', plan.compared, wanted.compared);
  for (const name of new Set([...Object.keys(plan.evalSet), ...Object.keys(wanted.evalSet)]))
    hold(`eval set, by its ${name}`, plan.evalSet[name], wanted.evalSet[name]);
  if (plan.hash.name !== HASH.name || plan.hash.buckets !== HASH.buckets)
    problems.push({
      place: { file },
      found: `clusters in ${plan.hash.buckets} buckets of the hash ${quoted(plan.hash.name)}`,
      expected: `${HASH.buckets} of ${quoted(HASH.name)}`,
      mend: REWRITE,
    });
  return problems;
}

function shortDigest(digest: string | undefined): string {
  return digest === undefined ? 'none' : `${digest.slice(0, 12)}…`;
}
