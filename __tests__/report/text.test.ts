/** The view on a terminal: limits, order, and strings from outside that stay inert. */
import { describe, expect, it } from 'vitest';
import { COLOUR, PLAIN } from '../../src/report/paint.js';
import { renderText } from '../../src/report/text.js';
import { textTable } from '../../src/report/text-table.js';
import { viewOf } from '../../src/report/view/view.js';
import { goodReport, largeReport, withFindings } from '../support/reports.js';
import { sweepOf } from '../support/sweep-report.js';

describe('the terminal’s text', () => {
  it('starts with the verdict and what was judged', async () => {
    expect(renderText(viewOf(await goodReport()))).toMatch(
      /^✓ READY {2}test-model v3, judged by test-gate \(gates\/gate.yml\)\n {2}v3 can ship: all 4 required cells pass; nearest to its margin: [^;]+, by its bound \d+\u202f% of it\.\n/,
    );
  });

  it('shows the worst failures first and counts the rest', async () => {
    const text = renderText(viewOf(await largeReport(50, 10)));
    expect(text).toMatch(/Failed \(50\)\n.*number 49 /);
    expect(text).toContain('… and 38 more: --out DIR writes all of them to report.json');
  });

  it('keeps strings from outside on their line, without escape sequences', async () => {
    const report = await goodReport();
    const slice = { tier: 'x\u001b[2J\n::error::y\u202e' };
    const hostile = withFindings(
      report,
      sweepOf(report).findings.map((f) => ({ ...f, slice })),
    );
    const view = viewOf({ ...hostile, release: { ...hostile.release, name: 'a\nb\u001b', live: 'v\u202e' } });
    const text = renderText(view);
    expect(text).toContain('tier=x\\u001b[2J\\u000a::error::y\\u202e');
    expect(text).toContain('a\\u000ab\\u001b v\\u202e, judged by');
    expect(text).not.toMatch(/[\u001b\u202e]/);
  });

  it('says why a cell is open beneath it, and of what passes no why at all', async () => {
    const report = await goodReport();
    const open = sweepOf(report).findings.map((f) => ({
      ...f,
      verdict: 'inconclusive' as const,
      reason: { kind: 'no_spread' } as const,
    }));
    const text = renderText(viewOf(withFindings(report, open)));
    expect(text).toMatch(/Inconclusive \(\d+\)\n {2}\S.*\n {6}no spread: .*\n/);
    expect(text).not.toMatch(/^Why$/m);
  });

  it('paints the same words', async () => {
    const view = viewOf(await largeReport(3, 3));
    const painted = renderText(view, COLOUR);
    expect(painted).toContain('\u001b[31m\u001b[1m✗ NOT READY\u001b[0m\u001b[0m');
    expect(painted.replace(/\u001b\[\d+m/g, '')).toBe(renderText(view));
  });
});

describe('a table on a terminal', () => {
  const columns = [{ title: 'name' }, { title: 'figure', align: 'right' as const }];
  const rows = [{ cells: ['a', '10'] }, { cells: ['bcdefg', '9'] }];

  it('has a header unless its cells need none, and figures flush right', () => {
    expect(textTable({ columns, rows }, PLAIN)).toEqual(['  name    figure', '  a           10', '  bcdefg       9']);
    expect(textTable({ columns, rows, selfEvident: true }, PLAIN)).toEqual(['  a       10', '  bcdefg   9']);
  });

  it('leaves out what the title tells and what is for the record, and puts sentences beneath their row', () => {
    const table = {
      selfEvident: true as const,
      columns: [
        { title: 'verdict', role: 'told' as const },
        ...columns,
        { title: 'why', role: 'reason' as const },
        { title: 'cure', role: 'aside' as const },
        { title: 'sha256', role: 'record' as const },
      ],
      rows: [{ cells: ['fail', 'a', '1', 'because', 'sleep', '00ff'] }, { cells: ['fail', 'b', '2', '', '', '00ff'] }],
    };
    expect(textTable(table, PLAIN)).toEqual(['  a  1', '      because', '      cure: sleep', '  b  2']);
  });

  it('shows groups under their names, each once', () => {
    const table = {
      columns: [{ title: 'layer', role: 'group' as const }, { title: 'id' }, { title: 'why' }],
      rows: [{ cells: ['1', 'a', 'x'] }, { cells: ['1', 'bcd', 'y'] }, { cells: ['2', 'e', ''] }],
    };
    expect(textTable(table, PLAIN)).toEqual(['  1', '    a    x', '    bcd  y', '  2', '    e']);
  });
});
