/** The closed form of version distances against a simulation of the events themselves. */
import { describe, expect, it } from 'vitest';
import { histogramOfCadence, meanAge } from '../../../src/data/production/cadence.js';
import type { Cadence } from '../../../src/documents/policy/policy.js';
import { generator } from '../../support/random.js';

const batch = (
  checkpointPeriod: number,
  buildPeriod: number,
  buildDuration: number,
  rollout: number,
  pickupLag = 0,
): Cadence => ({
  checkpointPeriod,
  buildPeriod,
  buildDuration,
  rollout,
  pickupLag,
});

/** Plays checkpoints, builds and rollouts on a timeline and counts, at random moments on random hosts, how many versions the index is behind. */
function simulate(c: Cadence, draws = 400_000): Map<number, number> {
  const random = generator(11);
  const counts = new Map<number, number>();
  for (let n = 0; n < draws; n++) {
    const phase = random.uniform() * c.checkpointPeriod;
    const released = (t: number) => Math.floor((t - phase) / c.checkpointPeriod);
    const now = 1000 * c.checkpointPeriod + random.uniform() * c.checkpointPeriod;
    let frozen: number;
    if (c.streaming) {
      // The item was last embedded by an update (Poisson) or by the backfill, whichever is later.
      const sinceUpdate =
        c.streaming.refreshRate === 0 ? Infinity : -Math.log(1 - random.uniform()) / c.streaming.refreshRate;
      frozen = now - c.streaming.latency - Math.min(sinceUpdate, random.uniform() * c.streaming.backfillPeriod);
    } else {
      // Builds start every period; this host got the newest one that had reached it.
      const host = random.uniform() * c.rollout;
      const start = random.uniform() * c.buildPeriod;
      const latest = Math.floor((now - host - c.buildDuration - start) / Math.max(c.buildPeriod, 1e-9));
      frozen = c.buildPeriod === 0 ? now - host - c.buildDuration : start + latest * c.buildPeriod;
    }
    const distance = released(now) - released(frozen - c.pickupLag);
    counts.set(distance, (counts.get(distance) ?? 0) + 1 / draws);
  }
  return counts;
}

describe('the histogram of a cadence', () => {
  it.each<[string, Cadence]>([
    ['a fast tier', batch(24, 6, 2, 1)],
    ['a large tier, where distance 0 has no mass to speak of', batch(24, 24, 36, 12)],
    ['frequent checkpoints under a slow build', batch(4, 24, 48, 12)],
    ['no rollout', batch(24, 24, 6, 0)],
    ['an index that is built without pause', batch(24, 0, 3, 8)],
    ['an item side that picks up later', batch(24, 12, 6, 6, 8)],
    ['an item side that picks up earlier than the query side', batch(24, 6, 2, 1, -12)],
    [
      'streaming with a slow backfill',
      { ...batch(24, 0, 0, 0), streaming: { refreshRate: 1 / 30, backfillPeriod: 168, latency: 2 } },
    ],
    ['a backfill alone', { ...batch(24, 0, 0, 0), streaming: { refreshRate: 0, backfillPeriod: 72, latency: 1 } }],
  ])('of %s agrees with the simulated events within 0.005', (_, cadence) => {
    const closed = histogramOfCadence(cadence);
    const simulated = simulate(cadence);
    for (const k of new Set([...closed.keys(), ...simulated.keys()]))
      expect(Math.abs((closed.get(k) ?? 0) - (simulated.get(k) ?? 0)), `distance ${k}`).toBeLessThan(0.005);
    expect([...closed.values()].reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  });

  it('has the mean distance E[A] / T', () => {
    for (const cadence of [
      batch(24, 24, 36, 12),
      batch(4, 24, 48, 12),
      { ...batch(24, 0, 0, 0), streaming: { refreshRate: 0.02, backfillPeriod: 100, latency: 5 } },
    ]) {
      let mean = 0;
      for (const [k, mass] of histogramOfCadence(cadence)) mean += k * mass;
      expect(mean).toBeCloseTo(meanAge(cadence) / cadence.checkpointPeriod, 9);
    }
  });

  it('of no delay at all is distance 0', () => {
    expect([...histogramOfCadence(batch(24, 0, 0, 0))]).toEqual([[0, 1]]);
  });

  it('of the tiers of the published table has its figures', () => {
    const rounded = (c: Cadence) =>
      [...histogramOfCadence(c)].map(([k, mass]) => [k, Math.round(mass * 100) / 100]).filter(([, m]) => m! > 0);
    expect(rounded(batch(24, 6, 2, 1))).toEqual([
      [0, 0.77],
      [1, 0.23],
    ]);
    expect(rounded(batch(24, 24, 36, 12))).toEqual([
      [1, 0.04],
      [2, 0.67],
      [3, 0.29],
    ]);
  });
});
