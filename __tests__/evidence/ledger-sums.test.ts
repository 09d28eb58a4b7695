/** The floors of everything that is judged on a ledger, and sums that are asked for by a name that does not exist. */
import { describe, expect, test } from 'vitest';
import type { Ledger } from '../../src/evidence/ledger.js';
import { LedgerSums } from '../../src/evidence/ledger-sums.js';
import { coded } from '../fixtures/metrics.js';

/** 200 requests with 3 of 90 items each, three positives in five; every row weighs what is said. */
function ledger(weight: (r: number) => number, onlineWeight: (r: number) => number): Ledger {
  const rows = 600;
  const all = Array.from({ length: rows }, (_, r) => r);
  const loss = (seed: number) => Float64Array.from(all, (r) => 0.3 + (((r * seed) % 101) / 101) * 0.2);
  return {
    rows,
    query: coded(all.map((r) => `q${Math.floor(r / 3)}`)),
    cluster: 'request',
    item: coded(all.map((r) => `i${(r * 7) % 90}`)),
    label: Float64Array.from(all, (r) => (r % 5 < 3 ? 1 : 0)),
    weight: Float64Array.from(all, weight),
    onlineWeight: Float64Array.from(all, onlineWeight),
    strata: new Map(),
    production: new Float64Array(rows).fill(0.5),
    loss: new Map([
      ['score_prod', loss(17)],
      ['s0', loss(29)],
      ['s5', loss(31)],
    ]),
    unexpected: undefined,
    served: undefined,
    leaked: undefined,
    notices: [],
  };
}

const even = () => 1;
/** Nearly all weight on the first few requests, or items: many clusters, of which few are worth anything. */
const fewRequests = (r: number) => (r < 60 ? 1000 : 1);
const fewItems = (r: number) => ((r * 7) % 90 < 12 ? 1000 : 1);

describe('a ledger is below the floors', () => {
  test('of no kind where both mixes spread over requests and items', () => {
    expect(new LedgerSums(ledger(even, even)).open).toBeUndefined();
  });

  test.each<[string, (r: number) => number, (r: number) => number, RegExp]>([
    ['offline requests', fewRequests, even, /^too few query clusters: 2\d\.\d effective of at least 40/],
    ['online requests', even, fewRequests, /^too few query clusters: 2\d\.\d effective of at least 40/],
    ['offline items', fewItems, even, /^too few item clusters: 1\d\.\d effective of at least 30/],
    ['online items', even, fewItems, /^too few item clusters: 1\d\.\d effective of at least 30/],
    [
      'positives that count online',
      even,
      (r) => (r % 5 < 3 && r > 100 ? 0 : 1),
      /^too few positives: 61 of at least 100/,
    ],
    [
      'positives that count offline',
      (r) => (r % 5 < 3 && r > 100 ? 0 : 1),
      even,
      /^too few positives: 61 of at least 100/,
    ],
  ])('by its %s alone', (_, offline, online, reason) => {
    expect(new LedgerSums(ledger(offline, online)).open).toMatch(reason);
  });
});

test('a column that is not in the ledger is a bug, not a number', () => {
  expect(() => new LedgerSums(ledger(even, even)).loss('online', 's3')).toThrow(/no column "s3"/);
});
