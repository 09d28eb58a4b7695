import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataError } from '../../../src/errors.js';
import { kitagawa, type Segment } from '../../../src/estimation/statistics/kitagawa.js';
import { expectNear } from '../../fixtures/metrics.js';

/** Numerators and denominators by segment. */
type Arm = [number[], number[]];
/** Mix and rate terms by segment. */
type Terms = [number[], number[]];

const { kitagawa: fixture } = JSON.parse(
  readFileSync(new URL('../../fixtures/outcomes.json', import.meta.url), 'utf8'),
) as {
  kitagawa: Readonly<
    Record<string, { control: Arm; treatment: Arm; difference: number; symmetric: Terms; reference: Terms }>
  >;
};

function segmentsOf(control: Arm, treatment: Arm): Segment[] {
  return control[0].map((_, s) => ({
    name: `segment ${s}`,
    control: { numerator: control[0][s]!, denominator: control[1][s]! },
    treatment: { numerator: treatment[0][s]!, denominator: treatment[1][s]! },
  }));
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const ratio = fc.oneof(
  { weight: 4, arbitrary: fc.record({ numerator: fc.nat(1000), denominator: fc.integer({ min: 1, max: 200 }) }) },
  { weight: 1, arbitrary: fc.constant({ numerator: 0, denominator: 0 }) },
);
/** Some segments are absent in one arm, or in both; one is in both. */
const segments = fc
  .array(fc.tuple(ratio, ratio), { maxLength: 8 })
  .map((pairs): Segment[] => [
    { name: 'common', control: { numerator: 30, denominator: 10 }, treatment: { numerator: 20, denominator: 15 } },
    ...pairs.map(([control, treatment], s) => ({ name: `segment ${s}`, control, treatment })),
  ]);

describe('Kitagawa’s decomposition', () => {
  test.each(Object.entries(fixture))('%s: agrees with numpy', (_, { control, treatment, ...expected }) => {
    for (const [weighting, terms] of [
      ['symmetric', expected.symmetric],
      ['control', expected.reference],
    ] as const) {
      const found = kitagawa(segmentsOf(control, treatment), weighting);
      expectNear(found.difference, expected.difference, 'difference', 1e-12);
      expectNear(found.mix, sum(terms[0]), 'mix', 1e-12);
      expectNear(found.rate, sum(terms[1]), 'rate', 1e-12);
      for (const [s, segment] of found.segments.entries()) {
        expectNear(segment.mix, terms[0][s]!, `mix of ${segment.name}`, 1e-12);
        expectNear(segment.rate, terms[1][s]!, `rate of ${segment.name}`, 1e-12);
      }
    }
  });

  test('by hand: ratios stay at 2 and 4, and half of the small ones move to the large', () => {
    const found = kitagawa([
      { name: 'a', control: { numerator: 20, denominator: 10 }, treatment: { numerator: 10, denominator: 5 } },
      { name: 'b', control: { numerator: 40, denominator: 10 }, treatment: { numerator: 60, denominator: 15 } },
    ]);
    // 60/20 = 3 and 70/20 = 3.5; shares go from 1/2 to 1/4 and 3/4.
    expect(found).toMatchObject({ control: 3, treatment: 3.5, difference: 0.5, mix: 0.5, rate: 0 });
    expect(found.segments).toEqual([
      { name: 'a', mix: -0.5, rate: 0 },
      { name: 'b', mix: 1, rate: 0 },
    ]);
  });

  test.each(['symmetric', 'control'] as const)(
    '%s: mix and rate add up to the difference, and their terms to them',
    (w) => {
      fc.assert(
        fc.property(segments, (segments) => {
          const found = kitagawa(segments, w);
          const of = (arm: 'control' | 'treatment') =>
            sum(segments.map((s) => s[arm].numerator)) / sum(segments.map((s) => s[arm].denominator));
          expectNear(found.difference, of('treatment') - of('control'), 'difference', 1e-12);
          expectNear(found.mix + found.rate, found.difference, 'sum', 1e-11);
          expect(sum(found.segments.map(({ mix }) => mix))).toBe(found.mix);
          expect(sum(found.segments.map(({ rate }) => rate))).toBe(found.rate);
        }),
      );
    },
  );

  test('is all mix where the ratios are equal in both arms, and all rate where the shares are', () => {
    fc.assert(
      fc.property(segments, fc.integer({ min: 1, max: 9 }), (segments, k) => {
        const kept = segments.map(({ name, control: { numerator, denominator } }, s) => ({
          name,
          control: { numerator, denominator },
          treatment: { numerator: numerator * (s + 1), denominator: denominator * (s + 1) },
        }));
        const scaled = segments.map(({ name, control, treatment }) => ({
          name,
          control,
          treatment: {
            numerator: control.denominator > 0 ? treatment.numerator : 0,
            denominator: k * control.denominator,
          },
        }));
        for (const weighting of ['symmetric', 'control'] as const) {
          expectNear(kitagawa(kept, weighting).rate, 0, 'rate', 1e-12);
          expectNear(kitagawa(scaled, weighting).mix, 0, 'mix', 1e-11);
        }
      }),
    );
  });

  test('changes sign when the arms change places, if symmetric', () => {
    fc.assert(
      fc.property(segments, (segments) => {
        const there = kitagawa(segments);
        const back = kitagawa(
          segments.map(({ name, control, treatment }) => ({ name, control: treatment, treatment: control })),
        );
        expectNear(back.mix, -there.mix, 'mix', 1e-12);
        expectNear(back.rate, -there.rate, 'rate', 1e-12);
      }),
    );
  });

  test.each(['symmetric', 'control'] as const)('%s: counts a segment of one arm as mix, and says so', (weighting) => {
    const both = { numerator: 10, denominator: 5 };
    const none = { numerator: 0, denominator: 0 };
    const { segments } = kitagawa(
      [
        { name: 'both', control: both, treatment: both },
        { name: 'gone', control: { numerator: 45, denominator: 5 }, treatment: none },
        { name: 'new', control: none, treatment: { numerator: 35, denominator: 5 } },
        { name: 'nowhere', control: none, treatment: none },
      ],
      weighting,
    );
    expect(segments).toEqual([
      { name: 'both', mix: 0, rate: 0 },
      { name: 'gone', mix: -4.5, rate: 0, onlyIn: 'control' },
      { name: 'new', mix: 3.5, rate: 0, onlyIn: 'treatment' },
      { name: 'nowhere', mix: 0, rate: 0 },
    ]);
  });

  const fine = { numerator: 3, denominator: 2 };
  test.each<[string, Segment[], RegExp]>([
    [
      'a numerator over no denominator, as of spend without conversions',
      [
        { name: 'search', control: fine, treatment: fine },
        { name: 'feed', control: fine, treatment: { numerator: 9, denominator: 0 } },
      ],
      /9 over 0 in treatment of segment "feed"; expected .* Merge the segment with another\./,
    ],
    [
      'an arm without any denominator',
      [{ name: 'feed', control: { numerator: 0, denominator: 0 }, treatment: fine }],
      /denominators of control that sum to 0/,
    ],
    ['no segments', [], /denominators of control that sum to 0/],
    [
      'a number below 0',
      [{ name: 'feed', control: { numerator: 1, denominator: -2 }, treatment: fine }],
      /-2 in control of segment "feed"; expected a finite number, 0 or above/,
    ],
    [
      'NaN',
      [{ name: 'feed', control: fine, treatment: { numerator: Number.NaN, denominator: 2 } }],
      /NaN in treatment of segment "feed"/,
    ],
    [
      'a segment named twice',
      [
        { name: 'feed', control: fine, treatment: fine },
        { name: 'feed', control: fine, treatment: fine },
      ],
      /segment "feed" twice/,
    ],
  ])('refuses %s', (_, segments, message) => {
    expect(() => kitagawa(segments)).toThrow(DataError);
    expect(() => kitagawa(segments)).toThrow(message);
  });
});
