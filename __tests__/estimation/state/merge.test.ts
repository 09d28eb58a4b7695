import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeFaults, mergeShards } from '../../../src/estimation/state/merge.js';
import { MAX_SHARDS, shardOfClusters } from '../../../src/estimation/state/shards.js';
import { BUCKETS, buckets } from '../../../src/estimation/state/slots.js';
import { fillState } from '../../../src/estimation/tabulation/fill-state.js';
import { estimatesOf } from '../../../src/estimation/tabulation/state-estimates.js';
import { Tabulation } from '../../../src/estimation/tabulation/tabulate.js';
import { metricRef } from '../../fixtures/metrics.js';
import {
  censusOf,
  cut,
  expectEstimates,
  expectSums,
  HELD,
  inputsOf,
  numbersOf,
  type Options,
  rowList,
  shardOf,
  shardsOf,
} from './states.js';

const RUNS = { numRuns: 40 };
const refs = HELD.map(metricRef);
const shardCount = fc.integer({ min: 1, max: 5 });
const links: fc.Arbitrary<Options> = fc.constantFrom({ link: 'identity' }, { link: 'sigmoid' });

/** A list in another order, for each draw. */
const shuffled = <T>(list: readonly T[]) => fc.shuffledSubarray([...list], { minLength: list.length });

describe('the merged state of all shards', () => {
  test('is that of one pass, within the stated bound, and so are its estimates', () => {
    fc.assert(
      fc.property(rowList, shardCount, links, (rows, of, options) => {
        const merged = mergeShards(shardsOf(rows, of, options));
        expectSums(merged, fillState(inputsOf(rows, options)), rows.length);
        expectEstimates(estimatesOf(merged, refs), new Tabulation(inputsOf(rows, options)));
      }),
      RUNS,
    );
  });

  test('is that of one pass to the bit, where sums are exact and are not divided', () => {
    fc.assert(
      fc.property(rowList, shardCount, (rows, of) => {
        const merged = numbersOf(mergeShards(shardsOf(rows, of)));
        const whole = numbersOf(fillState(inputsOf(rows)));
        // Eighths and their products are exact; log losses, and what is divided by a share of the weight, are not.
        const exact = [
          ...['held', 'differences'],
          ...['rows', 'positives', 'weightedPositives', 'positiveMass', 'negativeMass'].map((name) => `cells ${name}`),
          ...['w', 'wy', 'aligned:prediction', 'aligned:squared_error'].flatMap((name) => [
            `query by ${name}`,
            `item by ${name}`,
          ]),
          ...['prediction', 'squared_error'].flatMap((quantity) =>
            ['queryMarginals', 'itemMarginals', 'moments', 'magnitudes'].map((name) => `${quantity} ${name}`),
          ),
        ];
        expect(Object.keys(whole)).toEqual(expect.arrayContaining(exact));
        for (const name of exact) expect(merged[name], name).toEqual(whole[name]);
      }),
      RUNS,
    );
  });

  test('has the query side’s sums of one pass to the bit, whatever the numbers: no bucket is in two shards', () => {
    fc.assert(
      fc.property(rowList, shardCount, (rows, of) => {
        const merged = numbersOf(mergeShards(shardsOf(rows, of, { link: 'sigmoid' })));
        const whole = numbersOf(fillState(inputsOf(rows, { link: 'sigmoid' })));
        for (const quantity of ['loss', 'prediction', 'squared_error'])
          expect(merged[`${quantity} queryMarginals`]).toEqual(whole[`${quantity} queryMarginals`]);
      }),
      RUNS,
    );
  });

  test('is the same to the bit in any order of the shards', () => {
    fc.assert(
      fc.property(
        rowList.chain((rows) => fc.tuple(fc.constant(rows), shuffled([0, 1, 2, 3]))),
        ([rows, order]) => {
          const shards = shardsOf(rows, 4, { link: 'sigmoid' });
          const other = order.map((i) => shards[i]!);
          expect(numbersOf(mergeShards(other))).toEqual(numbersOf(mergeShards(shards)));
        },
      ),
      RUNS,
    );
  });

  test('has the same keys and, within the bound, the same sums in any order of the rows', () => {
    fc.assert(
      fc.property(
        rowList.chain((rows) => fc.tuple(fc.constant(rows), shuffled(rows))),
        shardCount,
        links,
        ([rows, other], of, options) => {
          expectSums(mergeShards(shardsOf(other, of, options)), fillState(inputsOf(rows, options)), rows.length);
        },
      ),
      RUNS,
    );
  });

  test('finds columns by their keys, in whatever order a shard has them', () => {
    fc.assert(
      fc.property(rowList, shuffled([0, 1, 2, 3, 4]), (rows, order) => {
        const census = censusOf(rows);
        const [one, two] = cut(rows, 2);
        const first = shardOf(one!, census, 1, 2);
        const plain = mergeShards([first, shardOf(two!, census, 2, 2)]);
        const arranged = mergeShards([first, shardOf(two!, census, 2, 2, { order })]);
        expect(arranged.columns).toEqual(plain.columns);
        expect(numbersOf(arranged)).toEqual(numbersOf(plain));
      }),
      RUNS,
    );
  });
});

describe('log losses that are cut off', () => {
  test('are counted over the shards, and refused of all rows alone', () => {
    const [some] = fc.sample(rowList, { seed: 3, numRuns: 1 });
    const many = Array.from({ length: 1100 }, (_, n) => ({ ...some![n % some!.length]!, label: 0 }));
    const clip = (rows: typeof many, count: number) =>
      rows.map((one, n) => (n < count ? { ...one, scores: [1, ...one.scores.slice(1)] } : one));
    // One row is more than 0.1 % of its shard, and not of all; two are.
    const merged = mergeShards(shardsOf(clip(many, 1), 4));
    expect(merged.clipped.map(({ rows }) => rows)).toEqual([1, 0, 0]);
    expect(estimatesOf(merged, refs).value('log_loss', 0, 0)).toBeGreaterThan(0);
    expect(() => estimatesOf(mergeShards(shardsOf(clip(many, 2), 4)), refs)).toThrow(/2 of 1100 predictions within/);
  });
});

describe('a run', () => {
  test('is one shard: its estimates are those of its state, to the bit', () => {
    fc.assert(
      fc.property(rowList, links, (rows, options) => {
        const inputs = inputsOf(rows, options);
        expectEstimates(estimatesOf(fillState(inputs), refs), new Tabulation(inputs), true);
      }),
      RUNS,
    );
  });

  test('of metrics that need more than sums says which of them its state lacks, and why', () => {
    const [rows] = fc.sample(rowList, { seed: 1, numRuns: 1 });
    const metrics = ['log_loss', 'roc_auc', 'average_precision', 'ece', 'log_mae', 'recall@2', 'mrr', 'gauc'];
    const { lacks, sums } = fillState(inputsOf(rows!, { metrics }));
    expect([...sums.keys()]).toEqual(['loss']);
    expect(lacks).toEqual([
      { metric: 'roc_auc', needs: 'order' },
      { metric: 'average_precision', needs: 'order' },
      { metric: 'ece', needs: 'bins' },
      { metric: 'log_mae', needs: 'bins' },
      { metric: 'recall@2', needs: 'rankings' },
      { metric: 'mrr', needs: 'rankings' },
      { metric: 'gauc', needs: 'rankings' },
    ]);
  });
});

describe('shards that are not one run', () => {
  const rows = fc.sample(rowList, { seed: 7, numRuns: 1 })[0]!;
  const census = censusOf(rows);
  const parts = cut(rows, 3);
  const shard = (i: number, origin = {}, options: Options = {}) =>
    shardOf(parts[i - 1]!, census, i, 3, options, origin);
  const other = 'd'.repeat(64);

  test('are told apart by policy, release, the family that serves today, and the eval set', () => {
    const faultOf = (origin: object) => mergeFaults([shard(1), shard(2, origin), shard(3)]);
    const foreign = (name: string) => [{ kind: 'foreign', file: 'shard-2', than: 'shard-1', in: [name] }];
    expect(faultOf({ policy: other })).toEqual(foreign('policy'));
    expect(faultOf({ release: other })).toEqual(foreign('release'));
    expect(faultOf({ compared: other })).toEqual(foreign('compared'));
    expect(faultOf({ evalSet: { rows: other } })).toEqual(foreign('eval_set'));
    expect(faultOf({})).toEqual([]);
  });

  test('are told apart by the number of shards, the census, the columns and the metrics', () => {
    expect(mergeFaults([shard(1), shardOf(parts[1]!, census, 2, 4)])).toMatchObject([{ in: ['number of shards'] }]);
    expect(mergeFaults([shard(1), shardOf(parts[1]!, census, 4, 3)])).toMatchObject([{ in: ['number of shards'] }]);
    expect(mergeFaults([shard(1), shardOf(parts[1]!, censusOf(parts[1]!), 2, 3)])).toMatchObject([{ in: ['census'] }]);
    expect(mergeFaults([shard(1), shard(2, {}, { order: [0, 1, 2, 3] })])).toMatchObject([{ in: ['columns'] }]);
    expect(mergeFaults([shard(1), shard(2, {}, { metrics: ['log_loss', 'roc_auc'] })])).toMatchObject([
      { in: ['quantities', 'denominators', 'missing metrics'] },
    ]);
  });

  test('are told apart by the hash', () => {
    const two = shard(2);
    const rehashed = { ...two, manifest: { ...two.manifest, hashes: { ...two.manifest.hashes, bucket: 'md5' } } };
    expect(mergeFaults([shard(1), rehashed])).toMatchObject([{ kind: 'foreign', in: ['hashes'] }]);
  });

  test('are missing or doubled by their number', () => {
    expect(mergeFaults([shard(1), shard(3)])).toEqual([{ kind: 'missing', indices: [2], of: 3 }]);
    expect(mergeFaults([shard(1), shard(2), shard(2)])).toEqual([
      { kind: 'doubled', index: 2, files: ['shard-2', 'shard-2'] },
      { kind: 'missing', indices: [3], of: 3 },
    ]);
    expect(mergeFaults([])).toEqual([{ kind: 'missing', indices: [1], of: 1 }]);
    expect(() => mergeShards([shard(1), shard(3)])).toThrow(/no shard 2; expected all 3 shards/);
    expect(() => mergeShards([shard(1), shard(2), shard(2), shard(3)])).toThrow(/shard 2 again \(first in shard-2\)/);
    expect(() => mergeShards([shard(1), shard(2, { policy: other }), shard(3)])).toThrow(/policy differ from shard-1/);
  });

  test('are told apart by their rows where every number is there', () => {
    const lost = shardOf(parts[1]!.slice(1), census, 2, 3);
    const faults = mergeFaults([shard(1), lost, shard(3)]);
    expect(faults).toEqual([{ kind: 'rows', found: rows.length - 1, expected: rows.length }]);
    // As many rows, and one of them is another one.
    const swapped = [...parts[1]!.slice(1), parts[0]![0]!];
    expect(mergeFaults([shard(1), shardOf(swapped, census, 2, 3), shard(3)])).toMatchObject([{ kind: 'rows' }]);
  });

  test('hold no row that the census has no cell for', () => {
    const strange = { ...rows[0]!, tier: 'none\n' };
    expect(() => inputsOf([strange], {}, census)).toThrow(/rows with "tier" "none\\u000a"; expected slice values/);
  });
});

describe('the shard of a cluster', () => {
  const names = Array.from({ length: 4000 }, (_, i) => `user ${i}`);

  test('is one of those there are, by its bucket alone', () => {
    for (const of of [1, 2, 3, 100, MAX_SHARDS]) {
      const shard = shardOfClusters(names, of);
      const ofBucket = new Map<number, number>();
      for (const [i, bucket] of buckets(names).entries()) {
        expect(ofBucket.get(bucket) ?? shard[i]).toBe(shard[i]);
        ofBucket.set(bucket, shard[i]!);
      }
      expect([...new Set(shard)].sort((a, b) => a - b)).toEqual(Array.from({ length: of }, (_, i) => i + 1));
    }
    expect(BUCKETS / MAX_SHARDS).toBe(4);
  });

  test('is refused where there are none, or more than the buckets serve', () => {
    for (const of of [0, -1, MAX_SHARDS + 1, Number.NaN]) expect(() => shardOfClusters(names, of)).toThrow(RangeError);
  });
});
