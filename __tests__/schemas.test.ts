/**
 * What is generated must not fall behind what it is generated from: schemas, their types, lists of metrics and of
 * checks.
 */
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import policy from '../gates/policy.schema.json' with { type: 'json' };
import report from '../gates/report.schema.json' with { type: 'json' };
import { CHECKS } from '../src/checks/registry.js';
import { EVIDENCE_CHECKS, EVIDENCE_OPERATORS, OPERATORS } from '../src/documents/policy/policy.js';

const root = resolve(import.meta.dirname, '..');

describe('generated files', () => {
  it('are what `npm run schemas` writes', () => {
    const check = () =>
      execFileSync(process.execPath, [join(root, 'scripts/schemas.mjs'), '--check'], { stdio: 'pipe' });
    expect(check).not.toThrow();
  }, 60_000);

  const ids = CHECKS.map(({ id }) => id);

  it('name every check once, wherever one is named', () => {
    expect(new Set(ids).size).toBe(ids.length);
    const known = Object.keys(policy.properties.checks.properties)
      .filter((id) => id !== 'all')
      .sort();
    expect(known, 'run: npm run schemas').toEqual([...ids].sort());
    expect(report.definitions.check_id.enum, 'run: npm run schemas').toEqual(ids);
  });

  it('keep the checks on evidence in the order of their layers', () => {
    expect(EVIDENCE_CHECKS, 'run: npm run schemas').toEqual(ids.filter((id) => id !== 'version-skew'));
    const layers = CHECKS.map(({ layer }) => layer);
    expect(layers, 'order the lines of src/checks/registry.ts by layer').toEqual([...layers].sort());
  });
});

describe('schemas that are written by hand', () => {
  /** `margin` is the threshold of `no_more_sensitive_than`; `gain` says which ndcg. */
  const NO_OPERATORS = ['id', 'metric', 'gain', 'margin', 'claim', 'at', 'slices', 'level'];
  const operatorsOf = (properties: object) => Object.keys(properties).filter((key) => !NO_OPERATORS.includes(key));

  it('name every operator of a rule', () => {
    const { rule, evidence_rule } = policy.definitions;
    const mend = 'gates/policy.schema.json: a property of';
    expect(operatorsOf(rule.properties).sort(), `${mend} rule for every one of OPERATORS`).toEqual(
      [...OPERATORS].sort(),
    );
    expect(operatorsOf(evidence_rule.properties).sort(), `${mend} evidence_rule for every one`).toEqual(
      [...EVIDENCE_OPERATORS].sort(),
    );
    const { operator } = report.definitions.finding.properties;
    expect([...operator.enum].sort(), 'gates/report.schema.json: operator of finding').toEqual([...OPERATORS].sort());
  });
});
