/** The few clusters that move a gain most, against numpy on rows that both make. */
import { describe, expect, test } from 'vitest';
import { type Ledger, LOG_LOSS_CELLS } from '../../../src/data/evidence/ledger.js';
import type { RowGapMetric } from '../../../src/estimation/ledger/gap-metric.js';
import { LedgerSums } from '../../../src/estimation/ledger/ledger-sums.js';
import cases from '../../fixtures/few-clusters.json' with { type: 'json' };
import { coded } from '../../fixtures/metrics.js';

/** A metric whose loss is the score itself, so that gains can be written out. */
const AS_IT_IS: RowGapMetric = { id: 'loss', kind: 'rows', words: 'loss', cells: LOG_LOSS_CELLS, of: (score) => score };

/** The rows of make_few_clusters.py. */
function ledger({ requests, slate, heavy, every }: (typeof cases)[number]): Ledger {
  const all = Array.from({ length: requests * slate }, (_, r) => r);
  const query = all.map((r) => Math.floor(r / slate));
  const label = Float64Array.from(all, (r) => (r % every === 0 ? 1 : 0));
  const gain = Float64Array.from(all, (r) => {
    const extra = query[r]! % heavy === 0 ? 1 + (query[r]! % 5) / 4 : 0;
    return (((r * 37) % 101) - 50) / 1000 + (label[r] === 1 ? 0.05 : -0.004) + extra;
  });
  return {
    rows: all.length,
    request: coded(query.map((q) => `q${q}`)),
    query: coded(query.map((q) => `q${q}`)),
    cluster: 'request',
    item: coded(all.map((r) => `i${r % 97}`)),
    label,
    weight: Float64Array.from(all, (r) => 1 + (r % 3)),
    onlineWeight: undefined,
    strata: new Map(),
    scores: new Map([
      ['score_prod', gain],
      ['s0', new Float64Array(all.length)],
    ]),
    unexpected: undefined,
    served: undefined,
    servedVersion: undefined,
    itemVersion: undefined,
    scored: undefined,
    leaked: undefined,
    notices: [],
  };
}

describe('the gain without the few clusters that move it most', () => {
  test.each(cases)('is numpy’s: $requests requests of $slate, one in $every a positive', (one) => {
    const sums = new LedgerSums(ledger(one), AS_IT_IS);
    expect(sums.gainOffline.value).toBeCloseTo(one.gain, 12);
    expect([sums.few!.count, sums.few!.fewestCount]).toEqual([one.few, one.fewest]);
    expect(sums.gainWithoutFew('offline')!.value).toBeCloseTo(one.without_few, 12);
    expect(sums.gainOffline.value - sums.carriedByFewest!.value).toBeCloseTo(one.without_fewest, 12);
  });
});
