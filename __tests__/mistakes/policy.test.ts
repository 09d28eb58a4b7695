/** A policy whose text, checks or rules are wrong. */
import { POLICY, refuses } from '../support/mistakes.js';

const RULE = '- {metric: log_loss, max_increase: 5%, at: production, slices: [all, tier]}';

refuses('a policy with', [
  [
    'a cadence whose units are mixed up',
    (p) =>
      p.edit(
        POLICY,
        '{0: 0.7, 1: 0.3}',
        '{cadence: {checkpoint_period: 1m, build_period: 24h, build_duration: 1000000w, rollout: 1h}}',
      ),
    /^gates\/gate.yml:10:14: a cadence whose oldest index is 10,080,001,500 checkpoints behind; expected at most 10,000. Compare checkpoint_period/,
  ],
  [
    'a pointer in place of the policy',
    (p) => p.write(POLICY, 'version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 1\n'),
    /^gates\/gate\.yml: a Git LFS pointer in place of the file; .* Run: git lfs pull/,
  ],
  [
    'bytes that are not UTF-8',
    (p) => p.write(POLICY, Buffer.from(p.read(POLICY).replace('test-gate', 'pr\u00fcfung'), 'latin1')),
    /^gates\/gate\.yml:2:11: byte 0xfc, which is not UTF-8; expected a YAML file in UTF-8/,
  ],
  [
    'YAML that does not parse',
    (p) => p.edit(POLICY, 'slices: [tier, source]', 'slices: [tier, source'),
    /^gates\/gate\.yml:\d+:\d+: YAML that cannot be read/,
  ],
  [
    'a key twice',
    (p) => p.edit(POLICY, 'policy: test-gate', 'policy: test-gate\npolicy: again'),
    /^gates\/gate\.yml:3:1: key "policy", a key that stands twice/,
  ],
  [
    'no number of ids to list',
    (p) => p.edit(POLICY, '    sweep: {from: -1', '    list_losing: 0\n    sweep: {from: -1'),
    /^gates\/gate\.yml:13:18: "list_losing" is 0; expected a whole number from 1 to 100000: .*Write: list_losing: 100/,
  ],
  [
    'a list of ids at the top level',
    (p) => p.edit(POLICY, 'policy: test-gate', 'policy: test-gate\nlist_losing: 10'),
    /^gates\/gate\.yml:3:1: unknown key "list_losing"/,
  ],
  ['an empty file', (p) => p.write(POLICY, '# nothing\n'), /^gates\/gate\.yml:1:1: an empty file/],
  [
    'a list instead of a mapping',
    (p) => p.write(POLICY, '- a\n'),
    /^gates\/gate\.yml:1:1: the file is \["a"\]; expected a mapping/,
  ],
  [
    'an unknown key',
    (p) => p.edit(POLICY, 'max_increase: 5%', 'max_incraese: 5%'),
    /:15:28: unknown key "max_incraese"; expected one of .*Did you mean "max_increase"\? Write: max_increase: 1%/,
  ],
  [
    'a rule with two operators',
    (p) => p.edit(POLICY, 'max_increase: 5%', 'max_increase: 5%, max: 1'),
    /:15:46: a rule with max_increase and max; expected exactly one/,
  ],
  [
    'a rule without an operator',
    (p) => p.edit(POLICY, ', max_increase: 5%', ''),
    /:15:9: a rule without an operator.*Write: \{metric: log_loss, max_increase: 1%\}/,
  ],
  [
    'a threshold of the wrong type',
    (p) => p.edit(POLICY, 'max_increase: 5%', 'max_increase: [5]'),
    /:15:42: "max_increase" is \[5\]; expected a percentage.*Write: max_increase: 1%/,
  ],
  [
    'a threshold with a unit that is none',
    (p) => p.edit(POLICY, '5%, at: production', '5 pct, at: production'),
    /:15:42: "max_increase" is "5 pct"; expected a percentage/,
  ],
  [
    'a negative threshold',
    (p) => p.edit(POLICY, '5%, at: production', '-0.05, at: production'),
    /:15:42: "max_increase" is -0.05; expected a percentage/,
  ],
  ['NaN as a threshold', (p) => p.edit(POLICY, '5%, at: production', '.nan, at: production'), /:15:(28|42): /],
  [
    'an unknown metric',
    (p) => p.edit(POLICY, 'metric: log_loss', 'metric: logloss'),
    /:15:18: "metric" is "logloss"; expected a metric id: log_loss, .*Did you mean "log_loss"\? Write: metric: log_loss$/,
  ],
  [
    'a metric by the name that it has elsewhere',
    (p) => p.edit(POLICY, 'metric: log_loss', 'metric: auc'),
    /:15:18: "metric" is "auc"; expected a metric id: .*\. Did you mean "roc_auc"\? Write: metric: roc_auc$/,
  ],
  [
    'a metric that is not measured, and the one that takes its place',
    (p) => p.edit(POLICY, 'metric: log_loss', 'metric: precision@5'),
    /Did you mean "recall@5"\? precision@K is recall@K times relevant items \/ K, query by query\. Write: metric: recall@5$/,
  ],
  [
    'a mistyped ranking metric',
    (p) => p.edit(POLICY, 'metric: log_loss', 'metric: recal@5'),
    /Did you mean "recall@5"\? Write: metric: recall@5$/,
  ],
  [
    'a gain of a metric that has none',
    (p) => p.edit(POLICY, RULE, '- {metric: log_loss, gain: exponential, max_increase: 5%, at: production}'),
    /^gates\/gate.yml:15:34: a gain beside "log_loss"; expected a gain only with ndcg@K. Leave it out\.$/,
  ],
  [
    'linear gain of a metric that has no other',
    (p) => p.edit(POLICY, RULE, '- {metric: recall@3, gain: linear, max_decrease: 5%, at: production}'),
    /:15:34: a gain beside "recall@3"; expected a gain only with ndcg@K/,
  ],
  [
    'a gain that is none',
    (p) => p.edit(POLICY, RULE, '- {metric: ndcg@3, gain: log, max_decrease: 5%, at: production}'),
    /:15:32: "gain" is "log"; expected .*linear.*exponential/,
  ],
  [
    'two gains of one metric',
    (p) =>
      p.edit(
        POLICY,
        RULE,
        '- {metric: ndcg@3, gain: exponential, max_decrease: 5%, at: [1]}\n      - {metric: ndcg@3, max_decrease: 9%, at: [2]}',
      ),
    /:16:18: "ndcg@3" with linear and with exponential gain; expected one gain .*Write: \{metric: ndcg@3, gain: exponential\}/,
  ],
  [
    'a highest grade below 1',
    (p) => p.edit(POLICY, 'slices: [tier, source]', 'slices: [tier, source]\n  grades: 0'),
    /:\d+:11: "grades" is 0; expected the highest grade/,
  ],
  [
    'a ranking metric without its cut-off',
    (p) => p.edit(POLICY, 'metric: log_loss', 'metric: recall'),
    /:15:18: "metric" is "recall"/,
  ],
  [
    'a slice that is no slice column',
    (p) => p.edit(POLICY, '[all, tier]', '[all, teir]'),
    /:15:76: "teir", which is no slice column; expected one of eval_set.slices: tier and source. Did you mean "tier"\?/,
  ],
  [
    'a cross of a column with itself',
    (p) => p.edit(POLICY, '[all, tier]', '["tier*tier"]'),
    /:15:71: "tier\*tier", which crosses a column with itself/,
  ],
  [
    'a slice column that the rows lack',
    (p) => p.edit(POLICY, 'slices: [tier, source]', 'slices: [tier, sorce]'),
    /gates\/gate\.yml:7:18: column "sorce", which eval\/rows.csv does not have.*Did you mean "source"\?/,
  ],
  [
    'no rule at all',
    (p) =>
      p.edit(
        POLICY,
        `      ${RULE}\n      - metric: calibration_shift\n        max_change: 5%\n        at: each\n`,
        '      []\n',
      ),
    /"require" is \[\]; expected a list of at least one rule/,
  ],
  [
    'no checks',
    (p) => p.write(POLICY, `${p.read(POLICY).split('checks:')[0]}checks: {}\n`),
    /"checks" is \{\}; expected a mapping with at least one check/,
  ],
  [
    'a table of evidence that is wrong, before a tower is opened',
    (p) => {
      p.edit(POLICY, 'checks:\n', 'checks:\n  serving-health: {}\n');
      p.edit('models/release.yml', 'live: v3', 'live: v3\nevidence: {serving_health: health.csv}');
      p.write('models/health.csv', 'arm,tower,stage,requests\n');
      return p.write('models/item/v1.onnx', 'no model');
    },
    /health.csv: a table serving_health without "successes"/,
  ],
  [
    'a check that does not exist',
    (p) => p.edit(POLICY, '  version-skew:', '  version-skwe:'),
    /unknown key "version-skwe".*Did you mean "version-skew"\?/,
  ],
]);
