/** The charts: marks stand where the figures say, and nothing leaves the picture. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CurvePoint, Distance, Finding } from '../../src/checks/check-report.js';
import { countsBar } from '../../src/report/charts/counts.js';
import { decisionChart, NARROW, WIDE } from '../../src/report/charts/decision.js';
import { signedTick } from '../../src/report/charts/figures.js';
import { forestRow, forestScale } from '../../src/report/charts/forest.js';
import { ladderRow } from '../../src/report/charts/ladder.js';
import { reliabilityDiagram } from '../../src/report/charts/reliability.js';
import { sharedDomain, spark } from '../../src/report/charts/spark.js';
import { chartOf, curvesOf } from '../../src/report/view/curves.js';
import type { Chart, WaterfallBarView } from '../../src/report/view/model.js';
import { svgWaterfall } from '../../src/report/waterfall-svg.js';
import { check, finding } from '../support/findings.js';

const TIERS = [
  {
    name: 'tier=a',
    shares: new Map([
      ['0', 0.2],
      ['1', 0.8],
    ]),
    place: 0,
  },
  { name: 'tier=b', shares: new Map([['1', 1]]), place: 1 },
];

const chart = (changes: readonly number[], findings: readonly Finding[] = [finding()], half = 0.01): Chart => {
  const at = [...changes.keys()].map((k): Distance => (k === changes.length - 1 ? 'production' : k));
  const curve = at.map(
    (distance, i): CurvePoint => ({
      metric: 'log_loss',
      slice: {},
      distance,
      change: changes[i]!,
      value: 1,
      atZero: 1,
      unit: 'relative',
      lower: changes[i]! - half,
      upper: changes[i]! + half,
      stale: changes[i]! / 4,
      incompatible: (3 * changes[i]!) / 4,
      mde: 0.01,
      rows: 1,
      positives: 1,
    }),
  );
  return chartOf(curvesOf(check(findings, { curve }))[0]!, undefined);
};

/** Numbers of coordinates in a picture, and its size. */
function extent(svg: string) {
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg)!.map(Number);
  const absolute = [...svg.matchAll(/[ML](-?[\d.]+)[ ,](-?[\d.]+)/g)].map(
    ([, x, y]) => [Number(x), Number(y)] as const,
  );
  const boxes = [
    ...svg.matchAll(/<rect[^>]* x="(-?[\d.]+)" y="(-?[\d.]+)" width="([\d.]+)" height="([\d.]+)"/g),
  ].flatMap(([, x, y, w, h]) => [
    [Number(x), Number(y)] as const,
    [Number(x) + Number(w), Number(y) + Number(h)] as const,
  ]);
  const words = [...svg.matchAll(/<text x="(-?[\d.]+)" y="(-?[\d.]+)"(?: class="([^"]*)")?>([^<]*)/g)].flatMap(
    ([, x, y, names = '', text = '']) => {
      const room = 6.2 * text.length;
      const from = names.split(' ').includes('e')
        ? Number(x) - room
        : names.split(' ').includes('m')
          ? Number(x) - room / 2
          : Number(x);
      return [[from, Number(y) - 9] as const, [from + room, Number(y) + 2] as const];
    },
  );
  return { width: width!, height: height!, points: [...absolute, ...boxes], words };
}

const inside = (svg: string) => {
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  const { width, height, points, words } = extent(svg);
  for (const [x, y] of [...points, ...words]) {
    expect(x >= -0.5 && x <= width + 0.5, `${x} of ${width} in ${svg}`).toBe(true);
    expect(y >= -0.5 && y <= height + 0.5, `${y} of ${height} in ${svg}`).toBe(true);
  }
};

describe('the decision chart', () => {
  it('stays within its picture, whatever the figures are', () => {
    const change = fc.double({ min: -30, max: 30, noNaN: true });
    const operator = fc.constantFrom('max_increase', 'max_decrease', 'max_change' as const);
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 3, maxLength: 12 }),
        operator,
        fc.double({ min: 1e-4, max: 5, noNaN: true }),
        fc.constantFrom(Number.NaN, 0, 0.01, 100),
        (changes, own, margin, half) => {
          const drawn = chart([0, ...changes], [finding({ operator: own, margin })], half);
          for (const layout of [WIDE, NARROW]) inside(decisionChart(drawn, TIERS, layout));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('marks production, the limit where it is asked, age beside incompatibility, and each tier’s shares', () => {
    const svg = decisionChart(chart([0, 0.02, 0.04, 0.03]), TIERS, WIDE);
    const of = (own: string) => [...svg.matchAll(new RegExp(`<(?:path|rect) class="${own}"`, 'g'))].length;
    expect(of('f-pass')).toBe(1);
    expect([of('zone'), of('margin'), of('faint')]).toEqual([1, 1, 1]);
    expect([of('age'), of('inc')]).toEqual([3, 3]);
    expect([of('tier0'), of('tier1')]).toEqual([3, 2]);
    expect(svg).toContain('>+3.00 %<');
    expect(svg).toContain(
      'aria-label="log_loss on all rows by version distance: change against distance 0, where it is 1; max_increase 1 %"',
    );
  });

  it('leaves a limit out that is far beyond all changes, so that these can be seen', () => {
    const svg = decisionChart(
      chart([0, 0.02, 0.03], [finding({ margin: 0.001, rule: 1 }), finding({ margin: 2 })]),
      [],
      WIDE,
    );
    expect([...svg.matchAll(/class="zone"/g)]).toHaveLength(1);
  });

  it('is none where there is no line to draw', () => {
    expect(decisionChart(chart([0, 0.02]), [], WIDE)).toBe('');
  });
});

describe('the forest', () => {
  it('has the margin and 0 on its axis, and ends where no figure matters any more', () => {
    const used = { value: 12, least: -40, most: 1e9 };
    const scale = forestScale([used, { value: Number.NaN, least: Number.NaN, most: Number.NaN }], 340);
    expect(scale.ticks).toEqual(expect.arrayContaining([0, 1, 100]));
    expect(scale.x(0)).toBeLessThan(scale.x(1));
    inside(forestRow(used, 'fail', 'a', scale));
    expect(forestRow({ value: Number.NaN, least: 0, most: Number.NaN }, 'pass', 'a', scale)).not.toMatch(/NaN|k-pass/);
  });
});

describe('small pictures', () => {
  it('stay within themselves', () => {
    const charts = [chart([0, 0.02, 0.04, 0.03]), chart([0, -0.9, 0.04, Number.NaN])];
    for (const one of charts) inside(spark(one, sharedDomain(charts)));
    const bins = [
      { share: 0.9, predicted: 0.1, actual: 0 },
      { share: 0.1, predicted: 0.9, actual: 0.95 },
    ];
    inside(reliabilityDiagram({ distance: '1', bins }, 'all rows', 1));
    inside(ladderRow({ distance: '1', of: 'x', scale: -0.2, orthogonal: 1.3, linear: null }));
  });

  it('draw a limit that is near, and of several the one that is asked at production', () => {
    const findings = [finding({ at: 0, margin: 5, rule: 1 }), finding({ margin: 0.05 })];
    const one = chart([0, 0.02, 0.04, 0.03], findings);
    const [low, high] = sharedDomain([one]);
    expect(high).toBeGreaterThan(5);
    expect(high).toBeLessThan(8);
    expect(spark(one, [low, high])).toMatch(/class="margin"/);
    const far = chart(
      [0, 0.0002, 0.0004, 0.0003],
      [finding({ margin: 5 }), finding({ rule: 1, at: 0, margin: 0.0004 })],
    );
    expect(spark(far, sharedDomain([one, far]))).not.toMatch(/class="margin"/);
  });

  it('counts fill the bar in proportion', () => {
    const widths = [...countsBar({ fail: 1, inconclusive: 0, pass: 3 }, 'a').matchAll(/<rect[^>]* width="(\d+)"/g)].map(
      ([, w]) => Number(w),
    );
    expect(widths).toEqual([248, 748]);
  });
});

it('ticks have their sign, and a narrow space before the unit', () => {
  expect([10, -0.02, 0].map((value) => signedTick(value, true))).toEqual(['+10\u202f%', '−0.02\u202f%', '0\u202f%']);
  expect(signedTick(-1500, false)).toBe('−1,500');
});

describe('the waterfall of a narrow screen', () => {
  const bar = (label: string, from: number, to: number): WaterfallBarView => ({
    ...{ label, text: String(to - from), from, to, tone: from === 0 ? 'level' : 'loss' },
    ...{ lower: Number.NaN, upper: Number.NaN },
  });
  const small = (bars: readonly WaterfallBarView[]) =>
    /<svg class="small".*?<\/svg>/.exec(svgWaterfall({ what: 'log loss', bars }))![0];
  const numbers = (own: string, names: readonly string[]) =>
    names.map((name) => Number(new RegExp(` ${name}="([^"]*)"`).exec(own)![1]));

  it('has no line through a name, and one line on to each bar that is not in the way of one', () => {
    const level = fc.integer({ min: -9, max: 9 });
    fc.assert(
      fc.property(
        fc.array(level, { minLength: 2, maxLength: 9 }),
        fc.string({ unit: 'grapheme-ascii', maxLength: 40 }),
        (ends, name) => {
          const bars = ends.map((to, i) =>
            bar(i % 2 === 0 ? `x${name.replace(/[^a-z]/g, '')}` : 'y', ends[i - 1] ?? 0, to),
          );
          const drawn = small(bars);
          const names = [...drawn.matchAll(/<text [^>]*text-anchor="start"[^>]*>([^<]*)/g)].map(([own, text]) => {
            const [x, y] = numbers(own, ['x', 'y']) as [number, number];
            // Letters of 12 px: above the line of writing, and a little below it.
            return { left: x, right: x + 6.5 * text!.length, top: y - 9, bottom: y + 2 };
          });
          expect(names).toHaveLength(bars.length);
          for (const [own] of drawn.matchAll(/<line [^>]*>/g)) {
            const [x1, x2, y1, y2] = numbers(own, ['x1', 'x2', 'y1', 'y2']) as [number, number, number, number];
            if (x1 !== x2) continue;
            for (const { left, right, top, bottom } of names)
              expect(x1 >= left && x1 <= right && y1 < bottom && y2 > top).toBe(false);
          }
        },
      ),
    );
    // From a bar at the right end to the next: past the name, which ends far to the left of it.
    const [, , joint] = [
      ...small([bar('a', 0, 9), bar('b', 9, 1)]).matchAll(/<line [^>]*stroke="var\(--soft\)"\/>|<line [^>]*>/g),
    ];
    const [y1, y2] = numbers(joint![0], ['y1', 'y2']) as [number, number];
    expect(y2 - y1).toBe(24);
  });
});
