/** Curves that the page's script draws: packed small, every one of them there, and the same picture as the program's own. */
import { inflateSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DRAWING } from '../../src/report/html/drawing.js';
import { figureOf } from '../../src/report/html/figure.js';
import type { PackedCurve } from '../../src/report/html/in-page.js';
import { type Packed, packed, packedTiers, unpacked } from '../../src/report/html/packed.js';
import { renderHtml } from '../../src/report/html.js';
import type { Chart, ChartPoint, Tier } from '../../src/report/view/model.js';
import { viewOf } from '../../src/report/view/view.js';
import { CORPUS } from '../support/hostile.js';
import { manyCells } from '../support/many-cells.js';

/** The program as a browser has it. */
const inPage: { curvesOf(packed: Packed): (PackedCurve | undefined)[] } = new Function(`${DRAWING};return drawing`)();

/** Zero, or of a size that a chart has: below it nothing is told apart. */
const size = fc.oneof(
  fc.constant(0),
  fc.double({ min: 1e-6, max: 50, noNaN: true }),
  fc.double({ min: -50, max: -1e-6, noNaN: true }),
);
const known = fc.oneof({ weight: 5, arbitrary: size }, { weight: 1, arbitrary: fc.constant(null) });
const name = fc.oneof(fc.string(), fc.constantFrom(...CORPUS));

const chart: fc.Arbitrary<Chart> = fc
  .record({
    metric: name,
    slice: name,
    what: name,
    percent: fc.boolean(),
    mark: fc.constantFrom('fail', 'inconclusive', 'pass', undefined),
    today: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
    margins: fc.array(
      fc.record(
        { allowed: name, line: name, upper: size, lower: size, at: fc.subarray(['0', '1', '2', 'production']) },
        { requiredKeys: ['allowed', 'line', 'at'] },
      ),
      { maxLength: 2 },
    ),
    last: fc.integer({ min: 1, max: 6 }),
    production: fc.boolean(),
  })
  .chain(({ last, production, mark, today, ...own }) => {
    const distances = [...Array.from({ length: last + 1 }, (_, d) => String(d)), ...(production ? ['production'] : [])];
    const points = distances.map(
      (distance): fc.Arbitrary<ChartPoint> =>
        fc.record({
          distance: fc.constant(distance),
          pure: fc.constant(distance !== 'production'),
          change: size,
          lower: known.map((value) => value ?? Number.NaN),
          upper: known.map((value) => value ?? Number.NaN),
          age: known,
          incompatibility: known,
          today: today === undefined ? fc.constant(null) : known,
          label: name,
          bounds: fc.constant(''),
          split: fc.constant(''),
        }),
    );
    return fc.tuple(...points).map((all) => ({
      ...own,
      ...(mark === undefined ? {} : { mark }),
      ...(today === undefined ? {} : { today }),
      points: all,
      bound: 'upper' as const,
      ticks: [],
      parts: { age: 'age', incompatibility: 'incompatibility' },
    }));
  });

const TIERS: readonly Tier[] = [
  { name: 'tier=large', shares: new Map([['1', 0.25]]) },
  { name: '<b>', shares: new Map([['0', 1]]) },
];

/** All figures of a chart, and all its words that are drawn. */
function contentOf({ points, margins, ...chart }: Chart) {
  const figures = [
    ...points.flatMap(({ change, lower, upper, age, incompatibility, today }) => [
      ...[change, lower, upper],
      ...[age, incompatibility, today],
    ]),
    ...margins.flatMap(({ upper, lower }) => [upper, lower]),
  ];
  const { metric, slice, mark, percent, what, today } = chart;
  return {
    figures: figures.map((figure) => figure ?? Number.NaN),
    words: [
      [metric, slice, mark, percent, what, today],
      points.map(({ distance, pure, label }) => [distance, pure, pure ? '' : label]),
      margins.map(({ allowed, line, at }) => [allowed, line, at]),
    ],
  };
}

describe('a curve that the page’s script draws', () => {
  it('has the words of the chart, and its figures within a two-thousandth of the largest change', () => {
    fc.assert(
      fc.property(chart, (one) => {
        const [own, held] = [contentOf(one), contentOf(unpacked(packed(one)))];
        expect(held.words).toEqual(own.words);
        const largest = Math.max(...one.points.map(({ change }) => Math.abs(change)));
        for (const [i, figure] of own.figures.entries())
          if (Number.isNaN(figure)) expect(held.figures[i]).toBeNaN();
          else expect(Math.abs(held.figures[i]! - figure)).toBeLessThanOrEqual((largest || 1) / 1000);
      }),
    );
  });

  it('is drawn as the program draws it', () => {
    fc.assert(
      fc.property(chart, (one) => {
        const [curve] = inPage.curvesOf({ charts: [packed(one)], tiers: packedTiers(TIERS) });
        expect([curve!.metric, curve!.slice]).toEqual([one.metric, one.slice]);
        expect(curve!.figure()).toBe(figureOf(unpacked(packed(one)), TIERS));
      }),
    );
  });

  it('is a short line of bytes', () => {
    const [one] = viewOf(manyCells(1)).curves;
    expect(JSON.stringify(packed(one!)).length).toBeLessThan(400);
  });
});

describe('a page without room for all curves', () => {
  const view = viewOf(manyCells(130));
  const html = renderHtml(view);
  const [, text] = /<template id="curves">([^<]*)<\/template>/.exec(html)!;
  const held: Packed = JSON.parse(inflateSync(Buffer.from(text!, 'base64')).toString('utf8'));

  it('holds every one of them, drawn or to be drawn, in the order of their urgency', () => {
    const body = html.replace(/<script>[\s\S]*<\/script>/, '');
    const standing = [...body.matchAll(/<figure data-m="([^"]*)" data-s="([^"]*)"/g)].map(([, m, s]) => [m, s]);
    expect(standing.length).toBeGreaterThan(2);
    const all = inPage.curvesOf(held).map((curve) => (curve ? [curve.metric, curve.slice] : standing.shift()));
    expect(standing).toEqual([]);
    expect(all).toEqual(view.curves.map(({ metric, slice }) => [metric, slice]));
    expect(all.length).toBe(1300);
  });

  it('says how many there are without a script, and stays below a megabyte', () => {
    const drawn = held.charts.filter((one) => one === 0).length;
    expect(html).toContain(`here are the ${drawn} curves of the most urgent cells and of all rows; `);
    expect(html).toContain(`${(1300 - drawn).toLocaleString('en-US')} more, of cells that are less urgent`);
    expect(Buffer.byteLength(html)).toBeLessThan(1_000_000);
  });

  it('has the program that draws, which a page with room for all does without', () => {
    expect(html).toContain(DRAWING);
    expect(renderHtml(viewOf(manyCells(3)))).not.toContain(DRAWING);
  });
});
