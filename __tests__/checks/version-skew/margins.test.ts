/** Margins that let everything pass, by the range of the metric, and what was likely meant. */
import { describe, expect, it } from 'vitest';
import { boundlessMargin } from '../../../src/checks/version-skew/margins.js';
import type { Rule } from '../../../src/documents/policy/policy.js';
import { metricRef } from '../../fixtures/metrics.js';

function refused(metric: string, operator: Rule['operator'], written: string) {
  const relative = written.endsWith('%');
  const rule = {
    operator,
    relative,
    threshold: relative ? Number(written.slice(0, -1)) / 100 : Number(written),
    thresholdText: written,
    place: { file: 'gate.yml', line: 1, column: 1 },
  } as Rule;
  return boundlessMargin(rule, metricRef(metric));
}

// [metric, operator, the first that lets everything pass, what is expected, what to write, the last that is a rule]
it.each<[string, Rule['operator'], string, string, string, string]>([
  [
    'ndcg@10',
    'max',
    '1',
    'a value below 1, which a model without skill keeps',
    'Did you mean 0.01? Write: max: 0.01',
    '0.99',
  ],
  [
    'ndcg@10',
    'max',
    '95',
    'a value below 1, which a model without skill keeps',
    'Did you mean 0.95? Write: max: 0.95',
    '0.99',
  ],
  // A hundredth of it would let everything pass too.
  [
    'ndcg@10',
    'max',
    '100',
    'a value below 1, which a model without skill keeps',
    'Did you mean 0.5? Write: max: 0.5',
    '0.99',
  ],
  [
    'normalized_entropy',
    'max',
    '4000',
    'a value below 10, which a model without skill keeps',
    'Did you mean 5? Write: max: 5',
    '9.99',
  ],
  ['ndcg@10', 'min', '0', 'a value that a model without skill does not reach: above 0', 'Write: min: 0.1', '0.001'],
  ['roc_auc', 'min', '0.49', 'a value that a model without skill does not reach: above 0.5', 'Write: min: 0.6', '0.5'],
  [
    'ndcg@10',
    'max_decrease',
    '1',
    'less than 1: beyond it a model may lose all that it knows',
    'Did you mean 1%? Write: max_decrease: 1%',
    '0.99',
  ],
  [
    'ndcg@10',
    'max_decrease',
    '4',
    'less than 1: beyond it a model may lose all that it knows',
    'Did you mean 4%? Write: max_decrease: 4%',
    '0.99',
  ],
  [
    'ndcg@10',
    'max_decrease',
    '100%',
    'less than 100%: beyond it a model may lose all that it knows',
    'Did you mean 1%? Write: max_decrease: 1%',
    '99%',
  ],
  [
    'calibration',
    'max_change',
    '200%',
    'less than 200%: beyond it a model may lose all that it knows',
    'Did you mean 2%? Write: max_change: 2%',
    '199%',
  ],
  [
    'ndcg@10',
    'max_decrease',
    '150',
    'less than 1: beyond it a model may lose all that it knows',
    'Did you mean 1%? Write: max_decrease: 1%',
    '0.5',
  ],
  [
    'log_loss',
    'max_increase',
    '0.8',
    'less than 0.693: beyond it a model may lose all that it knows',
    'Did you mean 0.8%? Write: max_increase: 0.8%',
    '0.69',
  ],
  // 100 % would let everything pass too.
  [
    'ndcg@10',
    'max_decrease',
    '100',
    'less than 1: beyond it a model may lose all that it knows',
    'Did you mean 1%? Write: max_decrease: 1%',
    '0.5',
  ],
  [
    'ndcg@10',
    'no_more_sensitive_than',
    '1',
    'less than 1: beyond it a model may lose all that it knows',
    'Did you mean 1%? Write: margin: 1%',
    '0.99',
  ],
])('%s %s %s is refused: %s (%s), and %s is not', (metric, operator, vain, expected, mend, good) => {
  expect(refused(metric, operator, vain)).toEqual({
    place: { file: 'gate.yml', line: 1, column: 1 },
    found: `${operator} ${vain} of ${metric}, which lets everything pass`,
    expected,
    mend,
  });
  expect(refused(metric, operator, good)).toBeUndefined();
});

describe('a rule has a bound', () => {
  it('where it asks for a share of a gain, whatever it is', () => {
    expect(refused('ndcg@10', 'min_retained_gain', '0')).toBeUndefined();
  });

  it('where chance holds the floor by no bound: min 0.5 of an AUC, but not min 0 of a share', () => {
    expect(refused('roc_auc', 'min', '0.5')).toBeUndefined();
    expect(refused('recall@5', 'min', '0')).toBeDefined();
  });
});
