/** summary.md: GitHub's limits, what comes first, and what is folded up. */
import { describe, expect, it } from 'vitest';
import { markdownTable, renderSummary, SUMMARY_LIMIT } from '../../src/report/summary.js';
import { viewOf } from '../../src/report/view/view.js';
import { goodReport, largeReport } from '../support/reports.js';

describe('summary.md', () => {
  it('of 2,000 cells and 50 failures stays within the limit, with every failure before the rest', async () => {
    const summary = renderSummary(viewOf(await largeReport(50, 1950)));
    expect(summary.length).toBeLessThanOrEqual(SUMMARY_LIMIT);
    expect(Buffer.byteLength(summary)).toBeLessThan(1024 * 1024);
    expect(summary.split('\n').filter((line) => line.startsWith('| ❌')).length).toBe(50);
    expect(summary.indexOf('mermaid')).toBeLessThan(summary.indexOf('| ❌'));
    expect(summary.indexOf('| ❌')).toBeGreaterThan(0);
    expect(summary.lastIndexOf('| ❌')).toBeLessThan(summary.indexOf('<details>'));
    expect(summary).toContain('more, in report.json');
  });

  it('draws the curve and gives it as a table too', async () => {
    const summary = renderSummary(viewOf(await goodReport()));
    expect(summary).toMatch(
      /```mermaid\n%%\{init.*\}%%\nxychart-beta\n {2}title "[a-z_]+: change by version distance"\n {2}x-axis "version distance" \["−1", "0", "1", "2"\]/,
    );
    expect(summary).toContain('| distance | value | change |');
  });

  it('says what was left out when even the tables do not fit', async () => {
    const view = viewOf(await largeReport(50, 0));
    const notes = Array.from({ length: 2000 }, (_, i) => `a note that takes its room, number ${i}`);
    const summary = renderSummary({ ...view, notes });
    expect(summary.length).toBeLessThanOrEqual(SUMMARY_LIMIT);
    expect(summary).toMatch(/The rest did not fit here: the full tables are in report.json/);
  });

  it('folds up what passes and the figures behind a reading', async () => {
    const folded = [...renderSummary(viewOf(await goodReport())).matchAll(/<details><summary>\n(.*)\n<\/summary>/g)];
    expect(folded.map(([, title]) => title)).toEqual([
      'Drift of the item tower against the live version',
      'Passed &#40;4&#41;',
    ]);
  });
});

describe('a table in Markdown', () => {
  const columns = [
    { title: 'verdict', role: 'told' as const },
    { title: 'a' },
    { title: 'why', role: 'reason' as const },
  ];
  const row = (cell: string, reason: string) => ({
    mark: 'inconclusive' as const,
    cells: ['inconclusive', cell, reason],
  });

  it('marks verdicts, and names each reason of what it shows once', () => {
    const rows = [row('x', 'thin'), row('', 'thin'), row('z', 'hidden')];
    expect(markdownTable({ columns, rows }, 2)).toBe(
      [
        '| verdict | a |',
        '|---|---|',
        '| ⚠️ inconclusive | x |',
        '| ⚠️ inconclusive | – |',
        '',
        '… and 1 more, in report.json.',
        '',
        '- ⚠️ thin',
      ].join('\n'),
    );
  });

  it('makes cells, titles and reasons inert', () => {
    const drawn = markdownTable(
      { columns: [{ title: '<b>' }, ...columns.slice(2)], rows: [{ cells: ['|x', '@you'] }] },
      9,
    );
    expect(drawn).not.toMatch(/<b>|\|x|@/);
  });
});
