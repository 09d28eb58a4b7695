/** What a model knows at distance 0, against one whose scores are all the same. */
import { describe, expect, it } from 'vitest';
import { SkillTest } from '../../../src/checks/version-skew/skill.js';
import { buildCells } from '../../../src/data/evalset/cells.js';
import type { EvalSet } from '../../../src/data/evalset/evalset.js';
import type { SkewPolicy } from '../../../src/documents/policy/policy.js';
import type { Link } from '../../../src/documents/release/release.js';
import { coded, evalSetOf, metricRef, sweepOf } from '../../fixtures/metrics.js';

const QUERIES = 60;

/** Queries of `candidates` items each, the first of which is relevant; scores by query and candidate. */
function setting(candidates: number, score: (q: number, c: number) => number) {
  const rows = Array.from({ length: QUERIES * candidates }, (_, r) => ({
    q: Math.floor(r / candidates),
    c: r % candidates,
  }));
  const evalSet = evalSetOf({
    query: coded(rows.map(({ q }) => q)),
    item: coded(rows.map(({ q, c }) => (7 * q + c) % 97)),
    label: rows.map(({ c }) => (c === 0 ? 1 : 0)),
  });
  return { evalSet, scores: rows.map(({ q, c }) => score(q, c)) };
}

async function skillOf(
  { evalSet, scores }: { evalSet: EvalSet; scores: readonly number[] },
  metric: string,
  link: Link = 'sigmoid',
  candidates: 'logged' | 'full' = 'logged',
  catalogue = 0,
) {
  const policy = {
    versionSkew: { confidence: 0.95 },
    evalSet: { weightQueries: false, candidates },
  } as unknown as SkewPolicy;
  const sweep = { ...sweepOf(evalSet, [scores], link), embedded: { query: 0, item: catalogue } };
  return SkillTest.of(evalSet, sweep, buildCells(evalSet, []), [metricRef(metric)], policy);
}

describe('a ranking metric is held against a random order of the candidates', () => {
  it('of a query’s own rows', async () => {
    // Of four candidates one is relevant: first by chance once in four times; its reciprocal rank is (1 + 1/2 + 1/3 + 1/4)/4.
    const noisy = setting(4, (q, c) => (c === 0 ? 1 : 0) + ((q * 31 + c * 17) % 23) / 23);
    expect((await skillOf(noisy, 'hit@1')).of('hit@1', 0)).toMatchObject({
      shown: true,
      yardstick: 'hit@1',
      better: 'higher',
    });
    expect((await skillOf(noisy, 'hit@1')).of('hit@1', 0).chance).toBeCloseTo(1 / 4, 12);
    expect((await skillOf(noisy, 'mrr')).chance('mrr', 0)).toBeCloseTo((1 + 1 / 2 + 1 / 3 + 1 / 4) / 4, 12);
    expect((await skillOf(noisy, 'gauc')).of('gauc', 0).chance).toBe(0.5);
  });

  it('or of the whole catalogue', async () => {
    const { evalSet, scores } = setting(4, (_, c) => 3 - c);
    expect((await skillOf({ evalSet, scores }, 'hit@1', 'sigmoid', 'full', 50)).chance('hit@1', 0)).toBeCloseTo(
      1 / 50,
      12,
    );
    expect((await skillOf({ evalSet, scores }, 'recall@10', 'sigmoid', 'full', 50)).chance('recall@10', 0)).toBeCloseTo(
      0.2,
      12,
    );
  });
});

describe('where every query does as well as every other one', () => {
  it('a lift shows skill', async () => {
    const best = (
      await skillOf(
        setting(2, (_, c) => 3 - c),
        'mrr',
      )
    ).of('mrr', 0);
    expect(best).toMatchObject({ shown: true, value: 1 });
    expect(best.chance).toBeCloseTo(0.75, 12);
  });

  it('none, or a loss, does not', async () => {
    // The candidates of a query tie; queries differ.
    expect(
      (
        await skillOf(
          setting(2, (q) => q / 10),
          'mrr',
        )
      ).of('mrr', 0),
    ).toMatchObject({ shown: false, value: 0.75 });
    expect(
      (
        await skillOf(
          setting(2, (_, c) => c),
          'mrr',
        )
      ).of('mrr', 0),
    ).toMatchObject({ shown: false, value: 0.5 });
  });
});

describe('a metric of predictions is held against the base rate, by its normalised entropy', () => {
  const knowing = (q: number, c: number) => (c === 0 ? 1.5 : -1.5) + ((q * 13 + c * 5) % 7) / 10;

  it('below 1 by its bound', async () => {
    const known = (await skillOf(setting(2, knowing), 'calibration')).of('calibration', 0);
    expect(known).toMatchObject({ shown: true, yardstick: 'normalized_entropy', chance: 1, better: 'lower' });
    expect(known.value).toBeLessThan(1);
    expect(
      (
        await skillOf(
          setting(2, (q, c) => -knowing(q, c)),
          'log_loss',
        )
      ).of('log_loss', 0).shown,
    ).toBe(false);
    // log loss of the base rate of a half.
    expect((await skillOf(setting(2, knowing), 'log_loss')).chance('log_loss', 0)).toBeCloseTo(Math.LN2, 12);
  });

  it('or by AUC, where scores are no probabilities and can only order', async () => {
    const auc = { shown: true, yardstick: 'roc_auc', chance: 0.5, better: 'higher' };
    expect((await skillOf(setting(2, knowing), 'calibration', 'identity')).of('calibration', 0)).toMatchObject(auc);
    const beyond = (q: number, c: number) => (q === 0 && c === 0 ? 1.01 : 0.2 + 0.5 * Number(c === 0));
    expect((await skillOf(setting(2, beyond), 'calibration', 'identity')).of('calibration', 0)).toMatchObject(auc);
    const within = (q: number, c: number) => (q === 0 ? 1 - c : 0.2 + 0.5 * Number(c === 0));
    expect((await skillOf(setting(2, within), 'calibration', 'identity')).of('calibration', 0)).toMatchObject({
      yardstick: 'normalized_entropy',
      shown: true,
    });
  });
});
