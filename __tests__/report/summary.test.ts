/** summary.md: GitHub's limits, what comes first, and what is folded up. */
import { describe, expect, it } from 'vitest';
import { forestTable } from '../../src/report/forest-text.js';
import { markdownTable, renderSummary, SUMMARY_LIMIT } from '../../src/report/summary.js';
import { viewOf } from '../../src/report/view/view.js';
import { goodReport, largeReport, withFindings } from '../support/reports.js';
import { sweepOf } from '../support/sweep-report.js';

describe('summary.md', () => {
  it('of 2,000 cells and 50 failures stays within the limit, with the worst first and the others folded up', async () => {
    const summary = renderSummary(viewOf(await largeReport(50, 1950)));
    expect(summary.length).toBeLessThanOrEqual(SUMMARY_LIMIT);
    expect(Buffer.byteLength(summary)).toBeLessThan(1024 * 1024);
    const failed = summary.slice(summary.indexOf('### Failed'));
    const open = failed.slice(0, failed.indexOf('<details>'));
    expect(open.match(/^\| ❌/gm)).toHaveLength(10);
    expect(open).toContain('number 49');
    expect(failed.slice(0, failed.indexOf('</details>')).match(/^\| ❌/gm)).toHaveLength(50);
    expect(failed).toMatch(/<summary>\n40 more\n<\/summary>/);
    expect(summary).toContain('more, in report.json');
  });

  it('has the forest of rules as a table, before the chart', async () => {
    const summary = renderSummary(viewOf(await largeReport(50, 10)));
    const row = summary.split('\n').find((line) => line.startsWith('| ❌ fail | log_loss max_increase'))!;
    expect(row).toMatch(/\| [─━]*┃[─━]*●[─━]* \| .*number 49 \| 50 fail \| /);
    expect(summary.indexOf('worst cell of each rule')).toBeLessThan(summary.indexOf('```mermaid'));
  });

  it('shows the dot and the margin of a rule whose cell is nearly at its margin, on either side', async () => {
    const [first] = viewOf(await largeReport(1, 0)).rules;
    const [cell] = first!.cells;
    const barOf = (value: number) =>
      forestTable([{ ...first!, cells: [{ ...cell!, used: { value, least: 0.8, most: 1.3 } }] }]).rows[0]!.cells[3]!;
    expect(barOf(0.99)).toMatch(/^─*━*●┃━*─*$/);
    expect(barOf(1)).toMatch(/●┃/);
    expect(barOf(1.01)).toMatch(/^─*━*┃●━*─*$/);
    expect([0.99, 1.01].map((value) => barOf(value).length)).toEqual([24, 24]);
  });

  it('draws the curve with its margin as a line and production’s shares at its axis, and gives it in figures too', async () => {
    const report = await goodReport();
    const changes = sweepOf(report).findings.filter(({ metric, at }) => metric === 'log_loss' && at === 'production');
    const summary = renderSummary(viewOf(withFindings(report, changes)));
    expect(summary).toMatch(
      /```mermaid\n%%\{init.*\}%%\nxychart-beta\n {2}title "log_loss: change by version distance"\n {2}x-axis "version distance \[share of production in %\]" \["-1", "0 \[\d+\/?\d*\]"/,
    );
    expect(summary).toMatch(/\n {2}line "margin" \[5, 5, 5, 5\]\n/);
    expect(summary).toMatch(/red: margin \(.*?asked at /);
    expect(summary).toContain('red: margin');
    expect(summary).toContain('| distance | value | change |');
  });

  it('says where the pictures are, with the page of the run where it is known', async () => {
    const view = viewOf(await goodReport());
    expect(renderSummary(view)).toMatch(/report\.html of the report’s folder, .* the artifacts of its run\.\n$/);
    expect(renderSummary(view, 'https://github.example/r/1')).toContain('](https://github.example/r/1#artifacts)');
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
      'The curve in figures',
      'Drift of the item tower against the live version',
      'Passed (4)',
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

  it('says whose each reason is, where rows have names', () => {
    const named = (name: string, reason: string) => ({ ...row('x', reason), name });
    const rows = [...'abcde'].map((name) => named(name, 'thin')).concat(named('|f', 'hidden'));
    expect(markdownTable({ columns, rows }, 9).split('\n').slice(-2)).toEqual([
      '- ⚠️ **a; b; c; 2 more**: thin',
      '- ⚠️ **&#124;f**: hidden',
    ]);
    const many = Array.from({ length: 13 }, (_, i) => named(`n${i}`, `reason ${i}`));
    const lines = markdownTable({ columns, rows: many }, 20).split('\n');
    expect(lines.slice(-2)).toEqual(['- ⚠️ **n9**: reason 9', '- … and 3 more reasons, in report.json']);
  });

  it('names the cell of every reason', async () => {
    const report = await goodReport();
    const open = sweepOf(report).findings.map((finding, i) => ({
      ...finding,
      verdict: 'inconclusive' as const,
      reason: { kind: 'underpowered' as const },
      rowsToSettle: 5700 + 100 * i,
    }));
    const view = viewOf(withFindings(report, open));
    const drawn = renderSummary(view).replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
    for (const { metric, where, reason } of view.cells) expect(drawn).toContain(`- ⚠️ **${metric}${where}**: ${reason}`);
  });

  it('makes cells, titles and reasons inert', () => {
    const drawn = markdownTable(
      { columns: [{ title: '<b>' }, ...columns.slice(2)], rows: [{ cells: ['|x', '@you'] }] },
      9,
    );
    expect(drawn).not.toMatch(/<b>|\|x|@/);
  });
});
