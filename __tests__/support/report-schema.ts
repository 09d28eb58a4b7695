import Ajv from 'ajv';
import schema from '../../gates/report.schema.json' with { type: 'json' };

const validate = new Ajv({ allErrors: true, strict: false }).compile(schema);

/** What the schema has against a report; empty where it is valid. */
export function reportProblems(report: unknown): string[] {
  return validate(report) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}
