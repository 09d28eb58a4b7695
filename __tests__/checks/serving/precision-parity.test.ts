/** Precision on evidence whose truth is known; errors that are clustered. */
import { describe, expect, it } from 'vitest';
import { csv, refusal, type Tables } from '../../support/evidence.js';
import { evidence, project, removedAfterEach } from '../../support/kept-evidence.js';
import { generator } from '../../support/random.js';

removedAfterEach();

describe('precision-parity', () => {
  /** Twelve items a request; serving rounds a logit-like score to a grid. */
  const precision = (grid: number, labels = false, requests = 120) => {
    const random = generator(8);
    return csv(
      `request_id,item_id,score_full,score_served${labels ? ',label' : ''}`,
      Array.from({ length: requests * 12 }, (_, r) => {
        const score = random.uniform();
        const served = grid === 0 ? score : (Math.floor(score / grid) + 0.5) * grid;
        const own = [`r${Math.floor(r / 12)}`, `i${(r * 7) % 90}`, score, served];
        return labels ? [...own, random.uniform() < score ? 1 : 0] : own;
      }),
    );
  };
  const RULES = [
    '{metric: score_rmse, max: 0.01}',
    '{metric: score_error_p99, max: 0.02}',
    '{metric: tie_rate, max_increase: 0.03}',
    '{metric: top_overlap@10, min: 95%}',
  ];

  it('passes scores that are the same', async () => {
    const { status, findings } = await evidence({ 'precision-parity': RULES }, { precision: precision(0) }).examined(
      'precision-parity',
    );
    expect(findings.map(({ metric, verdict }) => [metric, verdict])).toEqual([
      ['score_rmse', 'pass'],
      ['score_error_p99', 'pass'],
      ['tie_rate', 'pass'],
      ['top_overlap@10', 'pass'],
    ]);
    expect(status).toBe(0);
  });

  it('fails a coarse grid on its errors, ties and ranking, each by itself', async () => {
    const grid = 0.13;
    const { of, facts } = await evidence({ 'precision-parity': RULES }, { precision: precision(grid) }).examined(
      'precision-parity',
    );
    // Rounding to the middle of a cell: errors uniform over half of it, about grid/√12 (the last cell is cut).
    expect(of('score_rmse').value).toBeGreaterThan(0.9 * (grid / Math.sqrt(12)));
    expect(of('score_rmse')).toMatchObject({ verdict: 'fail' });
    expect(of('score_error_p99').value).toBeLessThanOrEqual(grid / 2 + 1e-12);
    expect(of('score_error_p99')).toMatchObject({ verdict: 'fail' });
    expect(of('tie_rate')).toMatchObject({ verdict: 'fail', unit: 'absolute' });
    // Eight values: about an eighth of the pairs tie.
    expect(of('tie_rate').value).toBeGreaterThan(0.1);
    expect(of('top_overlap@10').value).toBeLessThan(1);
    expect(facts).toMatch(/scores differ by .* \(root mean square\), .* at the 99th percentile and .* at most/);
  });

  it('takes the log loss of the table where it has labels', async () => {
    const { of } = await evidence(
      { 'precision-parity': ['{metric: log_loss, max_increase: 20%}'] },
      { precision: precision(0.25, true) },
    ).examined('precision-parity');
    expect(of('log_loss').change).toBeGreaterThan(0);
    expect(of('log_loss').lower).toBeLessThan(of('log_loss').change);
  });

  /** The approximate index gives `kept` of the exact first 10. */
  const ann = (kept: number, requests = 50) =>
    csv(
      'request_id,item_id,index,rank',
      Array.from({ length: requests }, (_, q) =>
        Array.from({ length: 10 }, (__, i) => [
          [`r${q}`, `i${i}`, 'exact', i + 1],
          [`r${q}`, i < kept + (q % 2) ? `i${i}` : `z${i}`, 'ann', i + 1],
        ]).flat(),
      ).flat(),
    );

  it('keeps the approximate index apart', async () => {
    const { of, facts, hypothesis } = await evidence(
      { 'precision-parity': ['{metric: ann_recall@10, min: 90%}'] },
      { ann: ann(8) },
    ).examined('precision-parity');
    expect(of('ann_recall@10').value).toBeCloseTo(0.85, 12);
    expect(of('ann_recall@10').verdict).toBe('fail');
    expect(facts).toMatch(/gives 85 % of the exact first 10: what it leaves out is no matter of precision/);
    expect(hypothesis).toBeUndefined();
  });

  it('is open where no request has more than ten items, or too few do', async () => {
    const short = csv(
      'request_id,item_id,score_full,score_served',
      Array.from({ length: 400 }, (_, r) => [`r${r >> 2}`, `i${r % 50}`, Math.sin(r), Math.sin(r)]),
    );
    const { of } = await evidence(
      { 'precision-parity': ['{metric: top_overlap@10, min: 90%}'] },
      { precision: short },
    ).examined('precision-parity');
    expect(of('top_overlap@10').verdict).toBe('inconclusive');
    project.remove();
    const few = await evidence(
      { 'precision-parity': ['{metric: score_rmse, max: 1}'] },
      { precision: precision(0, false, 8) },
    ).examined('precision-parity');
    expect(few.of('score_rmse').why).toMatch(/too few requests: 8 of at least 30/);
  });

  it.each<[string, Tables, RegExp]>([
    [
      'scores that were printed with three decimals',
      { precision: precision(0).replace(/(0\.\d{3})\d*/g, '$1') },
      /scores of "score_full" that are all printed with 3 decimals.*write them as floats/s,
    ],
    ['a pair twice', { precision: `${precision(0, false, 1)}r0,i0,0.1,0.1\n` }, /"r0", "i0" again/],
    [
      'probabilities above 1 beside labels',
      { precision: precision(0, true).replace(/0\.\d+/, '1.5') },
      /a prediction between 0 and 1/,
    ],
    ['a request without an exact answer', { ann: `${ann(9, 2)}r9,i0,ann,1\n` }, /no exact answer of request "r9"/],
    ['an index of another name', { ann: ann(9, 2).replace('exact', 'brute') }, /expected one of exact and ann/],
    [
      'no approximate answer',
      {
        ann: ann(9, 2)
          .split('\n')
          .filter((line) => !line.includes('ann,'))
          .join('\n'),
      },
      /no row of the approximate index/,
    ],
    ['a rank of 0', { ann: ann(9, 2).replace(',1\n', ',0\n') }, /a whole number from 1 on/],
  ])('refuses %s', async (_, tables, message) => {
    expect(await refusal(evidence({ 'precision-parity': [] }, tables))).toMatch(message);
  });
});

describe('errors that are clustered', () => {
  /** Whole items are wrong: one in ten of `items`. */
  const log = (items: number, rows = 4000) =>
    csv(
      'request_id,item_id,served_version',
      Array.from({ length: rows }, (_, r) => [`r${r}`, `i${r % items}`, (r % items) % 10 === 0 ? 'v41' : 'v42']),
    );

  it('are as wide as the items are few, although the rows are many', async () => {
    const rules = { 'checkpoint-identity': ['{metric: unexpected_share, max: 12%}'] };
    const many = await evidence(rules, { serving_log: log(2000) }).examined('checkpoint-identity');
    project.remove();
    const few = await evidence(rules, { serving_log: log(50) }).examined('checkpoint-identity');
    const width = (of: typeof many) => of.of('unexpected_share').upper - of.of('unexpected_share').value;
    // √(0.1·0.9/50) against √(0.1·0.9/2000).
    expect(width(few) / width(many)).toBeGreaterThan(3);
    expect(few.of('unexpected_share').verdict).toBe('inconclusive');
    expect(many.of('unexpected_share').verdict).toBe('pass');
  });

  it('of a tail are the clusters’ too (Woodruff), never those of independent rows alone', async () => {
    const random = generator(14);
    const own = Array.from({ length: 60 }, () => Math.abs(random.normal()) * 0.01);
    const table = csv(
      'request_id,item_id,score_full,score_served',
      Array.from({ length: 6000 }, (_, r) => {
        const score = random.uniform();
        return [`r${r}`, `i${r % 60}`, score, score + own[r % 60]! * (1 + 0.01 * random.uniform())];
      }),
    );
    const { of } = await evidence(
      { 'precision-parity': ['{metric: score_error_p99, max: 0.02}'] },
      { precision: table },
    ).examined('precision-parity');
    // One item in sixty is the tail: nothing bounds it.
    expect(of('score_error_p99')).toMatchObject({
      verdict: 'inconclusive',
      why: 'too few rows to bound a 99th percentile',
    });
  });
});
