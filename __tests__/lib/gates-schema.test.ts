import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Ajv from 'ajv';
import { describe, expect, it } from 'vitest';
import { compileGates } from '../../src/lib/gates-schema.js';

const gates = resolve(import.meta.dirname, '../../gates');
const schemas = readdirSync(gates).filter((name) => name.endsWith('.schema.json'));
const readSchema = (name: string): object => JSON.parse(readFileSync(join(gates, name), 'utf8')) as object;

describe('the schemas of gates/', () => {
  it('are those of policy, release and report', () => {
    expect(schemas).toEqual(['policy.schema.json', 'release.schema.json', 'report.schema.json']);
  });

  it.each(schemas)('%s is a schema of its draft', (name) => {
    const ajv = new Ajv({ strict: false });
    expect(ajv.validateSchema(readSchema(name)), ajv.errorsText()).toBe(true);
  });

  it.each(schemas)('%s has the same against a file as when it is compiled with every check', (name) => {
    const schema = readSchema(name);
    const [quick, whole] = [
      compileGates(schema, { allErrors: true }),
      new Ajv({ strict: false, allErrors: true }).compile(schema),
    ];
    for (const file of [
      {},
      { policy: 1, release: [], checks: { none: {} }, live: {}, versions: [1, {}], schema: 'x' },
      [],
    ]) {
      expect([quick(file), whole(file)]).toEqual([false, false]);
      expect(quick.errors).toEqual(whole.errors);
    }
  });
});

it('a schema that is none is refused by the check of its draft', () => {
  const ajv = new Ajv({ strict: false });
  expect(ajv.validateSchema({ type: 'text' })).toBe(false);
});
