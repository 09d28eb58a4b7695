/** report.html: everything on one page, which runs nothing and loads nothing. */
import { describe, expect, it } from 'vitest';
import { renderHtml } from '../../src/report/html.js';
import { svgChart } from '../../src/report/svg.js';
import { sectionsOf, viewOf } from '../../src/report/view/view.js';
import { goodReport, largeReport, withFindings } from '../support/reports.js';
import { sweepOf } from '../support/sweep-report.js';

describe('report.html', () => {
  it('has every section of the view under its title, and every cell', async () => {
    const view = viewOf(await largeReport(50, 150));
    const html = renderHtml(view);
    for (const { title } of view.sections) expect(html).toContain(`<h2>${title}</h2>`);
    expect(html.match(/<tr class="fail"><td class="verdict">fail<\/td>/g)).toHaveLength(50);
    expect(html.match(/<tr class="pass"><td class="verdict">pass<\/td>/g)).toHaveLength(150);
  });

  it('leaves no string from outside that a browser could act on', async () => {
    const report = await goodReport();
    const hostile = '<img src=x onerror=alert(1)>"\'`&';
    const view = viewOf({
      ...withFindings(
        report,
        sweepOf(report).findings.map((f) => ({ ...f, slice: { [hostile]: hostile } })),
      ),
      headline: hostile,
      notices: [hostile],
      release: { ...report.release, name: hostile, live: hostile, difference: hostile },
      policy: { ...report.policy, name: hostile, path: hostile, difference: `${hostile}\n${hostile}` },
    });
    const html = renderHtml(view);
    expect(html).toContain('&#60;img src=x');
    expect(html).not.toMatch(/<img|<script|&'|"'/);
  });

  it('draws the change with its bounds, and axes by the least and the most', async () => {
    const [section] = sectionsOf(viewOf(await goodReport()), ['curve']);
    const [block] = section!.blocks;
    if (block?.kind !== 'chart') throw new Error('no chart');
    const svg = svgChart(block.chart);
    expect(svg.match(/stroke-width="6"/g)).toHaveLength(block.chart.points.filter(({ pure }) => pure).length);
    for (const { label } of block.chart.ticks) expect(svg).toContain(`text-anchor="end">${label}</text>`);
    expect(svg).not.toMatch(/NaN|Infinity/);
    expect(svgChart({ ...block.chart, points: block.chart.points.slice(0, 1) })).toBe('');
  });
});
