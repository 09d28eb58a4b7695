import { describe, expect, it } from 'vitest';
import { findMetric } from '../../src/estimation/metrics/registry.js';
import { metricMeant } from '../../src/lib/metric-names.js';

const accepts = (metric: string) => findMetric(metric) !== undefined;

describe('a metric by another name', () => {
  it.each([
    ['auc', 'roc_auc'],
    ['AUC-ROC', 'roc_auc'],
    ['logloss', 'log_loss'],
    ['NLL', 'log_loss'],
    ['cross_entropy', 'log_loss'],
    ['ne', 'normalized_entropy'],
    ['ap', 'average_precision'],
    ['auprc', 'average_precision'],
    ['pr_auc', 'average_precision'],
    ['group_auc', 'gauc'],
    ['map', 'mrr'],
    ['MAP@10', 'mrr'],
    ['mrr@10', 'mrr'],
    ['hr', 'hit@10'],
    ['hr@20', 'hit@20'],
    ['hit_rate', 'hit@10'],
    ['Hit Rate@5', 'hit@5'],
    ['precision', 'recall@10'],
    ['precision@50', 'recall@50'],
    ['recall', 'recall@10'],
    ['ndcg', 'ndcg@10'],
    ['ndcg_at_5', 'ndcg@5'],
    ['recall@K', 'recall@10'],
    ['ctr', 'calibration'],
    ['pCVR', 'calibration'],
    ['brier_score', 'brier'],
  ])('%s is %s, which a policy takes', (typed, metric) => {
    expect(metricMeant(typed, accepts)?.metric).toBe(metric);
    expect(accepts(metric)).toBe(true);
  });

  it.each(['map', 'map@10', 'precision@5', 'ctr', 'cvr'])('%s is said not to be quite that', (typed) => {
    expect(metricMeant(typed, accepts)?.apart).toMatch(/\.$/);
  });

  it.each(['log_loss', 'revenue', 'constructor', '', '@', '10'])('%j is no such name', (typed) => {
    expect(metricMeant(typed, accepts)).toBeUndefined();
  });

  it('is none where its metric is not accepted', () => {
    expect(metricMeant('auc', (metric) => metric === 'gauc')).toBeUndefined();
  });
});
