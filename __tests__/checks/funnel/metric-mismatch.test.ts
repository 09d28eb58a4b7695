/** Past arms whose offline gains did or did not come true. */
import { afterEach, describe, expect, it } from 'vitest';
import { armsNeeded } from '../../../src/checks/funnel/metric-mismatch.js';
import { csv, EvidenceProject, type Tables } from '../../support/evidence.js';
import { pastArms } from '../../support/funnel-logs.js';
import type { Project } from '../../support/project.js';

let project: Project;
afterEach(() => project.remove());

function evidence(rules: Record<string, readonly string[]>, tables: Tables): EvidenceProject {
  const own = new EvidenceProject(rules, tables);
  project = own;
  return own;
}

describe('metric-mismatch as a gate', () => {
  const RULES = ['{metric: correlation, min: 0.5}', '{metric: sign_concordance, min: 50%}'];

  it('passes past arms that agree', async () => {
    const { status, of } = await evidence({ 'metric-mismatch': RULES }, { arms: pastArms(0.8) }).examined(
      'metric-mismatch',
    );
    expect(of('correlation')).toMatchObject({ verdict: 'pass', judged: 'value' });
    expect(status).toBe(0);
  });

  it('is open with fewer than six, and where the spread is error', async () => {
    const few = await evidence({ 'metric-mismatch': RULES }, { arms: pastArms(0.8, { arms: 5 }) }).examined(
      'metric-mismatch',
    );
    expect(few.of('correlation').why).toBe('fewer than 6 arms');
    project.remove();
    const noisy = await evidence({ 'metric-mismatch': RULES }, { arms: pastArms(0.8, { noise: 0.05 }) }).examined(
      'metric-mismatch',
    );
    expect(noisy.of('correlation').why).toBe('most of their spread is error');
  });
});

describe('past arms of which few moved recall', () => {
  /** Eight arms; two of them moved recall, and won. */
  const arms = (online = 0.05, recall = 0.0004) => {
    const offline = [0.03, 0.012, 0.024, 0.022, 0.027, 0.021, 0.009, 0.015];
    const won = [0.1, -0.06, 0.02, 1.52, -0.05, 1.83, 0.04, 0.05];
    const found = [0.001, -0.001, 0, 0.03, 0.0005, 0.0365, -0.0005, 0.001];
    return csv(
      'arm,offline_delta,offline_se,online_delta,online_se,recall_delta,recall_se',
      offline.map((gain, a) => [`a${a}`, gain, 0.0005, won[a]!, online, found[a]!, recall]),
    );
  };
  const found = (text: string) => evidence({ 'metric-mismatch': [] }, { arms: text }).examined('metric-mismatch');

  it('say that online follows where recall moved, and how many more would decide', async () => {
    const { hypothesis } = await found(arms());
    // scipy: r = 0.1350 and 0.9985, divided by roots of reliabilities of 0.9956 and 0.9976; Fisher's bounds.
    expect(hypothesis!.why).toContain(
      'online deltas follow where recall moved: a correlation of 1 [0.995, 1] corrected for their errors, ' +
        'with offline deltas 0.136 [−0.539, 0.811] corrected for their errors',
    );
    expect(hypothesis).toMatchObject({
      verdict: 'inconclusive',
      settle: 'about 12 more past arms like these (20 in all)',
    });
  });

  it('ask for smaller errors only where these hide the spread', async () => {
    const { hypothesis } = await found(arms(1.5));
    expect(hypothesis).toMatchObject({ verdict: 'inconclusive', settle: 'past arms with smaller errors' });
    expect(hypothesis!.why).toMatch(
      /online deltas against those of recall: .* most of the spread of recall or online is/,
    );
  });

  it('say nothing of recall where the table has none, or it moved alike', async () => {
    const text = arms();
    const lines = text.trim().split('\n');
    const without = `${lines.map((line) => line.split(',').slice(0, 5).join(',')).join('\n')}\n`;
    expect((await found(without)).hypothesis!.why).not.toMatch(/recall/);
    project.remove();
    const alike = `${[lines[0], ...lines.slice(1).map((line) => line.replace(/,[^,]+,([^,]+)$/, ',0.01,$1'))].join('\n')}\n`;
    expect((await found(alike)).hypothesis!.why).toMatch(/recall moved alike in all past arms/);
  });
});

describe('arms that would decide', () => {
  // By trying n = 4, 5, … in Python until a bound of the corrected correlation passes 0.5.
  it.each([
    [0.14, 0.99, 20],
    [-0.2, 0.8, 10],
    [0.3, 0.95, 67],
    [0.62, 0.9, 50],
    [0.8, 1, 12],
    [0.45, 0.97, 1351],
    [1, 1, 4],
  ])('at a correlation of %f and a root of reliabilities of %f are %i', (measured, root, needed) => {
    const reliability = { reliabilityX: root, reliabilityY: root };
    expect(armsNeeded({ measured, corrected: measured / root, lower: -1, upper: 1, ...reliability }, 0.95)).toBe(
      needed,
    );
  });
});
