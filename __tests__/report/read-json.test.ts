/**
 * report.json reads back into the report that it was written from. Every report of a project in the tests is held to
 * that too (support/project.ts).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors.js';
import { renderJson, toJson } from '../../src/report/json.js';
import { parsePosted } from '../../src/report/posted.js';
import { readReport } from '../../src/report/read-json.js';
import { DIAGNOSIS, FINDING, FULL, POINT, SHA, SWEEP } from '../support/full-report.js';
import { sound } from '../support/report-schema.js';

describe('a report', () => {
  it('reads back as it was written, with something under every key', () => {
    expect(sound(FULL)).toBe(FULL);
  });

  it('reads back without whatever may be left out', () => {
    const { evalSet: _, diagnosis: __, ...rest } = FULL;
    const { compared: ___, tonight: ____, ...sweep } = SWEEP;
    sound({ ...rest, checks: [{ ...sweep, curve: [], production: [], drift: [], coverage: [] }] });
    sound({ ...FULL, diagnosis: { ...DIAGNOSIS, gap: undefined, outcome: undefined, unknown: 'ledger' } });
  });

  it('keeps names that are data, whatever they are like', () => {
    const name = fc.oneof(fc.string(), fc.constantFrom('at_zero', 'atZero', '__proto__x', 'constructor', 'a_b_C'));
    const slice = fc.dictionary(name, fc.string(), { noNullPrototype: true });
    fc.assert(
      fc.property(slice, fc.dictionary(name, fc.constant(SHA), { noNullPrototype: true }), (slice, sha256) => {
        const curve = [{ ...POINT, slice }];
        const evalSet = { rows: 10, positives: 4, queries: 3, items: 5, sha256 };
        const checks = [{ ...SWEEP, curve, findings: [{ ...FINDING, slice }] }];
        sound({ ...FULL, evalSet, checks });
      }),
      { numRuns: 50 },
    );
  });

  it('is posted from its file, by whatever check is registered', () => {
    expect(parsePosted(renderJson(FULL))).toEqual(readReport(renderJson(FULL)));
  });
});

describe('what is no report', () => {
  const problem = (text: string): string => {
    try {
      readReport(text, 'out/report.json');
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      expect((error as ConfigError).problems).toHaveLength(1);
      return (error as ConfigError).message;
    }
    return '';
  };

  it('is refused in one line, with its path', () => {
    expect(problem('{')).toMatch(
      /^out\/report\.json: a file that is no JSON; expected a report\.json that this version/,
    );
    expect(problem('[]')).toMatch(/^out\/report\.json: no report \(the whole must be object\); expected/);
    const { verdict: _, ...rest } = toJson(FULL);
    expect(problem(JSON.stringify(rest))).toContain("must have required property 'verdict'");
  });

  it('is refused for a check that is not registered', () => {
    const text = renderJson(FULL).replaceAll('"check": "serving-health"', '"check": "tarot"');
    expect(problem(text)).toMatch(/\/checks\/1\/check must be equal to one of the allowed values/);
    expect(parsePosted(text)).toBeUndefined();
  });
});
