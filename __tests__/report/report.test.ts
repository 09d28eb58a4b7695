/** What people read: limits, order, and strings from outside that stay inert. */
import { afterEach, describe, expect, it } from 'vitest';
import type { CurvePoint, Finding } from '../../src/checks/check.js';
import { annotationsOf } from '../../src/report/annotations.js';
import { escapeMarkdown } from '../../src/report/markdown.js';
import { renderSummary, SUMMARY_LIMIT } from '../../src/report/summary.js';
import { renderText } from '../../src/report/text.js';
import type { Report } from '../../src/verdict/report-object.js';
import { Project } from '../support/project.js';
import { sweepOf } from '../support/sweep-report.js';

let project: Project | undefined;
afterEach(() => {
  project?.remove();
  project = undefined;
});

async function goodReport(): Promise<Report> {
  project = new Project();
  return (await project.judge()).report!;
}

/** The good report with `failing` and `passing` cells of one rule each in place of its own. */
async function largeReport(failing: number, passing: number): Promise<Report> {
  const report = await goodReport();
  const check = sweepOf(report);
  const [finding] = check.findings;
  const [point] = check.curve;
  const findings: Finding[] = [];
  const curve: CurvePoint[] = [];
  for (let i = 0; i < failing + passing; i++) {
    const slice = { tier: `a rather long slice value, number ${i}` };
    findings.push({
      ...finding!,
      slice,
      rule: i < failing ? 0 : 1,
      verdict: i < failing ? 'fail' : 'pass',
      change: i < failing ? 0.5 + i / 1000 : 0,
    });
    for (let distance = 0; distance <= 6; distance++) curve.push({ ...point!, slice, distance });
  }
  return {
    ...report,
    verdict: failing > 0 ? 'not_ready' : 'ready',
    checks: [{ ...check, verdict: 'fail', findings, curve }],
  };
}

describe('summary.md', () => {
  it('of 2,000 cells and 50 failures stays within the limit, with every failure before the rest', async () => {
    const summary = renderSummary(await largeReport(50, 1950));
    expect(summary.length).toBeLessThanOrEqual(SUMMARY_LIMIT);
    expect(Buffer.byteLength(summary)).toBeLessThan(1024 * 1024);
    expect(summary.split('\n').filter((line) => line.startsWith('| ❌')).length).toBe(50);
    expect(summary.indexOf('mermaid')).toBeLessThan(summary.indexOf('| ❌'));
    expect(summary.lastIndexOf('| ❌')).toBeLessThan(summary.indexOf('<details>'));
    expect(summary).toContain('more, in report.json');
  });

  it('draws the curve and gives it as a table too', async () => {
    const summary = renderSummary(await goodReport());
    expect(summary).toMatch(
      /```mermaid\n%%\{init.*\}%%\nxychart-beta\n {2}title "[a-z_]+: change by version distance"\n {2}x-axis "version distance" \["-1", "0", "1", "2"\]/,
    );
    expect(summary).toContain('| distance | value | change |');
  });

  it('says what was left out when even the tables do not fit', async () => {
    const report = await largeReport(50, 0);
    const long = { ...report, checks: Array.from({ length: 40 }, () => report.checks[0]!) };
    const summary = renderSummary(long);
    expect(summary.length).toBeLessThanOrEqual(SUMMARY_LIMIT);
    expect(summary).toMatch(/The rest did not fit here: the full tables are in report.json/);
  });
});

describe('the terminal’s text', () => {
  it('starts with the verdict and what was judged', async () => {
    expect(renderText(await goodReport())).toMatch(
      /^✓ READY {2}test-model v3, judged by test-gate \(gates\/gate.yml\)\n {2}v3 can ship: all 4 required cells pass\.\n/,
    );
  });

  it('shows the worst failures first and counts the rest', async () => {
    const text = renderText(await largeReport(50, 10));
    expect(text).toMatch(/Failed \(50\)\n.*number 49 /);
    expect(text).toContain('… and 38 more: --out DIR writes all of them to report.json');
  });

  it('keeps strings from outside on their line, without escape sequences', async () => {
    const report = await goodReport();
    const [check] = report.checks;
    const slice = { tier: 'x\u001b[2J\n::error::y\u202e' };
    const text = renderText({
      ...report,
      checks: [{ ...check!, findings: check!.findings.map((f) => ({ ...f, slice })) }],
    });
    expect(text).toContain('tier=x\\u001b[2J\\u000a::error::y\\u202e');
  });
});

describe('annotations', () => {
  it('are one a rule, failures first, with the worst cells named and the rest counted', async () => {
    const [promoted, annotation, ...others] = annotationsOf(await largeReport(50, 10));
    expect(others).toEqual([]);
    expect(promoted).toMatchObject({ level: 'error', place: { file: 'models/release.yml', line: 2 } });
    expect(annotation).toMatchObject({ level: 'error', place: { file: 'gates/gate.yml', line: 15, column: 28 } });
    expect(annotation!.message).toMatch(
      /number 49 .*\n.*number 48 .*\n.*number 47 .*\nand 47 more cells\n50 of 50 cells of this rule\.$/,
    );
  });

  it('are none when everything passes', async () => {
    expect(annotationsOf(await goodReport())).toEqual([]);
  });
});

describe('escapeMarkdown', () => {
  it.each([
    '<script>alert(1)</script>',
    '[text](http://evil.example)',
    '![img](x)',
    '@team please merge',
    'closes #12',
    '`code`',
    '**bold** _em_ ~~x~~',
    '| cell | split |',
    'www.evil.example',
    'https://evil.example/a?b=c',
    '&lt;b&gt;',
    '$$math$$',
    ':rocket:',
    '- item\n# heading',
  ])('leaves no character of %j that Markdown could act on', (text) => {
    expect(escapeMarkdown(text).replace(/&#\d+;|\u2060/g, '')).toMatch(/^[A-Za-z0-9 ,%+]*$/);
  });
});
