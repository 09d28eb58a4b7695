/** history.html: one page that loads nothing, with a picture of every figure that there is, and nothing of what there is not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SweepReport } from '../../../src/checks/check-report.js';
import { causesChart } from '../../../src/report/charts/causes.js';
import { type TimePoint, timeChart } from '../../../src/report/charts/over-time.js';
import { widthOf } from '../../../src/report/columns.js';
import type { Timeline } from '../../../src/report/history/model.js';
import { renderHistoryPage } from '../../../src/report/history/page.js';
import { renderHistoryMarkdown, renderHistoryText } from '../../../src/report/history/text.js';
import { historyOf } from '../../../src/report/history/timelines.js';
import { viewOf } from '../../../src/report/view/view.js';
import type { Report } from '../../../src/verdict/report-object.js';
import { FULL } from '../../support/full-report.js';
import { CORPUS, constructs } from '../../support/hostile.js';
import { pastReport } from '../../support/past-reports.js';
import { lostGap } from '../../support/reports.js';

const of = (...reports: readonly Report[]) =>
  historyOf({ reports: reports.map((report, i) => ({ path: `${i}/report.json`, report })), left: [] });
const page = (...reports: readonly Report[]) => renderHistoryPage(of(...reports));
const count = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].length;

describe('history.html', () => {
  it('allows its own style alone, and no script', () => {
    const html = page(pastReport('v1', 1, 0.004));
    expect(html).toMatch(
      /content="default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'"/,
    );
    expect(html).not.toMatch(/<script| style=| on[a-z]+=|<link|<img|src=|url\(|@import|https?:/);
  });

  it('shows of the last run verdict and headline, and every figure over time', () => {
    const html = page(pastReport('v1', 1, 0.004), pastReport('v2', 2, 0.02, { finding: { verdict: 'fail' } }));
    expect(html).toContain('<span class="badge not_ready">✗ Not ready</span> v2, 2026-01-02: v2 is not_ready');
    const captions = [...html.matchAll(/<figcaption><strong>([^<]+)</g)].map(([, name]) => name);
    expect(captions).toEqual([
      'Margin used by the worst cell, on a logarithmic scale',
      'Coverage',
      'log_loss',
      'log_loss',
    ]);
    expect(count(html, /class="f-fail"/g)).toBe(2); // the margin used, and the change in production
    expect(count(html, /class="margin"/g)).toBe(5); // one a run in both of them, and one in the legend
  });

  it('says of every run that is ready only by a waiver who answers for what, and until when', () => {
    const waiver = {
      ...{ rule: 'log_loss max_increase', slice: { tier: 'large' }, until: '2026-03-31', owner: 'ads <b>' },
      ...{ reason: 'the cluster is late', findings: 1, place: { file: 'gates/a.yml', line: 30, column: 3 } },
    };
    const waived = (state: 'used' | 'expired' | 'not_needed') => ({ report: { waivers: [{ ...waiver, state }] } });
    const reports = [
      pastReport('v1', 1, 0.004, waived('used')),
      pastReport('v2', 2, 0.004, waived('not_needed')),
      pastReport('v3', 3, 0.02, { ...waived('expired'), finding: { verdict: 'fail' } }),
      pastReport('v4', 4, 0.004, waived('used')),
    ];
    const html = page(...reports);
    expect(html).toContain('<span class="badge ready">✓ Ready with 1 waiver</span> v4, 2026-01-04');
    const [, list] = /<h3>Ready only by a waiver: 2 of 4 runs<\/h3>\n<ul>(.*?)<\/ul>/.exec(html)!;
    const told =
      'log_loss max_increase on tier=large (1 cell) by ads &#60;b&#62;, until 2026-03-31: the cluster is late';
    expect(list).toBe(
      `<li><strong>v4, 2026-01-04</strong>: ${told}</li><li><strong>v1, 2026-01-01</strong>: ${told}</li>`,
    );
    expect(count(html, />v[14]\*<\/text>/g)).toBe(2);
    expect(html).toContain('* ready only by a waiver, whose cells are left out here');
    expect(count(html, /class="f-inconclusive"/g)).toBe(2);
    const text = renderHistoryText(of(...reports), undefined, 200);
    expect(text).toMatch(/v4 +Ready with 1 waiver .*\n.*by: .*\n +waived: log_loss max_increase on tier=large/);
    expect(text).toMatch(/v3 +Not ready .*\n.*by: .*\n +waived: .* expired, was until 2026-03-31: the cluster/);
    expect(count(text, /waived:/g)).toBe(3);
    expect(renderHistoryMarkdown(of(...reports))).toContain('**v4, 2026-01-04: Ready with 1 waiver.**');
    const none = page(pastReport('v1', 1, 0.004));
    expect(none).not.toMatch(/waive/i);
  });

  it('shows a gap with its causes, and nothing of what a run has not', () => {
    const [one] = lostGap.diagnosis!.hypotheses;
    const hypotheses = [{ ...one!, contribution: 0.02, verdict: 'sufficient' as const }];
    const html = page({ ...lostGap, diagnosis: { ...lostGap.diagnosis!, hypotheses } });
    expect(html).toContain('The gap by cause');
    expect(html).toContain('</svg>feature-parity</li>');
    expect(html).not.toMatch(/How sensitive|Coverage|Margin used/);
  });

  it('leads to each of several releases by its name', () => {
    const other = { ...pastReport('v1', 9, 0.004), release: { ...FULL.release, name: 'other' } };
    const html = page(pastReport('v1', 1, 0.004), other);
    for (const [, id] of html.matchAll(/<a href="#(r\d)">/g)) expect(html).toContain(`<h2 id="${id}">`);
    expect(count(html, /<a href="#r\d">/g)).toBe(2);
  });

  it('leaves no string from outside that a browser could act on', () => {
    for (const name of [...CORPUS, '</style><script>alert(1)</script>', `"'><svg onload=x>`]) {
      const report = pastReport(name, 1, 0.004, { finding: { metric: name } });
      const html = renderHistoryPage({
        ...of({ ...report, headline: name, release: { ...report.release, name } }),
        left: [{ path: name, why: name }],
      });
      expect(html, name).not.toMatch(/<script|<img|<svg onload|&'|"'|[\u202e\u001b]/);
      expect(count(html, /<style/g), name).toBe(1);
    }
  });
});

it('Markdown of a history lets no name take effect', () => {
  const written = (name: string) => {
    const report = pastReport(name, 1, 0.004);
    return renderHistoryMarkdown({
      ...of({ ...report, headline: name, release: { ...report.release, name, live: name } }),
      left: [{ path: name, why: name }],
    });
  };
  const plain = constructs(written('plain'));
  for (const name of CORPUS) expect(constructs(written(name)), name).toEqual(plain);
});

it('text of a history is no wider than the terminal', () => {
  const reports = [pastReport('版本一', 1, 0.004), pastReport('v2', 2, 0.02), lostGap];
  for (const columns of [60, 80, 120])
    for (const line of renderHistoryText(of(...reports), undefined, columns).split('\n'))
      expect(widthOf(line), line).toBeLessThanOrEqual(columns);
});

describe('pictures over time', () => {
  const inside = (svg: string) => {
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    for (const [, x, y] of svg.matchAll(/[ML](-?[\d.]+)[ ,](-?[\d.]+)/g)) {
      expect(Number(x) >= -0.5 && Number(x) <= 352.5, svg).toBe(true);
      expect(Number(y) >= -0.5 && Number(y) <= 172.5, svg).toBe(true);
    }
  };
  const figure = fc.oneof(fc.double({ min: -50, max: 50, noNaN: true }), fc.constant(Number.NaN));
  const point = fc.record({ value: figure, lower: figure, upper: figure });

  it('stay within themselves, whatever the figures are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(point, { nil: undefined }), { minLength: 1, maxLength: 30 }),
        fc.double({ min: -60, max: 60, noNaN: true }),
        fc.boolean(),
        (points: readonly (TimePoint | undefined)[], limit, compressed) => {
          const drawn = timeChart({
            label: 'a',
            runs: points.map((_, i) => `v${i}`),
            series: [
              { kind: 'main', points },
              { kind: 'other', points: points.toReversed() },
            ],
            limits: points.map(() => ({ most: limit, least: -limit })),
            base: 0,
            compressed,
            tick: String,
          });
          if (points.every((one) => !Number.isFinite(one?.value))) expect(drawn).toBe('');
          else inside(drawn);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('stack the parts of a gap so that they add up, those that hide a part below 0', () => {
    const drawn = causesChart({
      label: 'a',
      runs: ['v1', 'v2'],
      parts: [
        [3, 1, -1],
        [2, 0, 0],
      ],
      tick: String,
    });
    inside(drawn);
    const bars = [
      ...drawn.matchAll(/<rect class="tier(\d)" x="([\d.]+)" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"/g),
    ].map(([, tier, , y, height]) => [Number(tier), Number(y), Number(height)]);
    expect(bars.map(([tier]) => tier)).toEqual([0, 1, 2, 0]);
    const [first, second, below] = bars as [number[], number[], number[]];
    expect(second[1]! + second[2]!).toBeCloseTo(first[1]!, 0);
    expect(below[1]!).toBeCloseTo(first[1]! + first[2]!, 0);
    expect(first[2]! / second[2]!).toBeCloseTo(3, 0);
  });
});

describe('the figures of a run', () => {
  it('say of the margin used what the report says, with what its bound uses', () => {
    const run = pastReport('v1', 1, 0.004);
    const [cell] = viewOf(run).cells;
    expect(cell!.usedInWords).toMatch(/^\d+\u202f% \(≤ \d+\u202f%\)$/);
    for (const text of [renderHistoryText(of(run), undefined, 200), page(run)])
      expect(text).toContain(cell!.usedInWords);
  });

  it('have no level of a metric that is itself a change: it stands once, in per cent', () => {
    const run = pastReport('v1', 1, 0.004);
    const [sweep] = run.checks as SweepReport[];
    const shift = sweep!.curve.map((point) => ({ ...point, metric: 'calibration_shift', unit: 'absolute' as const }));
    const [{ runs }] = of({ ...run, checks: [{ ...sweep!, curve: [...sweep!.curve, ...shift] }] }).timelines as [
      Timeline,
    ];
    expect(runs[0]!.levels.map(({ metric }) => metric)).toEqual(['log_loss']);
    // e^0.004 - 1 of a shift of 0.004.
    expect(runs[0]!.changes.find(({ metric, at }) => metric === 'calibration_shift' && at === 'production')?.text).toBe(
      '+0.40\u202f%',
    );
  });
});
