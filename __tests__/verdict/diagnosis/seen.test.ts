/** What was seen, and which hypotheses could explain it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHECKS } from '../../../src/checks/registry.js';
import type { Bounded, Experiment, PredictionGap, Split, SplitPart } from '../../../src/verdict/diagnosis/diagnosis.js';
import { NOTHING_SEEN, placeOf, whatIsSeen } from '../../../src/verdict/diagnosis/seen.js';

const bounds = (value: number, lower: number, upper: number): Bounded => ({ value, lower, upper });

/** A gap of 0.03 of a gain of 0.05. */
function gapOf(own: Partial<PredictionGap> = {}): PredictionGap {
  return {
    ledger: 'prediction',
    metric: 'log_loss',
    words: 'log loss',
    bothServed: true,
    ...bounds(0.03, 0.02, 0.04),
    offline: bounds(0.05, 0.04, 0.06),
    online: bounds(0.02, 0.01, 0.03),
    rows: 10_000,
    lost: bounds(0.02, 0.01, 0.03),
    ...own,
  };
}

const KEPT = gapOf({ ...bounds(0.0001, 0.00005, 0.0002), lost: bounds(-0.0099, -0.012, -0.008) });
const UNCLEAR = gapOf({ ...bounds(0.005, -0.01, 0.02), lost: bounds(-0.005, -0.02, 0.01) });
const ab = (observed: Bounded): Experiment => ({ observed, standardError: 0.1 });

function part(value: string, contribution: number | null, clear: boolean): SplitPart {
  const size = contribution ?? 0.03;
  const of = clear ? bounds(size, size / 2, 2 * size) : bounds(size, -0.01, 0.05);
  return { value, rows: 100, share: 0.5, offline: 0.05, online: 0.02, gap: of, excess: of, contribution };
}

const by = (column: string, ...parts: SplitPart[]): Split => ({ by: column, parts, reading: '' });

describe('a clear gap', () => {
  const seen = (splits: readonly Split[], weighed = false) => whatIsSeen({ gap: gapOf(), splits }, 'v42', weighed);

  it('is no matter of which rows there are, nor of what they weigh where both scores are weighed alike', () => {
    expect(seen([]).cannot?.ids).toEqual(['sampling-bias', 'eval-set-construction', 'exposure-bias']);
    expect(seen([], true).cannot?.ids).toEqual(['eval-set-construction', 'exposure-bias']);
    expect(seen([]).afterServing).toBeUndefined();
  });

  it.each<[string, Split, string[]]>([
    [
      'served by another version',
      by('served_version', part('v42', 0, false), part('v41', 0.03, true)),
      ['checkpoint-identity'],
    ],
    ['with vectors of another', by('item_version', part('v42', 0, false), part('v40', 0.03, true)), ['version-skew']],
    [
      'of two others together',
      by('served_version', part('v40', 0.01, true), part('v41', 0.01, true)),
      ['checkpoint-identity'],
    ],
    [
      'by a metric that is no mean',
      by('served_version', part('v42', null, false), part('v41', null, true)),
      ['checkpoint-identity'],
    ],
    ['that carry less than half of it', by('served_version', part('v42', 0.018, false), part('v41', 0.012, true)), []],
    ['that do not clearly lose', by('served_version', part('v42', 0, false), part('v41', 0.03, false)), []],
    ['of the live version', by('served_version', part('v42', 0.03, true), part('v41', 0, false)), []],
    ['of a tier', by('tier', part('small', 0, false), part('large', 0.03, true)), []],
  ])('on rows %s points there, or nowhere', (_, split, ids) => {
    expect([...seen([split]).points.keys()]).toEqual(ids);
  });

  it('names the versions as text that is inert', () => {
    const split = by('served_version', part('v42', 0, false), part('v41\n\u202e', 0.03, true));
    expect(seen([split]).points.get('checkpoint-identity')).toBe(
      'most of the gap lies on rows of served_version v41\\u000a\\u202e',
    );
  });
});

describe('a gain that is kept', () => {
  it.each<[string, Experiment | undefined, boolean]>([
    ['fell', ab(bounds(-1, -1.2, -0.8)), true],
    ['is not clear', ab(bounds(0.1, -0.1, 0.3)), true],
    ['has no figures', ab(bounds(Number.NaN, Number.NaN, Number.NaN)), true],
    ['was won', ab(bounds(1, 0.8, 1.2)), false],
    ['is not there', undefined, false],
  ])('where the A/B %s', (_, experiment, first) => {
    const seen = whatIsSeen({ gap: KEPT, ...(experiment ? { experiment } : {}) }, 'v42', false);
    expect(seen.afterServing !== undefined).toBe(first);
    expect(seen.cannot?.ids.includes('feature-parity') ?? false).toBe(first);
    // Requests that fail, and rows that are missing, are in no score.
    for (const id of ['serving-health', 'sampling-bias', 'auction-filtering'] as const)
      expect(seen.cannot?.ids.includes(id) ?? false).toBe(false);
  });

  it('is behind what was promised where the A/B is won and yet clearly short of it', () => {
    const promise = {
      value: bounds(2, 1.8, 2.2),
      missing: bounds(1, 0.8, 1.2),
      lost: bounds(0.6, 0.4, 0.8),
      neededError: 0.5,
      arms: 8,
      from: 'ledger',
    } as const;
    const experiment = { ...ab(bounds(1, 0.8, 1.2)), promise };
    expect(whatIsSeen({ gap: KEPT, experiment }, 'v42', false).afterServing).toBeDefined();
  });
});

describe('a gap that is not clear', () => {
  it('excludes nothing: only an A/B that is lost puts layer 3 first', () => {
    const lost = whatIsSeen({ gap: UNCLEAR, experiment: ab(bounds(-1, -1.2, -0.8)) }, 'v42', false);
    expect([lost.afterServing !== undefined, lost.cannot]).toEqual([true, undefined]);
    expect(whatIsSeen({ gap: UNCLEAR, experiment: ab(bounds(0.1, -0.1, 0.3)) }, 'v42', false)).toEqual(NOTHING_SEEN);
  });

  it('nor does a ledger that can judge nothing, or none', () => {
    const open = gapOf({ open: { kind: 'too_few_positives', count: 60, least: 100 } });
    expect(whatIsSeen({ gap: open }, 'v42', false)).toEqual(NOTHING_SEEN);
    expect(whatIsSeen({ gap: undefined, experiment: ab(bounds(-1, -2, -0.5)) }, 'v42', false)).toEqual(NOTHING_SEEN);
  });
});

describe('the places', () => {
  it('are what is pointed at, then what can explain it by layer, then what cannot', () => {
    const numbers = fc.double({ min: -1, max: 1, noNaN: false });
    const bounded = fc.record({ value: numbers, lower: numbers, upper: numbers });
    const gaps = fc.tuple(bounded, bounded, bounded).map(([own, offline, lost]) => gapOf({ ...own, offline, lost }));
    const split = by('served_version', part('v42', 0, false), part('v41', 0.03, true));
    fc.assert(
      fc.property(gaps, fc.option(bounded.map(ab), { nil: undefined }), fc.boolean(), (gap, experiment, weighed) => {
        const seen = whatIsSeen({ gap, splits: [split], ...(experiment ? { experiment } : {}) }, 'v42', weighed);
        const places = CHECKS.map(({ id, layer }) => ({ id, layer, place: placeOf(id, layer, seen) }));
        const can = places.filter(({ id }) => !seen.cannot?.ids.includes(id));
        const cannot = places.filter(({ id }) => seen.cannot?.ids.includes(id));
        for (const one of cannot) for (const other of can) expect(one.place).toBeGreaterThan(other.place);
        for (const { id, layer, place } of can) {
          expect(place === 0).toBe(seen.points.has(id));
          if (place > 0 && seen.afterServing === undefined) expect(place).toBe(1 + layer);
          if (seen.afterServing !== undefined) expect(layer === 3).toBe(place === 1);
        }
      }),
    );
  });
});
