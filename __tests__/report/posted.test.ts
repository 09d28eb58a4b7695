/** A report that a fork's run has written, posted by a workflow that holds a token: nothing in it is believed or takes effect. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/checks/check-report.js';
import { renderJson } from '../../src/report/json.js';
import { parsePosted, postedVerdict, renderPosted } from '../../src/report/posted.js';
import { typeset } from '../../src/report/view/typography.js';
import type { Report } from '../../src/verdict/report-object.js';
import { failing, finding } from '../support/findings.js';
import { CORPUS, constructs } from '../support/hostile.js';
import { largeReport, withFindings } from '../support/reports.js';

let report: Report;
beforeAll(async () => {
  report = await largeReport(2, 1);
});

/** The report as it comes through its file. */
function posted(own: Report): Report {
  const read = parsePosted(renderJson(own));
  if (!read) throw new Error('the report is refused');
  return read;
}

/** The report with one string in every field that a summary could show. */
function forged(text: string): Report {
  const { policy, release, recommendation } = report;
  const hostile = (one: Finding): Finding => ({
    ...one,
    verdict: 'inconclusive',
    metric: text,
    slice: { [text]: text },
    threshold: text,
    place: { ...one.place, file: text },
    reason: { kind: 'meaningless', why: text },
  });
  return {
    ...report,
    headline: text,
    recommendation: { ...recommendation, options: [{ action: 'gather_evidence', why: text }] },
    policy: { ...policy, name: text, path: text, difference: text },
    release: { ...release, name: text, live: text, path: text, difference: text },
    checks: report.checks.map((check) => ({ ...check, findings: check.findings.map(hostile), notices: [text] })),
    notices: [text],
  };
}

describe('what is posted', () => {
  it('is the headline, what would help, the cells that do not pass and the run, in the words of every medium', () => {
    const options = [{ action: 'serving_change' as const, why: 'rebuild it sooner' }];
    const { title, summary } = renderPosted(
      posted({ ...report, recommendation: { ...report.recommendation, options } }),
      { run: 'https://github.example/1' },
    );
    expect(title).toBe(`Not ready: ${typeset(report.headline)}`);
    expect(summary).toContain('- **serving change**: rebuild it sooner.');
    expect(summary.match(/^\| ❌ fail \| /gm)).toHaveLength(2);
    expect(summary).toContain(
      '| +50.10\u202f% | [−0.0008\u202f%, +0.003\u202f%] | max_increase 5\u202f% | 10 times | gate.yml:15 |',
    );
    expect(summary).toContain(
      'in a run of the fork: [its log](https://github.example/1), and [its artifacts](https://github.example/1#artifacts) with the page of pictures.',
    );
    const pages = { run: 'https://github.example/1', artifact: 'https://github.example/1/artifacts/2' };
    expect(renderPosted(posted(report), pages).summary).toContain(
      'in a run of the fork: [its log](https://github.example/1), and [its artifact](https://github.example/1/artifacts/2) with the page of pictures.',
    );
  });

  it('counts the cells beyond fifty', async () => {
    const { summary } = renderPosted(posted(await largeReport(53, 0)), {});
    expect(summary.match(/^\| ❌ fail \| /gm)).toHaveLength(50);
    expect(summary).toContain('… and 3 more, in report.json.');
  });

  it('has no effect, whatever its strings are', () => {
    const plain = constructs(renderPosted(posted(forged('plain')), {}).summary);
    for (const text of CORPUS) {
      const { title, summary } = renderPosted(posted(forged(text)), {});
      expect(constructs(summary), text).toEqual(plain);
      expect(summary).not.toMatch(/^```/m);
      expect(title, text).not.toMatch(/[\u0000-\u001f\u202a-\u202e]|##\[/);
    }
    expect(renderPosted(posted(forged('x'.repeat(5000))), {}).title.length).toBeLessThanOrEqual(200);
  });
});

describe('a report is refused', () => {
  const text = (reason: object) => {
    const file = JSON.parse(renderJson(report));
    file.checks[0].findings[0].reason = { text: 'so it is', ...reason };
    return JSON.stringify(file);
  };

  it.each([['x'], ['[]'], ['{"schema": "skewgate.report/1"}'], ['['.repeat(100_000)]])(
    'that is none: %.20s',
    (file) => {
      expect(parsePosted(file)).toBeUndefined();
    },
  );

  it('that gives a reason without its figures', () => {
    expect(parsePosted(text({ kind: 'within_margin' }))).toBeDefined();
    expect(parsePosted(text({ kind: 'identical_versions' }))).toBeUndefined();
    expect(parsePosted(text({ kind: 'no_pins', versions: 7 }))).toBeUndefined();
  });
});

describe('the conclusion', () => {
  const open = finding({ verdict: 'inconclusive', reason: { kind: 'underpowered' } });
  const of = (findings: readonly Finding[], verdict: Report['verdict'], onInconclusive: 'fail' | 'warn' = 'fail') =>
    postedVerdict({ ...withFindings(report, findings), verdict, policy: { ...report.policy, onInconclusive } });

  it('is that of the findings, whatever the verdict says', () => {
    expect(of([finding()], 'ready')).toBe('success');
    expect(of([finding(), failing()], 'ready')).toBe('failure');
    expect(of([finding(), open], 'ready')).toBe('failure');
    expect(of([finding()], 'not_ready')).toBe('failure');
    expect(of([finding(), failing({ level: 'warn' })], 'ready')).toBe('success');
  });

  it('of open cells is what the policy makes of them', () => {
    expect(of([finding(), open], 'inconclusive')).toBe('failure');
    expect(of([finding(), open], 'inconclusive', 'warn')).toBe('neutral');
    expect(of([failing(), open], 'inconclusive', 'warn')).toBe('failure');
  });

  it('without a required finding is no success', () => {
    expect(of([], 'ready')).toBe('failure');
    expect(of([finding({ level: 'warn' })], 'inconclusive', 'warn')).toBe('failure');
  });
});
