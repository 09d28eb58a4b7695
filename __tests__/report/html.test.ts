/** report.html: the decision in pictures on one page, which loads nothing and runs the one script that it names. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { CheckId } from '../../src/documents/policy/policy.js';
import { renderHtml } from '../../src/report/html.js';
import { breakable } from '../../src/report/html-text.js';
import { viewOf } from '../../src/report/view/view.js';
import type { HypothesisVerdict } from '../../src/verdict/diagnosis/diagnosis.js';
import { FULL } from '../support/full-report.js';
import { CORPUS } from '../support/hostile.js';
import { manyCells } from '../support/many-cells.js';
import { goodReport, largeReport, lostGap, withFindings } from '../support/reports.js';
import { sweepOf } from '../support/sweep-report.js';

const page = (report: Parameters<typeof viewOf>[0]) => renderHtml(viewOf(report));
const count = (html: string, pattern: RegExp) => [...html.matchAll(pattern)].length;
/** The texts of elements, without their marks. */
const texts = (html: string, pattern: RegExp) =>
  [...html.matchAll(pattern)].map(([, text]) => text!.replace(/<[^>]+>/g, ''));
const digest = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

describe('report.html', () => {
  it('allows its own style and its own script alone', async () => {
    for (const html of [page(await goodReport()), page(lostGap), page(manyCells(3))]) {
      const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)!;
      const [script, ...scripts] = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)];
      const [style, ...styles] = [...html.matchAll(/<style>([\s\S]*?)<\/style>/g)];
      expect([scripts, styles]).toEqual([[], []]);
      expect(policy).toBe(
        `default-src 'none'; script-src ${digest(script![1]!)}; style-src ${digest(style![1]!)}; base-uri 'none'; form-action 'none'`,
      );
      // A style or a handler of an element would be refused, and anything that is loaded too.
      expect(html).not.toMatch(/ style=| on[a-z]+=|<link|<img|src=|url\(|@import|https?:/);
    }
  });

  it('has a script that a browser can read', async () => {
    const [, script] = /<script>([\s\S]*?)<\/script>/.exec(page(await goodReport()))!;
    expect(() => new Function(script!)).not.toThrow();
  });

  it('says the verdict, what to do first, how many cells there are, and then shows why', () => {
    const report = { ...manyCells(3), headline: 'v3 is not ready: so.' };
    const failing = viewOf(report).cells.filter(({ mark }) => mark === 'fail').length;
    const html = page(report);
    const order = [
      '<span class="badge not_ready">✗ Not ready</span>',
      '<p class="headline">v3 is not ready: so.</p>',
      '<strong>Do first (serving change):</strong> age.',
      `✗ ${failing} fail`,
      'the worst cell of each rule, in margins',
      'What distance costs, and where production is',
      'slice by slice, most urgent first',
      'All cells: how much of its margin each uses',
      'All cells by rule',
      'What it rests on',
    ];
    const at = order.map((text) => html.indexOf(text));
    expect(at).not.toContain(-1);
    expect(at).toEqual([...at].sort((a, b) => a - b));
  });

  it('has every section of the view but those that pictures stand for, once', () => {
    const html = page(FULL);
    const drawn = ['options', 'curve', 'failed', 'inconclusive', 'passed'];
    const titles = viewOf(FULL).sections.filter(({ kind }) => !drawn.includes(kind));
    expect(titles.length).toBeGreaterThan(6);
    for (const { title } of titles) {
      const heads = ['h2', 'summary'].flatMap((name) => html.split(`<${name}>${title}</${name}>`).slice(1));
      expect([title, heads.length]).toEqual([title, 1]);
    }
  });

  it('has every cell once in its table and once in the map, which leads to it', async () => {
    const html = page(await largeReport(50, 150));
    const ids = texts(html, /<tr id=(c\d+) class=(?:fail|pass)>/g);
    expect(new Set(ids).size).toBe(200);
    expect(count(html, /<tr id=c\d+ class=fail>/g)).toBe(50);
    expect(new Set(texts(html, /<td class=[fip]><a href=#(c\d+)>/g))).toEqual(new Set(ids));
  });

  it('shows of a cell its figures, its reason and the line of the policy', () => {
    const html = page(manyCells(1));
    const [, summary] = /<summary data-rule="([^"]+)">/.exec(html)!;
    expect(summary).toMatch(/^\S+ max_increase 1\u202f% \(gate\.yml:9\)$/);
    const [row] = texts(html, /(<tr id=c\d+ class=inconclusive>.*)/g);
    expect(row).toMatch(
      /^country=a country, 0, band=0.*\? inconclusive.*\[.*\].*underpowered: .*about 12,000 rows of this slice/,
    );
  });

  it('leaves no string from outside that a browser could act on', async () => {
    const report = await goodReport();
    for (const hostile of [
      ...CORPUS,
      `"'\`&<style>@import</style><svg onload=x>`,
      '</style><script>alert(1)</script>',
    ]) {
      const html = page({
        ...withFindings(
          report,
          sweepOf(report).findings.map((f) => ({ ...f, slice: { [hostile]: hostile } })),
          sweepOf(report).curve.map((p) => ({ ...p, slice: { [hostile]: hostile } })),
        ),
        headline: hostile,
        notices: [hostile],
        release: { ...report.release, name: hostile, live: hostile, difference: hostile },
        policy: { ...report.policy, name: hostile, path: hostile, difference: `${hostile}\n${hostile}` },
      });
      expect(count(html, /<script/g), hostile).toBe(1);
      expect(count(html, /<style/g), hostile).toBe(1);
      expect(html.replace(/<script>[\s\S]*<\/script>/, ''), hostile).not.toMatch(
        /<img|<svg onload|&'|"'|[\u202e\u001b]/,
      );
    }
  });

  it('keeps titles of columns from ending its style', () => {
    const sweep = sweepOf(FULL);
    const live = 'v3"} body { display: none } </style>';
    const html = page({ ...FULL, release: { ...FULL.release, live }, checks: [sweep] });
    const [, style] = /<style>([\s\S]*?)<\/style>/.exec(html)!;
    expect(style).toContain('content: "v3\\22 \\7d  body \\7b');
    expect(style).not.toContain('display: none }');
  });

  it('of 2,600 cells is below a megabyte, with what takes room folded up', () => {
    const html = page(manyCells(130));
    expect(viewOf(manyCells(130)).cells).toHaveLength(2600);
    expect(Buffer.byteLength(html)).toBeLessThan(1_000_000);
    const open = html.replace(/<details[\s\S]*?<\/details>/g, '');
    expect(count(open, /<tr/g)).toBeLessThan(60);
    expect(count(open, /<svg/g)).toBeLessThan(60);
    expect(html).toMatch(
      /Without a script, here are the \d+ curves of the most urgent cells and of all rows; \d,\d{3} more, .*report\.json/,
    );
  });

  it('has the small multiples of every metric, those of the first shown and the others for its script', () => {
    const view = viewOf(manyCells(30));
    const html = renderHtml(view);
    const sections = [...html.matchAll(/<section data-m="([^"]*)"( hidden)?>([\s\S]*?)<\/section>/g)];
    const metrics = [...new Set(view.curves.map(({ metric }) => metric))];
    expect(metrics.length).toBeGreaterThan(1);
    expect(sections.map(([, metric, hidden]) => [metric, hidden !== undefined])).toEqual(
      metrics.map((metric, i) => [metric, i > 0]),
    );
    for (const [, metric, , part] of sections) {
      expect(part).toContain(`<h3>${metric} slice by slice`);
      const labels = texts(part!, /aria-label="(\S+) on /g);
      expect(new Set(labels)).toEqual(new Set([metric]));
    }
  });

  it('has the small multiples of one metric by slice, the worst first, and the others folded in that order', () => {
    const view = viewOf(manyCells(30));
    const html = renderHtml(view);
    const [first] = view.curves;
    const [, part] = /<div class="multiples">([\s\S]*?)<\/section>/.exec(html)!;
    const captions = texts(part!, /<figcaption>(.*?)<\/figcaption>/g);
    const drawn = captions.map((text) => /^[✗?✓] (.*) [+−]?[\d.]+\u202f%$/.exec(text)![1]!);
    expect(drawn.length).toBeGreaterThan(20);
    // By the cells themselves: their verdicts, then how far they are beyond their margins.
    const rank = { fail: 0, inconclusive: 1, pass: 2 };
    const severity = (slice: string) => {
      const own = view.cells.filter((cell) => cell.metric === first!.metric && cell.slice === slice);
      const keys = own.map(({ mark, used }) => [
        rank[mark],
        -{ fail: used.value, inconclusive: used.least, pass: used.most }[mark],
      ]);
      return keys.sort(([a, x], [b, y]) => a! - b! || x! - y!)[0]!;
    };
    const ranks = drawn.map(severity);
    expect(ranks).toEqual(ranks.toSorted(([a, x], [b, y]) => a! - b! || x! - y!));
    expect(new Set(ranks.map(([mark]) => mark)).size).toBeGreaterThan(1);
    expect(part!.indexOf('<details>')).toBeGreaterThan(part!.indexOf(drawn[0]!.split('=')[0]!));
  });

  it('breaks a name that is too long for its caption after a joint of it, and no other', () => {
    expect(breakable('catalogue_age=established')).toBe('catalogue_<wbr>age=<wbr>established');
    expect(breakable('country=a country, band=12')).toBe('country=a country, band=12');
    expect(breakable('<b>=a_rather_long_one')).toBe('&#60;b&#62;=<wbr>a_<wbr>rather_<wbr>long_<wbr>one');
  });

  it('has for a reader names of tables, headings of rows and columns, and one landmark', async () => {
    for (const html of [page(await goodReport()), page(FULL)]) {
      expect(count(html, /<main>/g)).toBe(1);
      expect(count(html, /<table/g)).toBe(count(html, /<caption/g));
      expect(html).not.toMatch(/<th(?=[ >])(?! scope)/);
      expect(html).not.toMatch(/<svg(?![^>]*(?:aria-label="[^"]+"|aria-hidden))/);
      expect(html).not.toMatch(/class="scroll"(?! role="region" tabindex="0" aria-label="[^"]+")/);
      for (const [heading] of html.matchAll(/<h\d>\s*<\/h\d>/g)) expect(heading).toBe('');
    }
  });

  it('names no two regions alike', () => {
    for (const html of [page(FULL), page(manyCells(30))]) {
      const names = [...html.matchAll(/role="region" tabindex="0" aria-label="([^"]+)"/g)].map(([, name]) => name);
      expect(names.length).toBeGreaterThan(8);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it('folds hypotheses one by one: what is found stands first and open, then what is open, then the rest', () => {
    const [hypothesis] = lostGap.diagnosis!.hypotheses;
    const of = (id: CheckId, verdict: HypothesisVerdict, layer: 1 | 2 | 3) => ({ ...hypothesis!, id, verdict, layer });
    const hypotheses = [
      of('label-leakage', 'ruled_out', 1),
      of('feature-parity', 'contributing', 2),
      of('version-skew', 'sufficient', 2),
      of('recall-saturation', 'inconclusive', 3),
      of('auction-filtering', 'not_tested', 3),
    ];
    const html = page({ ...lostGap, diagnosis: { ...lostGap.diagnosis!, hypotheses, notAsked: ['metric-mismatch'] } });
    expect(
      [...html.matchAll(/<details class="(\w+)"( open)?><summary><span class="id">([\w-]+)</g)].map((m) => m.slice(1)),
    ).toEqual([
      ['sufficient', ' open', 'version-skew'],
      ['contributing', ' open', 'feature-parity'],
      ['inconclusive', undefined, 'recall-saturation'],
      ['not_tested', undefined, 'auction-filtering'],
      ['ruled_out', undefined, 'label-leakage'],
      ['not_asked', undefined, 'metric-mismatch'],
    ]);
    expect(html).toContain('<dt>owner</dt><dd>the owner of the features</dd>');
  });

  it('tells rules of the map by their names, and their distances beneath', () => {
    const html = page(manyCells(3));
    const [, head] = /<table class="lists map[\s\S]*?<thead>([\s\S]*?)<\/thead>/.exec(html)!;
    expect(count(head!, /<th scope="colgroup" colspan="2">/g)).toBe(10);
    expect(texts(head!, /<th scope="col">([^<]*)/g).slice(0, 4)).toEqual(['prod.', '1', 'prod.', '1']);
  });

  it('draws nothing of what there is not', () => {
    const html = page(lostGap);
    expect(html).not.toMatch(/margins|What distance costs|All cells|id="stage"/);
    expect(html).toContain('v42 loses all of its gain online');
  });
});
