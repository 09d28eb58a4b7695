/** Effects that differ with the share of the traffic, on ramps whose truth is known. */
import { afterEach, describe, expect, it } from 'vitest';
import { csv, EvidenceProject, refusal, type Tables } from '../../support/evidence.js';
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
      'treatment_share,metric,se,metric_control,se_control,other_launches',
      [0.1, 0.2, 0.4, 0.6].map((share) => [share, 0.4 + slope * share, 0.0004, 0.42, 0.0003, launches]),
    );
  const RULE = { 'exposure-bias': ['{metric: exposure_gain, max: 0.005}'] };

  it('passes a flat ramp and fails a falling one', async () => {
    const good = await evidence(RULE, { ramp: ramp(0) }).examined('exposure-bias');
    expect(good.status).toBe(0);
    project.remove();
    const bad = await evidence(RULE, { ramp: ramp(-0.05) }).examined('exposure-bias');
    expect(bad.of('exposure_gain').verdict).toBe('fail');
    // The gain rises by 0.05 for all of the traffic, of which 1 - 0.6 is left.
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

describe('a ramp over days that differ', () => {
  /** Both arms' losses move with the days; the gain over control rises by 0.05 for all of the traffic, and scatters. */
  const rows = [
    [0.1, 0.4252, 0.0003, 0.45, 0.0002],
    [0.2, 0.4399, 0.0003, 0.47, 0.0002],
    [0.4, 0.3951, 0.0004, 0.435, 0.0002],
    [0.6, 0.4298, 0.0005, 0.48, 0.0002],
  ] as const;
  const RULE = { 'exposure-bias': ['{metric: exposure_gain, max: 0.03}'] };

  it('is read by the gain over control, not by the candidate’s loss', async () => {
    const ramp = csv('treatment_share,metric,se,metric_control,se_control', rows);
    const { of, facts } = await evidence(RULE, { ramp }).examined('exposure-bias');
    // numpy and scipy: weighted least squares of the gains, Student's t with 2 degrees of freedom.
    expect(of('exposure_gain').value).toBeCloseTo(0.020204959267408, 12);
    expect(of('exposure_gain').lower).toBeCloseTo(0.0188283453663789, 10);
    expect(of('exposure_gain').upper).toBeCloseTo(0.0215815731684371, 10);
    expect(of('exposure_gain').verdict).toBe('pass');
    expect(facts).toMatch(
      /over 4 shares from 10 % to 60 % the gain over control rises by 0\.0505 for all of the traffic/,
    );
  });

  it('tells nothing without control, and says what would', async () => {
    const ramp = csv(
      'treatment_share,metric,se',
      rows.map((row) => row.slice(0, 3)),
    );
    const { of } = await evidence(RULE, { ramp }).examined('exposure-bias');
    expect(of('exposure_gain')).toMatchObject({
      verdict: 'inconclusive',
      why: 'no control beside it: a loss that moves with the share of the traffic may move with the days as well',
    });
    project.remove();
    const { hypothesis } = await evidence({ 'exposure-bias': [] }, { ramp }).examined('exposure-bias');
    expect(hypothesis).toMatchObject({
      verdict: 'inconclusive',
      settle: expect.stringMatching(/^the columns metric_control and se_control of the table ramp/),
      why: expect.stringMatching(/the candidate’s log loss falls by .*; no control beside it/),
    });
  });

  it('is refused with one of the control’s columns', async () => {
    const ramp = csv(
      'treatment_share,metric,se,metric_control',
      rows.map((row) => row.slice(0, 4)),
    );
    expect(await refusal(evidence(RULE, { ramp }))).toMatch(
      /one of metric_control and se_control; expected both: production’s model on control’s traffic/,
    );
  });
});

it('a column that is nearly one that is read is said', async () => {
  const { report } = await evidence(
    { 'exposure-bias': [] },
    { ramp: 'treatment_share,metric,se,other_launchs\n0.1,1,0.1,0\n0.2,1,0.1,0\n0.3,1,0.1,0\n' },
  ).examined('exposure-bias');
  expect(report.notices.join('\n')).toMatch(/column "other_launchs" is not read. Did you mean "other_launches"\?/);
});
