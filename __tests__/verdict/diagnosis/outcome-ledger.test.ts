/** The outcome ledger gives the causes of layer 3 a share of what the online metric lost. */
import { afterEach, describe, expect, it } from 'vitest';
import { csv, EvidenceProject, refusal, type Tables } from '../../support/evidence.js';
import { onLine, pastArms, stageLog } from '../../support/funnel-logs.js';
import type { Planted } from '../../support/gap-world.js';
import { ledgerText } from '../../support/ledger.js';
import type { Project } from '../../support/project.js';
import { generator } from '../../support/random.js';

let project: Project;
afterEach(() => project.remove());

function evidence(rules: Record<string, readonly string[]>, tables: Tables): EvidenceProject {
  const own = new EvidenceProject(rules, tables);
  project = own;
  return own;
}

const ledger = (planted: Partial<Planted> = {}) => ledgerText(planted, 3);

const outcome = (delta: number, se = 0.001) => csv('online_delta,online_se', [[delta, se]]);

describe('the outcome ledger', () => {
  it('gives recall its share of what the gain should have won online', async () => {
    // Online moves 2 for one of log loss gained, and 0.5 for one of recall: recall did not move, nothing was won.
    const arms = pastArms(2, { beta: 0 });
    const { report, hypothesis } = await evidence(
      { 'recall-saturation': [] },
      { ledger: ledger({ requests: 2500 }), stage_log: stageLog(0.9, 0.9, 1500), arms, outcome: outcome(0.0) },
    ).examined('recall-saturation');
    const gap = report.diagnosis!.outcome!;
    expect(gap.slope.value).toBeCloseTo(2, 1);
    expect(gap.predicted.value).toBeCloseTo(onLine(arms, gap.slope.value, report.diagnosis!.gap!.online.value), 12);
    expect(gap.value).toBeCloseTo(gap.predicted.value - gap.observed.value, 12);
    expect(gap.lower).toBeGreaterThan(0);
    expect(hypothesis).toMatchObject({ ledger: 'outcome' });
    // C = (a + b·gain) − (α + β·Δrecall), with a, α and Δrecall about 0.
    expect(hypothesis!.share).toBeGreaterThan(0.5);
    expect(gap.residual.value).toBeCloseTo(gap.value - hypothesis!.alone!, 12);
  });

  it('adds what filters take, in the unit of the online metric', async () => {
    const random = generator(1);
    const replay = csv(
      'request_id,arm,value_on,value_off',
      Array.from({ length: 4000 }, (_, q) => {
        const arm = q % 2 === 0 ? 'control' : 'treatment';
        const off = 0.02 * random.normal();
        return [`r${q}`, arm, arm === 'treatment' ? off - 0.04 : off, off];
      }),
    );
    const { report, hypothesis } = await evidence(
      { 'auction-filtering': [] },
      { ledger: ledger({ requests: 2500 }), arms: pastArms(2), outcome: outcome(0.01), filter_replay: replay },
    ).examined('auction-filtering');
    const gap = report.diagnosis!.outcome!;
    expect(hypothesis!.alone).toBeCloseTo(0.04, 2);
    expect(hypothesis!.share).toBeCloseTo(hypothesis!.alone! / gap.value, 12);
    expect(['sufficient', 'contributing']).toContain(hypothesis!.verdict);
  });

  it('takes what past arms have in common for no gap, and for no rest beside filters that took all', async () => {
    const arms = pastArms(2, { intercept: -0.03 });
    const tables = { ledger: ledger({ requests: 2500 }), arms };
    const first = await evidence({ 'auction-filtering': [] }, { ...tables, outcome: outcome(0) }).examined(
      'auction-filtering',
    );
    const { slope, predicted } = first.report.diagnosis!.outcome!;
    const won = first.report.diagnosis!.gap!.online.value;
    expect(slope.value).toBeCloseTo(2, 1);
    expect(predicted.value).toBeCloseTo(onLine(arms, slope.value, won), 12);
    expect(predicted.value).toBeLessThan(slope.value * won - 0.02);
    project.remove();
    // One more arm on the line: nothing is missing, though 0.03 are to b · gain.
    const healthy = await evidence(
      { 'auction-filtering': [] },
      { ...tables, outcome: outcome(predicted.value) },
    ).examined('auction-filtering');
    expect(Math.abs(healthy.report.diagnosis!.outcome!.value)).toBeLessThan(1e-9);
    expect(healthy.report.diagnosis!.experiment!.promise!.missing.lower).toBeLessThan(0);
    project.remove();
    const random = generator(1);
    const replay = csv(
      'request_id,arm,value_on,value_off',
      Array.from({ length: 4000 }, (_, q) => {
        const off = 0.02 * random.normal();
        return [`r${q}`, q % 2 === 0 ? 'control' : 'treatment', q % 2 === 0 ? off : off - 0.04, off];
      }),
    );
    const filtered = await evidence(
      { 'auction-filtering': [] },
      { ...tables, outcome: outcome(predicted.value - 0.04), filter_replay: replay },
    ).examined('auction-filtering');
    expect(filtered.hypothesis!.share).toBeCloseTo(1, 1);
    const { residual } = filtered.report.diagnosis!.outcome!;
    expect(residual.lower).toBeLessThan(0);
    expect(residual.upper).toBeGreaterThan(0);
  });

  it.each<[string, Tables, RegExp]>([
    [
      'too few past arms',
      { arms: pastArms(2, { arms: 5 }), outcome: outcome(0) },
      /no outcome ledger, .* 5 past arms, of at least 6/,
    ],
    [
      'arms whose spread is error',
      { arms: pastArms(2, { noise: 0.2 }), outcome: outcome(0) },
      /whose spread is mostly error/,
    ],
    [
      'arms in which recall and outcome have nothing to do with each other, for recall’s part',
      { arms: pastArms(2, { scatter: true }), outcome: outcome(0) },
      /more is not clearly better online/,
    ],
    ['no past arms', { outcome: outcome(0) }, /the release has no evidence arms/],
    [
      'a gain that no arm came near',
      { arms: pastArms(2, { scale: 0.2 }), outcome: outcome(0) },
      /is beyond the past arms, .*are their offline deltas log loss too/,
    ],
  ])('is none with %s, and says why', async (_, tables, message) => {
    const { report, hypothesis } = await evidence(
      { 'recall-saturation': [] },
      { ledger: ledger({ requests: 600 }), stage_log: stageLog(0.9, 0.9, 200), ...tables },
    ).examined('recall-saturation');
    expect(report.diagnosis!.outcome).toBeUndefined();
    expect(hypothesis!.share).toBeNull();
    expect(report.notices.join('\n')).toMatch(message);
  });

  it('refuses an outcome of several rows, and one of the recall columns alone', async () => {
    const tables = { ledger: ledger({ requests: 60 }), stage_log: stageLog(0.9, 0.9, 50), arms: pastArms(2) };
    const two = evidence({ 'recall-saturation': [] }, { ...tables, outcome: 'online_delta,online_se\n1,1\n2,1\n' });
    expect(await refusal(two)).toMatch(/2 rows of outcome; expected one row/);
    project.remove();
    const half = evidence({ 'metric-mismatch': [] }, { arms: pastArms(2).replace('recall_se', 'recall_error') });
    expect(await refusal(half)).toMatch(/one of recall_delta and recall_se/);
  });
});
