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
import { EVIDENCE_CHECKS } from '../src/documents/policy/policy.js';

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
    expect(Object.keys(policy.properties.checks.properties).sort()).toEqual([...ids].sort());
    expect(report.definitions.check_id.enum).toEqual(ids);
  });

  it('keep the checks on evidence in the order of their layers', () => {
    expect(EVIDENCE_CHECKS).toEqual(ids.filter((id) => id !== 'version-skew'));
    const layers = CHECKS.map(({ layer }) => layer);
    expect(layers).toEqual([...layers].sort());
  });
});
