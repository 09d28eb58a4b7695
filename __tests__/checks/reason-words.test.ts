/** The words of reasons, and the kinds that the report's schema lists. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Reason } from '../../src/checks/reason.js';
import { nameOf, REASON_KINDS, reasonOf, spelled } from '../../src/checks/reason-words.js';

const FROZEN = 'a tower that is frozen on purpose: allow_identical_versions: true';
const alike = { versions: ['v3', 'v2'], files: ['new.onnx', 'old.onnx'] } as const;

/** Every kind, with its name and what is said besides. */
const SPELLED: readonly (readonly [Reason, string, string?])[] = [
  [{ kind: 'within_margin' }, 'the whole interval is within the margin'],
  [{ kind: 'beyond_margin' }, 'the whole interval is beyond the margin'],
  [{ kind: 'underpowered' }, 'underpowered', 'the smallest detectable change exceeds the margin'],
  [{ kind: 'borderline', by: 'interval' }, 'borderline', 'the interval straddles the margin'],
  [
    { kind: 'borderline', by: 'holm' },
    'borderline',
    'beyond the margin if it were the only cell, but not after Holm’s correction for how many are judged',
  ],
  [{ kind: 'too_few_positives', count: 60, least: 100 }, 'too few positives', '60 of at least 100'],
  // Rounded down: what is below a floor does not read as if it met it.
  [
    { kind: 'too_few_clusters', side: 'query', count: 39.99, least: 40 },
    'too few query clusters',
    '39.9 effective of at least 40',
  ],
  [
    { kind: 'too_few_clusters', side: 'item', count: 3, least: 30 },
    'too few item clusters',
    '3.0 effective of at least 30',
  ],
  [{ kind: 'uncovered_mass', share: 0.126 }, 'uncovered histogram mass', '12.6 % of production lies outside the sweep'],
  [
    { kind: 'undefined' },
    'undefined',
    'the metric has no value here (one class alone, no positives, or no query with a relevant item)',
  ],
  [
    { kind: 'no_spread' },
    'no spread',
    'scores differ and the metric does not vary from cluster to cluster, so that its bound is unknown',
  ],
  [
    { kind: 'identical_versions', ...alike, distances: [1] },
    'v2 and v3 embed alike (old.onnx, new.onnx)',
    `distance 1 measures nothing; ${FROZEN}`,
  ],
  [
    { kind: 'identical_versions', ...alike, distances: [1, 2], mass: 0.4 },
    'v2 and v3 embed alike (old.onnx, new.onnx)',
    `distances 1 and 2 measure the same, and 40 % of production is at such distances; ${FROZEN}`,
  ],
  [
    { kind: 'identical_scores', distances: [2], mass: 0.057 },
    'distance 2 measures nothing',
    `every score is what it is at distance 0, and 5.7 % of production is at such distances; ${FROZEN}`,
  ],
  [
    { kind: 'cannot_move', by: 'softmax', metric: 'calibration' },
    'cannot move',
    'under link: softmax the predictions of every query sum to 1, so that calibration is the same for every model; ask for log_loss or a ranking',
  ],
  [
    { kind: 'cannot_move', by: 'candidates', metric: 'recall@10', queries: 1, k: 10 },
    'cannot move',
    'in none of 1 query do more than 10 candidates compete, with enough that are not relevant, so that recall@10 is the same for every model; rank over the catalogue (candidates: full), or take a smaller K',
  ],
  [
    { kind: 'cannot_move', by: 'candidates', metric: 'mrr', queries: 2_000 },
    'cannot move',
    'in none of 2,000 queries is there a candidate that is not relevant, so that mrr is the same for every model; rank over the catalogue (candidates: full)',
  ],
  [
    { kind: 'cannot_move', by: 'labels', why: 'every row is positive' },
    'cannot move',
    'every row is positive; add rows that are not positive',
  ],
  [
    { kind: 'no_rule_can_fail' },
    'no required rule can fail',
    'a model without skill would keep it; write a smaller margin, or a level that such a model does not reach',
  ],
  [
    { kind: 'no_skill', yardstick: 'normalized_entropy', value: 1.03456, chance: 1, better: 'lower' },
    'no skill at distance 0',
    'normalized_entropy 1.035, not clearly below 1, which a model that knows nothing has',
  ],
  [
    { kind: 'no_skill', yardstick: 'mrr', value: Number.NaN, chance: 0.25, better: 'higher' },
    'no skill at distance 0',
    'mrr undefined, not clearly above 0.25, which a model that knows nothing has',
  ],
  [{ kind: 'meaningless', why: 'there is nothing to retain' }, 'there is nothing to retain'],
  [
    { kind: 'not_tested', by: 'evidence', check: 'feature-parity', needs: 'a table x' },
    'not tested',
    'it needs a table x; docs/checks/feature-parity.md has the query',
  ],
  [
    { kind: 'not_tested', by: 'mix' },
    'not tested',
    'production’s mix is not known, it needs weight_online or the table mix',
  ],
  [
    { kind: 'not_tested', by: 'metric', words: 'NDCG@10' },
    'not tested',
    'the gap is measured by NDCG@10, whose scores and labels need have no log loss',
  ],
  [{ kind: 'not_tested', by: 'one_source' }, 'not tested', 'every row is of one log source'],
  [{ kind: 'too_few_trials', what: 'canaries', count: 29.7, least: 30 }, 'too few canaries', '29 of at least 30'],
  [{ kind: 'too_few_arms', least: 6 }, 'fewer than 6 arms'],
  [{ kind: 'unbounded', what: 'latency' }, 'too few requests to bound it'],
  [{ kind: 'unbounded', what: 'error' }, 'too few rows to bound a 99th percentile'],
  [{ kind: 'open_bucket' }, 'it lies in a bucket without an upper edge'],
  [
    { kind: 'rule_cannot_fail', direction: 'rise', most: 0.25, relative: true },
    'the rule cannot fail',
    'it can rise by 25 % at most; write a smaller margin',
  ],
  [
    { kind: 'rule_cannot_fail', direction: 'fall', most: 0.3, relative: false },
    'the rule cannot fail',
    'it can fall by 0.3 at most; write a smaller margin',
  ],
  [{ kind: 'share_of_nothing' }, 'undefined', 'there is nothing that it could be a share of'],
  [{ kind: 'gains_do_not_vary' }, 'gains that do not vary'],
  [{ kind: 'too_few_builds', count: 2, least: 3 }, '2 builds, of at least 3'],
  [{ kind: 'builds_share_rows' }, 'the builds share rows', 'gain_range is by pairs of rows'],
  [{ kind: 'no_pair_in_common' }, 'no pair in common'],
  [{ kind: 'no_value' }, 'no value on either side'],
  [{ kind: 'mostly_error' }, 'most of their spread is error'],
  [
    { kind: 'other_launches', count: 1 },
    '1 other launch inside the ramp',
    'what they do cannot be told from what the share does',
  ],
  [
    { kind: 'no_control' },
    'no control beside it',
    'a loss that moves with the share of the traffic may move with the days as well',
  ],
  [
    { kind: 'one_arm_seen' },
    'the log does not show that both arms’ candidates could be chosen',
    'it takes both arms’ candidates for the same requests',
  ],
  [{ kind: 'no_pins', versions: ['v41', 'v42'], count: 2 }, 'the release pins no query_tower.sha256 of v41 and v42'],
  [
    { kind: 'no_pins', versions: ['v1', 'v2', 'v3'], count: 9 },
    'the release pins no query_tower.sha256 of v1, v2 and 7 more',
  ],
  [
    { kind: 'nothing_expected' },
    'nothing to hold them against',
    'a column expected, or a sweep whose eval set has them, embeds them again',
  ],
  [
    { kind: 'reader_unknown' },
    'no row of it at this artefact, and features_offline has no column artefact that says whether it reads it',
  ],
  [{ kind: 'never_in_training' }, 'never there in training'],
];

describe('a reason', () => {
  it.each(SPELLED.map(([reason, name, more]) => ({ reason, name, more })))('$reason', ({ reason, name, more }) => {
    expect(nameOf(reason)).toBe(name);
    expect(spelled(reason)).toBe(more === undefined ? name : `${name}: ${more}`);
  });

  it('of a finding ends with the rows that would settle it, where such are known', () => {
    const reason: Reason = { kind: 'underpowered' };
    expect(reasonOf({ reason })).toBe(spelled(reason));
    expect(reasonOf({ reason, rowsToSettle: 120_000 })).toBe(
      `${spelled(reason)}; about 120,000 rows of this slice would settle it`,
    );
  });
});

describe('the kinds', () => {
  it('are all spelled above', () => {
    expect([...new Set(SPELLED.map(([{ kind }]) => kind))].sort()).toEqual([...REASON_KINDS].sort());
  });

  it('are those of the report’s schema', () => {
    const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../gates/report.schema.json'), 'utf8'));
    const found = JSON.stringify(schema).match(/"kind":\{"enum":(\["within_margin"[^\]]*\])/);
    expect(JSON.parse(found![1]!)).toEqual(REASON_KINDS);
  });
});
