/** The view on a terminal: limits, order, and strings from outside that stay inert. */
import { describe, expect, it } from 'vitest';
import { bars } from '../../src/report/bars.js';
import { held, widthOf, wrap } from '../../src/report/columns.js';
import { COLOUR, PLAIN } from '../../src/report/paint.js';
import { renderText } from '../../src/report/text.js';
import { textTable } from '../../src/report/text-table.js';
import { waterfallLines } from '../../src/report/text-waterfall.js';
import { viewOf } from '../../src/report/view/view.js';
import { PARTS_MEAN } from '../../src/report/view/words.js';
import { FULL } from '../support/full-report.js';
import { goodReport, largeReport, lostGap, withFindings } from '../support/reports.js';
import { sweepOf } from '../support/sweep-report.js';

describe('the terminal’s text', () => {
  it('starts with the verdict and what was judged', async () => {
    expect(renderText(viewOf(await goodReport()))).toMatch(
      /^✓ READY {2}test-model v3, judged by test-gate \(gates\/gate.yml\)\n {2}v3 can ship: all 4 required cells pass; nearest to its margin: [^;]+, by its bound\s+\d+\u202f% of it\.\n/,
    );
  });

  it('shows the worst failures first and counts the rest', async () => {
    const text = renderText(viewOf(await largeReport(50, 10)));
    expect(text).toMatch(
      /Failed \(50\), with bounds that convict and the margin used \(how: at the end\)\n.*number 49 /,
    );
    expect(text).toMatch(/Passed \(\d+\), with bounds to pass and the margin used \(how: at the end\)\n/);
    expect(text).toContain('… and 38 more: --out DIR writes all of them to report.json');
  });

  it('says where the report was written, and where the rest of a table is', async () => {
    const text = renderText(viewOf(await largeReport(50, 10)), PLAIN, 200, 'out/report');
    expect(text).toContain('… and 38 more: in out/report/report.json');
    expect(text).toMatch(/\n {2}written to out\/report: report\.html, summary\.md, report\.json\n$/);
    expect(text).not.toContain('--out DIR');
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
    expect(text).toMatch(
      /Inconclusive \(\d+\), with bounds to pass and the margin used \(how: at the end\)\n {2}\S.*\n {6}no spread: .*\n/,
    );
    expect(text).not.toMatch(/^Why$/m);
  });

  it('paints the same words', async () => {
    const view = viewOf(await largeReport(3, 3));
    const painted = renderText(view, COLOUR);
    expect(painted).toContain('\u001b[31m\u001b[1m✗ NOT READY\u001b[0m\u001b[0m');
    expect(painted.replace(/\u001b\[\d+m/g, '')).toBe(renderText(view));
  });
});

describe('the width of the terminal', () => {
  it.each([60, 80, 120])('of %d columns is kept by every line, with every cell and figure there', async (columns) => {
    const report = await largeReport(20, 3);
    const views = [report, await goodReport(), FULL, lostGap].map(viewOf);
    for (const view of views) {
      const lines = renderText(view, PLAIN, columns).split('\n');
      expect(lines.filter((line) => widthOf(line) > columns)).toEqual([]);
    }
    const words = (text: string) => text.replace(/[ \n]+/g, ' ');
    expect(words(renderText(views[0]!, PLAIN, columns))).toContain('[−0.0008\u202f%, +0.003\u202f%]');
    expect(words(renderText(views[1]!, PLAIN, columns))).toContain(words(views[1]!.head.headline));
  });

  it('is taken as 40 where it is less', async () => {
    const view = viewOf(await goodReport());
    expect(renderText(view, PLAIN, 1)).toBe(renderText(view, PLAIN, 40));
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

  it('puts columns beneath for which there is no room, with their titles unless the cells need none', () => {
    const wide = { columns: [...columns, { title: 'why' }], rows: [{ cells: ['a', '10', 'so'] }] };
    expect(textTable(wide, PLAIN, 16)).toEqual(['  name  figure', '  a         10', '      why: so']);
    expect(textTable({ ...wide, selfEvident: true }, PLAIN, 8)).toEqual(['  a  10', '      so']);
  });

  it('stands figures by their decimal points', () => {
    const figures = {
      columns: [{ title: 'name' }, { title: 'x', align: 'decimal' as const }],
      rows: ['+1.5 %', '−10.25 %', '–'].map((x) => ({ cells: ['a', x] })),
    };
    expect(textTable({ ...figures, selfEvident: true }, PLAIN)).toEqual([
      '  a   +1.5 %',
      '  a  −10.25 %',
      '  a         –',
    ]);
  });

  it('takes wide characters for two columns, and combining ones for none', () => {
    const rows = ['日本', 'ab', 'e\u0301', '🙂'].map((name) => ({ cells: [name, '1'] }));
    const lines = textTable({ columns, rows, selfEvident: true }, PLAIN);
    expect(lines).toEqual(['  日本  1', '  ab    1', '  e\u0301     1', '  🙂    1']);
  });

  it('shows groups under their names, each once', () => {
    const table = {
      columns: [{ title: 'layer', role: 'group' as const }, { title: 'id' }, { title: 'why' }],
      rows: [{ cells: ['1', 'a', 'x'] }, { cells: ['1', 'bcd', 'y'] }, { cells: ['2', 'e', ''] }],
    };
    expect(textTable(table, PLAIN)).toEqual(['  1', '    a    x', '    bcd  y', '  2', '    e']);
  });
});

describe('lines', () => {
  it('break at spaces, keep what they begin with, and break a word that fits nowhere', () => {
    expect(wrap('  one two three', 9, '    ')).toEqual(['  one two', '    three']);
    expect(wrap('one', 3)).toEqual(['one']);
    expect(wrap('abcdefghijklmnop', 8)).toEqual(['abcdefgh', 'ijklmnop']);
    expect(wrap('日本日本日本', 8)).toEqual(['日本日本', '日本']);
  });

  it('keep an interval together, and what is held', () => {
    expect(wrap('of the gap [−8 %, +3 %], less', 20)).toEqual(['of the gap', '[−8 %, +3 %], less']);
    expect(wrap(`a ${held('13 times of it')} b`, 16)).toEqual(['a 13 times of it', 'b']);
    expect(wrap(held('a b'), 80)).toEqual(['a b']);
    expect(wrap(held('one two three four'), 10)).toEqual(['one two', 'three four']);
  });

  it('break no figure: an interval that has no room for itself ends a line after its comma', () => {
    const interval = '[+0.0009845, +0.001645]';
    for (const text of [interval, held(`${interval} · max_increase 0.001`), `log_loss ${interval}`])
      for (let width = 14; width < 40; width++) {
        const lines = wrap(text, width, '  ');
        expect(lines.every((line) => widthOf(line) <= width)).toBe(true);
        const words = lines.flatMap((line) => line.trim().split(' '));
        expect(words, `at ${width}`).toEqual(expect.arrayContaining(['[+0.0009845,', '+0.001645]']));
      }
    expect(wrap('table=1.2345678', 11)).toEqual(['table=', '1.2345678']);
  });

  it('break a long name after a joint of it rather than within a word', () => {
    expect(wrap('catalogue_age=established', 20)).toEqual(['catalogue_age=', 'established']);
    expect(wrap('catalogue_age=established_long_ago', 24)).toEqual(['catalogue_age=', 'established_long_ago']);
    expect(wrap('a=established', 8)).toEqual(['a=establ', 'ished']);
  });
});

describe('bars', () => {
  const point = (distance: string, age: number | null, incompatibility: number | null) => ({
    distance,
    pure: true,
    change: (age ?? 1) + (incompatibility ?? 1),
    lower: 0,
    upper: 0,
    age,
    incompatibility,
    today: null,
    bounds: '',
    label: 'x',
    split: '',
  });
  const drawn = (...points: ReturnType<typeof point>[]) =>
    bars(
      {
        metric: 'm',
        what: '',
        slice: '',
        percent: false,
        points,
        bound: 'upper',
        margins: [],
        ticks: [],
        parts: { age: 'age', incompatibility: 'incompatibility' },
      },
      PLAIN,
      22,
    );

  it('are signed, with age next to 0 and the rest beyond it', () => {
    const lines = drawn(point('1', 1, 3), point('2', -1, -3), point('3', -2, 1), point('4', 0, 0));
    expect(lines.slice(0, 6)).toEqual([
      '  1       │▒▒████ x',
      '  2 ████▒▒│       x',
      '  3    ▒▒▒│██     x',
      '  4       │       x',
      '  ▒ age, █',
      '  incompatibility',
    ]);
    // What the two words mean stands beneath, wrapped to the width.
    expect(
      lines
        .slice(6)
        .map((line) => line.trim())
        .join(' '),
    ).toBe(PARTS_MEAN);
  });

  it('are whole where the parts are not known', () => {
    expect(drawn(point('1', null, null))).toEqual(['  1 │████████████ x', '  █ m']);
  });
});

describe('the waterfall in characters', () => {
  const bar = (label: string, from: number, to: number, tone: 'level' | 'loss') => ({
    label,
    text: String(to - from),
    from,
    to,
    lower: Number.NaN,
    upper: Number.NaN,
    tone,
  });
  const chart = {
    what: 'log loss',
    bars: [
      bar('gain offline', 0, 10, 'level'),
      bar('特徴の一致', 10, 4, 'loss'),
      bar('no more', 4, 4, 'loss'),
      bar('gain online', 0, 4, 'level'),
    ],
  };

  it('keeps each bar in its place at every width, beside its label or beneath it', () => {
    for (const width of [40, 60, 80, 120]) {
      const lines = waterfallLines(chart, PLAIN, width);
      for (const line of lines) expect(widthOf(line), line).toBeLessThanOrEqual(width);
      const bars = lines.filter((line) => /[█▓]/.test(line));
      const start = (line: string) => widthOf(line.slice(0, line.search(/[█▓]/)));
      const end = (line: string) => widthOf(line);
      const [offline, loss, none, online] = bars as [string, string, string, string];
      expect(end(loss)).toBe(end(offline));
      expect(start(loss)).toBe(end(online));
      expect(start(none)).toBe(end(online));
      expect(start(offline)).toBe(start(online));
    }
  });

  it('aligns figures behind labels of wide characters', () => {
    const figures = waterfallLines(chart, PLAIN).map((line) => widthOf(line.slice(0, line.search(/-?\d+ {2}/))));
    expect(new Set(figures.map((at, i) => at + (chart.bars[i]?.text.length ?? 0))).size).toBe(1);
  });
});
