/** Annotations: one on the promoted version and one a rule, at the lines that set the thresholds. */
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/checks/check-report.js';
import { annotationsOf } from '../../src/report/annotations.js';
import { viewOf } from '../../src/report/view/view.js';
import { goodReport, largeReport, lostGap, withFindings } from '../support/reports.js';
import { sweepOf } from '../support/sweep-report.js';

describe('annotations', () => {
  it('are one a rule, failures first, with the worst cells named and the rest counted', async () => {
    const [promoted, annotation, ...others] = annotationsOf(viewOf(await largeReport(50, 10)));
    expect(others).toEqual([]);
    expect(promoted).toMatchObject({ level: 'error', place: { file: 'models/release.yml', line: 2 } });
    expect(annotation).toMatchObject({ level: 'error', place: { file: 'gates/gate.yml', line: 15, column: 28 } });
    expect(annotation!.message).toMatch(
      /number 49 .*\n.*number 48 .*\n.*number 47 .*\nand 47 more cells\n50 of 50 cells of this rule\.$/,
    );
  });

  it('on the release carry the figures of a gap where that decided, and count no cells', () => {
    const [promoted, ...others] = annotationsOf(viewOf(lostGap));
    expect(others).toEqual([]);
    expect(promoted!.title).toBe('v42 is not ready');
    expect(promoted!.message).toMatch(/^v42 loses all of its gain online \(116\u202f%\): .* −0\.0042 online/);
    expect(promoted!.message).not.toMatch(/cells/);
  });

  it('are none when everything passes', async () => {
    expect(annotationsOf(viewOf(await goodReport()))).toEqual([]);
  });

  it('count required cells without what is 0 by definition', async () => {
    const report = await goodReport();
    const [finding] = sweepOf(report).findings;
    const of = (own: Partial<Finding>): Finding => ({ ...finding!, judged: 'change', level: 'fail', ...own });
    const findings = [
      of({ at: 1, verdict: 'fail' }),
      of({ at: 0, verdict: 'pass' }),
      of({ at: 2, verdict: 'pass' }),
      of({ at: 2, verdict: 'fail', level: 'warn', rule: 9 }),
    ];
    const annotations = annotationsOf(viewOf(withFindings(report, findings)));
    expect(annotations[0]!.message).toMatch(/\n1 of 2 required cells does not pass, by gates\/gate\.yml:\d+\.$/);
    expect(annotations[1]!.message).toMatch(/\n1 of 2 cells of this rule\.$/);
    expect(annotations.map(({ level }) => level)).toEqual(['error', 'error', 'warning']);
  });

  it('stand on no line of a policy that this change edits, and on the line of the release that it touches', async () => {
    const report = await largeReport(2, 0);
    const view = viewOf({ ...report, policy: { ...report.policy, difference: '-a\n+b' } });
    const place = { file: 'models/release.yml', line: 7, column: 1 };
    expect(annotationsOf(view, place).map((annotation) => annotation.place)).toEqual([place, undefined]);
  });

  it('only warn of what the policy lets pass unsettled', async () => {
    const report = await goodReport();
    const open = sweepOf(report).findings.map((f) => ({ ...f, verdict: 'inconclusive' as const }));
    const levels = (onInconclusive: 'fail' | 'warn') => {
      const own = { ...withFindings(report, open), verdict: 'inconclusive' as const };
      return annotationsOf(viewOf({ ...own, policy: { ...own.policy, onInconclusive } })).map(({ level }) => level);
    };
    expect(new Set(levels('fail'))).toEqual(new Set(['error']));
    expect(new Set(levels('warn'))).toEqual(new Set(['warning']));
  });
});
