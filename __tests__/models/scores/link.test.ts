import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CLIP } from '../../../src/lib/log-loss.js';
import { clippedRows, predictor, sigmoid } from '../../../src/models/scores/link.js';
import { expectClose, expectNear, fixture, uniform } from '../../fixtures/metrics.js';

const { labels, sigmoid: grid, softmax } = fixture.links;
const one = (link: 'sigmoid' | 'identity' | 'softmax', scores: number[], query = scores.map(() => 0)) =>
  predictor(link, Float64Array.from(scores), Int32Array.from(query), Math.max(...query) + 1);

describe('sigmoid', () => {
  test('is scipy’s expit, from the smallest to the largest logit', () => {
    for (const [z, p] of grid) expectClose(sigmoid(z), p, `z = ${z}`, 1e-13);
  });

  test('takes the log loss from the logit, so that nothing is clipped', () => {
    for (const [z, , losses] of grid)
      for (const [i, y] of labels.entries())
        expectClose(one('sigmoid', [z]).logLoss(0, y), losses[i]!, `z = ${z}, y = ${y}`);
    expect(clippedRows('sigmoid', Float64Array.of(0), one('sigmoid', [800]))).toBe(0);
  });

  test('agrees with the loss of its own prediction where that keeps its digits', () => {
    fc.assert(
      fc.property(uniform(-8, 8), uniform(0, 1), (z, y) => {
        const predict = one('sigmoid', [z]);
        const p = predict.prediction(0);
        expectNear(predict.logLoss(0, y), -y * Math.log(p) - (1 - y) * Math.log1p(-p), 'loss', 1e-12);
      }),
    );
  });
});

describe('identity', () => {
  test('leaves the score as it is, and its loss is that of a probability', () => {
    const predict = one('identity', [0.2, 0.9]);
    expect(predict.prediction(1)).toBe(0.9);
    expectNear(predict.logLoss(0, 1), -Math.log(0.2), 'positive', 1e-15);
    expectNear(predict.logLoss(1, 0), -Math.log(0.1), 'negative', 1e-15);
    expectNear(predict.logLoss(0, 0.5), -0.5 * Math.log(0.2) - 0.5 * Math.log(0.8), 'half', 1e-15);
  });

  test('clips at 1e-7 for the logarithm alone', () => {
    const predict = one('identity', [0, 1]);
    expect(predict.prediction(0)).toBe(0);
    expectNear(predict.logLoss(0, 1), -Math.log(1e-7), 'loss', 1e-15);
    expectNear(predict.logLoss(1, 0), -Math.log(1e-7), 'loss', 1e-9);
    expect(Number.isFinite(predict.logLoss(0, 0))).toBe(true);
  });
});

describe('softmax', () => {
  test.each(softmax.map((list) => [list.scores.join(', '), list] as const))(
    'over the rows of one query is scipy’s: %s',
    (_, list) => {
      const predict = one('softmax', list.scores);
      for (const [r, p] of list.p.entries()) {
        expectClose(predict.prediction(r), p, `row ${r}`, 1e-12);
        expectNear(predict.logLoss(r, 1), -list.log_p[r]!, `loss of row ${r}`, 1e-12);
      }
    },
  );

  test('sums to 1 over each query, and a shift of a query’s scores changes nothing', () => {
    const score = uniform(-50, 50);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 3 }), score), { minLength: 1, maxLength: 20 }),
        score,
        (rows, shift) => {
          const query = rows.map(([q]) => q);
          const scores = rows.map(([, s]) => s);
          const before = predictor('softmax', Float64Array.from(scores), Int32Array.from(query), 4);
          const shifted = scores.map((s, r) => (query[r] === 1 ? s + shift : s));
          const after = predictor('softmax', Float64Array.from(shifted), Int32Array.from(query), 4);
          const sums = [0, 0, 0, 0];
          for (let r = 0; r < rows.length; r++) {
            sums[query[r]!]! += before.prediction(r);
            expectNear(after.prediction(r), before.prediction(r), `row ${r}`, 1e-11);
          }
          for (const q of new Set(query)) expectNear(sums[q]!, 1, `query ${q}`, 1e-12);
        },
      ),
    );
  });

  test('of a query with one row is 1', () => {
    const predict = one('softmax', [-7]);
    expect(predict.prediction(0)).toBe(1);
    expect(Math.abs(predict.logLoss(0, 1))).toBe(0);
    expectNear(predict.logLoss(0, 0), -Math.log(CLIP), 'loss', 1e-12);
  });
});

test('a softmax clips near 1 alone, as its log-probability is exact near 0', () => {
  const scores = [0, 40];
  const predict = one('softmax', scores);
  expectNear(predict.logLoss(0, 1), 40, 'loss', 1e-12);
  expect(clippedRows('softmax', Float64Array.of(1, 1), predict)).toBe(0);
  expect(clippedRows('softmax', Float64Array.of(0, 0), predict)).toBe(1);
});

test('clipped rows of an identity are those on the wrong side of their label', () => {
  const scores = [0, 0, 1, 1, 0.5, 1e-8, 1 - 1e-8, 2e-7];
  const label = [1, 0, 0, 1, 1, 0.5, 0.5, 1];
  expect(clippedRows('identity', Float64Array.from(label), one('identity', scores))).toBe(4);
});
