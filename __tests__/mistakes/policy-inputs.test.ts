/** A policy that is wrong about production, the sweep, the eval set, or the families that it compares. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { POLICY, refuses } from '../support/mistakes.js';
import { digest, policyText } from '../support/project.js';

refuses('a policy with', [
  [
    'masses that do not sum to 1',
    (p) => p.edit(POLICY, '1: 0.3}', '1: 0.4}'),
    /:10:14: masses that sum to 1.1; expected masses that sum to 1/,
  ],
  [
    'a negative mass',
    (p) => p.edit(POLICY, '{0: 0.7, 1: 0.3}', '{0: 1.3, 1: -0.3}'),
    /:10:26: "1" is -0.3; expected a mass between 0 and 1/,
  ],
  [
    'a distance that is no whole number',
    (p) => p.edit(POLICY, '{0: 0.7, 1: 0.3}', '{0: 0.7, 1.5: 0.3}'),
    /:10:23: the key "1.5"; expected a histogram of version distances/,
  ],
  [
    'a histogram of an unknown slice value',
    (p) => p.edit(POLICY, '{0: 0.7, 1: 0.3}', '{by: tier, slices: {small: {0: 1}, large: {1: 1}, huge: {0: 1}}}'),
    /:10:64: a histogram of tier "huge", of which the eval set has no row/,
  ],
  [
    'a slice value without a histogram',
    (p) => p.edit(POLICY, '{0: 0.7, 1: 0.3}', '{by: tier, slices: {small: {0: 1}}}'),
    /:10:14: no histogram of tier "large", which the eval set has/,
  ],
  [
    'at: production without production',
    (p) => p.edit(POLICY, 'production:\n  mix: per_request\n  distances: {0: 0.7, 1: 0.3}\n', ''),
    /:12:50: at: production in a policy without `production`/,
  ],
  [
    'a distance that is not swept',
    (p) => p.edit(POLICY, 'at: each', 'at: [1, 9]'),
    /:18:17: distance 9, which is not swept; expected 0, or one from -1 to 2/,
  ],
  [
    'a change at distance 0 alone',
    (p) => p.edit(POLICY, 'at: each', 'at: [0]'),
    /:18:13: max_change at distance 0; expected another distance/,
  ],
  ['a sweep of nothing', (p) => p.edit(POLICY, '{from: -1, to: 2}', '{to: 0}'), /:13:12: a sweep of distance 0 alone/],
  [
    'a sweep upside down',
    (p) => p.edit(POLICY, '{from: -1, to: 2}', '{from: 3, to: 2}'),
    /:13:19: a sweep from 3 to 2; expected from at most to/,
  ],
  [
    'a confidence that is none',
    (p) => p.edit(POLICY, 'sweep: {from: -1, to: 2}', 'sweep: {from: -1, to: 2}\n    confidence: 5%'),
    /:14:17: "confidence" is "5%"; expected the one-sided confidence/,
  ],
  [
    'no digest',
    (p) => p.write(POLICY, p.read(POLICY).replace(/sha256: \{rows: \w+\}/, 'sha256: {}')),
    /:5:3: no sha256 of "rows"; expected one digest per file. Run: skewgate pin gates\/gate.yml/,
  ],
  [
    'a digest of a file that is not named',
    (p) => p.edit(POLICY, 'sha256: {', `sha256: {items: ${digest('x')}, `),
    /:5:12: a digest of "items", which eval_set does not name/,
  ],
  [
    'a digest that is none',
    (p) => p.write(POLICY, p.read(POLICY).replace(/rows: [0-9a-f]{64}/, 'rows: abc')),
    /:5:18: "rows" is "abc"; expected a sha256: 64 hexadecimal digits/,
  ],
  [
    'a digest that differs',
    (p) => p.write('eval/rows.csv', `${p.read('eval/rows.csv')}r1,i1,1,1,u1,small,feed,1,1\n`),
    /:5:18: sha256 \w{12}… of "rows", but eval\/rows.csv has \w{12}…; expected the digest of the file.*skewgate pin/,
  ],
  [
    'rows that do not exist',
    (p) => p.edit(POLICY, '../eval/rows.csv', '../eval/nothing.csv'),
    /:4:9: eval_set.rows at "..\/eval\/nothing.csv", where no file is.*Looked for eval\/nothing.csv; nearest to it: "eval\/rows.csv"\.\)/,
  ],
  [
    'rows outside the workspace',
    (p) => p.edit(POLICY, '../eval/rows.csv', '../../../../../etc/passwd'),
    /:4:9: eval_set.rows at "[./]+etc\/passwd", outside the workspace/,
  ],
  [
    'rows behind a link out of the workspace',
    (p) => {
      symlinkSync('/etc', join(p.folder, 'eval/link'));
      p.edit(POLICY, '../eval/rows.csv', '../eval/link/passwd');
    },
    /:4:9: eval_set.rows at .*outside the workspace/,
  ],
  [
    'an alias bomb',
    (p) =>
      p.write(
        POLICY,
        `a: &a [x, x, x, x, x, x, x, x, x, x]\n${'bcdefgh'
          .split('')
          .map((c, i) => `${c}: &${c} [${Array(10).fill(`*${'abcdefgh'[i]}`).join(', ')}]`)
          .join('\n')}\n`,
      ),
    /^gates\/gate\.yml:\d+:\d+: YAML aliases that cannot be expanded/,
  ],
  [
    'weight_queries in the wrong place',
    (p) => p.edit(POLICY, 'checks:', 'weight_queries: true\nchecks:'),
    /:11:1: unknown key "weight_queries"/,
  ],
  [
    'recall over a catalogue that is not given',
    (p) =>
      p
        .edit(POLICY, 'metric: log_loss', 'metric: recall@5')
        .edit(POLICY, 'slices: [tier, source]', 'slices: [tier, source]\n  candidates: full'),
    /:16:18: "recall@5" over the full catalogue, without an items table/,
  ],
  [
    'one shard',
    (p) => p.edit(POLICY, 'mix: per_request', 'mix: per_shard\n  shards: 1'),
    /:10:11: "shards" is 1; expected a whole number, 2 or above/,
  ],
  [
    'two anchors',
    (p) => p.edit(POLICY, 'to: 2}', 'to: 1, anchors: 2}'),
    /:13:39: "anchors" is 2; expected a whole number, 3 or above/,
  ],
  [
    'a claim about the family without anchors',
    (p) => p.edit(POLICY, 'max_increase: 5%', 'max_increase: 5%, claim: family'),
    /:15:53: a claim about the family with one anchor; expected at least 3 live versions/,
  ],
  [
    'a claim about the family on a value',
    (p) => p.edit(POLICY, 'max_increase: 5%', 'max: 5, claim: family').edit(POLICY, 'to: 2}', 'to: 2, anchors: 3}'),
    /:15:43: claim: family beside max; expected one of max_increase, max_decrease and max_change/,
  ],
  [
    'a margin beside another operator',
    (p) => p.edit(POLICY, 'max_increase: 5%', 'max_increase: 5%, margin: 1%'),
    /:15:46: a margin beside max_increase; expected margin only with no_more_sensitive_than/,
  ],
  [
    'a comparison of what has no better direction',
    (p) => p.edit(POLICY, 'max_change: 5%', 'no_more_sensitive_than: production'),
    /:16:17: no_more_sensitive_than of "calibration_shift", of which neither more nor less is better/,
  ],
  [
    'a mix that is none',
    (p) => p.edit(POLICY, 'per_request', 'per_requests'),
    /:9:8: "mix" is "per_requests"; expected one of per_request, per_item and per_shard. Did you mean "per_request"\?/,
  ],
  [
    'a column in two roles',
    (p) => p.edit(POLICY, 'item: item', 'item: request'),
    /:6:35: column "request" as query and as item/,
  ],
  [
    'a column that the rows lack',
    (p) => p.edit(POLICY, 'label: clicked', 'label: clickd'),
    /:6:48: column "clickd", which eval\/rows.csv does not have; expected one of .*Did you mean "clicked"\?/,
  ],
  [
    'a table of an unknown kind',
    (p) => {
      p.write('eval/rows.xlsx', 'x');
      p.write(POLICY, policyText('x').replace('rows.csv', 'rows.xlsx'));
    },
    /:4:9: a table with the ending "\.xlsx"; expected \.parquet, \.csv, \.tsv, \.jsonl or \.json, /,
  ],
]);
