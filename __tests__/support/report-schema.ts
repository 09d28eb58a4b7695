/** What every report of a test must be: of the schema, and the same once it is read back. */
import { expect } from 'vitest';
import schema from '../../gates/report.schema.json' with { type: 'json' };
import { compileGates } from '../../src/lib/gates-schema.js';
import { renderJson } from '../../src/report/json.js';
import { readReport } from '../../src/report/read-json.js';
import type { ReportFile } from '../../src/report/report-file.js';
import type { Report } from '../../src/verdict/report-object.js';

const validate = compileGates(schema, { allErrors: true });

/** What the schema has against a report; empty where it is valid. */
export function reportProblems(report: unknown): string[] {
  return validate(report) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

/** What the text of a report.json holds. @throws where that is not of the schema */
export function fileOfReport(text: string): ReportFile {
  const file: ReportFile = JSON.parse(text);
  expect(reportProblems(file)).toEqual([]);
  return file;
}

/**
 * The report itself. @throws where its file is not of the schema, or does not read back into the same report and the
 * same text
 */
export function sound(report: Report): Report {
  const text = renderJson(report);
  fileOfReport(text);
  const again = readReport(text);
  expect(again).toEqual(inFile(report));
  expect(renderJson(again)).toBe(text);
  return report;
}

/** The value with its numbers as a file keeps them: NaN for all that are not finite, and one zero. */
function inFile(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : Number.NaN;
  if (Array.isArray(value)) return value.map(inFile);
  if (typeof value !== 'object' || value === null || value instanceof Map) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, inFile(member)]));
}
