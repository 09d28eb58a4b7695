/** Effects that differ with the share of the traffic, on ramps whose truth is known. */
import { afterEach, describe, expect, it } from 'vitest';
import { csv, EvidenceProject, type Tables } from '../../support/evidence.js';
import type { Project } from '../../support/project.js';

let project: Project;
afterEach(() => project.remove());

function evidence(rules: Record<string, readonly string[]>, tables: Tables): EvidenceProject {
  const own = new EvidenceProject(rules, tables);
  project = own;
  return own;
}

describe('exposure-bias as a gate', () => {
  const ramp = (slope: number, launches = 0) =>
    csv(
      'treatment_share,metric,se,other_launches',
      [0.1, 0.2, 0.4, 0.6].map((share) => [share, 0.4 + slope * share, 0.0005, launches]),
    );
  const RULE = { 'exposure-bias': ['{metric: exposure_gain, max: 0.005}'] };

  it('passes a flat ramp and fails a falling one', async () => {
    const good = await evidence(RULE, { ramp: ramp(0) }).examined('exposure-bias');
    expect(good.status).toBe(0);
    project.remove();
    const bad = await evidence(RULE, { ramp: ramp(-0.05) }).examined('exposure-bias');
    expect(bad.of('exposure_gain').verdict).toBe('fail');
    // -slope · (1 - 0.6)
    expect(bad.of('exposure_gain').value).toBeCloseTo(0.02, 12);
  });

  it('is open where something else was launched inside the ramp', async () => {
    const { of } = await evidence(RULE, { ramp: ramp(0, 1) }).examined('exposure-bias');
    expect(of('exposure_gain')).toMatchObject({
      verdict: 'inconclusive',
      why: expect.stringMatching(/4 other launches inside the ramp/),
    });
  });
});

it('a column that is nearly one that is read is said', async () => {
  const { report } = await evidence(
    { 'exposure-bias': [] },
    { ramp: 'treatment_share,metric,se,other_launchs\n0.1,1,0.1,0\n0.2,1,0.1,0\n0.3,1,0.1,0\n' },
  ).examined('exposure-bias');
  expect(report.notices.join('\n')).toMatch(/column "other_launchs" is not read. Did you mean "other_launches"\?/);
});
