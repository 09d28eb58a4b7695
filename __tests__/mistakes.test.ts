/** A corpus of wrong inputs: each is exit status 2 with one actionable message at the right place, never a pass, never a trace. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { externalBytes, lookupTower, onnx } from './support/onnx.js';
import { digest, goodFiles, Project, policyText, RELEASE } from './support/project.js';

const POLICY = 'gates/gate.yml';
const MODEL = 'models/release.yml';
const RULE = '- {metric: log_loss, max_increase: 5%, at: production, slices: [all, tier]}';

type Case = readonly [title: string, spoil: (project: Project) => unknown, message: RegExp];

/** Replaces one cell of the eval rows: `line` counts from 2 (line 1 is the header). */
function cell(project: Project, line: number, column: string, value: string): Project {
  const lines = project.read('eval/rows.csv').trimEnd().split('\n');
  const index = lines[0]!.split(',').indexOf(column);
  const cells = lines[line - 1]!.split(',');
  cells[index] = value;
  lines[line - 1] = cells.join(',');
  return project.rows(`${lines.join('\n')}\n`);
}

const HEAD = 'request,item,clicked,weight,user,tier,source,query_index,item_index';

const policyMistakes: Case[] = [
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
    /:15:18: "metric" is "logloss"; expected a metric id: log_loss, .*Did you mean "log_loss"\?/,
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
    /:4:9: eval_set.rows at "..\/eval\/nothing.csv", where no file is.*Looked for eval\/nothing.csv/,
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
    /:4:9: a table with the ending "\.xlsx"; expected \.parquet, \.csv, \.tsv or \.jsonl/,
  ],
];

const releaseMistakes: Case[] = [
  ['no such release', (p) => p.write(MODEL, ''), /^models\/release\.yml:1:1: an empty file/],
  [
    'an unknown key',
    (p) => p.edit(MODEL, 'live: v3', 'live: v3\nverions: 1'),
    /models\/release\.yml:3:1: unknown key "verions"/,
  ],
  [
    'compare_with where no file is',
    (p) => p.edit(MODEL, 'live: v3', 'live: v3\ncompare_with: other.yml'),
    /:3:15: compare_with at "other.yml", where no file is; expected the release file of the family that serves today/,
  ],
  [
    'compare_with outside the workspace',
    (p) => p.edit(MODEL, 'live: v3', 'live: v3\ncompare_with: ../../other.yml'),
    /:3:15: compare_with at "..\/..\/other.yml", outside the workspace/,
  ],
  [
    'compare_with itself',
    (p) => p.edit(MODEL, 'live: v3', 'live: v3\ncompare_with: release.yml'),
    /:3:15: a release compared with itself/,
  ],
  [
    'a mistake in the release that it is compared with',
    (p) =>
      p
        .write('models/other.yml', p.read(MODEL).replace('live: v3', 'live: v9'))
        .edit(MODEL, 'live: v3', 'live: v3\ncompare_with: other.yml'),
    /models\/other.yml:2:7: live version "v9"/,
  ],
  [
    'no compare_with where a rule needs it',
    (p) => p.edit(POLICY, 'max_increase: 5%', 'min_retained_gain: 50%'),
    /release.yml:1:1: no compare_with, which min_retained_gain at gates\/gate.yml:15 needs; .* Write: compare_with:/,
  ],
  [
    'too few versions for the anchors',
    (p) => p.edit(POLICY, 'to: 2}', 'to: 2, anchors: 3}'),
    /:3:11: 3 versions from "v3" backwards; expected at least 5, as the sweep from -1 to 2 over 3 anchors/,
  ],
  [
    'a live version that is not listed',
    (p) => p.edit(MODEL, 'live: v3', 'live: v33'),
    /:2:7: live version "v33", which `versions` does not list; expected one of v3, v2 and v1. Did you mean "v3"\?/,
  ],
  ['a version twice', (p) => p.edit(MODEL, '[v3, v2, v1]', '[v3, v2, v2]'), /:3:20: version "v2" a second time/],
  [
    'too few versions for the sweep',
    (p) => p.edit(MODEL, '[v3, v2, v1]', '[v3, v2]'),
    /:3:11: 2 versions from "v3" backwards; expected at least 3, as the sweep from -1 to 2 of gates\/gate.yml:13/,
  ],
  [
    'a version that climbs out of its folder',
    (p) => p.edit(MODEL, 'v1]', '../v1]'),
    /:3:20: entry 3 of "versions" is "..\/v1"; expected a version's name/,
  ],
  [
    'neither onnx nor embeddings',
    (p) => p.edit(MODEL, 'item_tower:\n  onnx: item/{version}.onnx', 'item_tower:\n  output: embedding'),
    /:6:1: item_tower with neither onnx nor embeddings/,
  ],
  [
    'both onnx and embeddings',
    (p) => p.edit(MODEL, 'onnx: item/{version}.onnx', 'onnx: item/{version}.onnx\n  embeddings: e/{version}.parquet'),
    /:6:1: item_tower with both onnx and embeddings/,
  ],
  [
    'an item tower without {version}',
    (p) => p.edit(MODEL, 'item/{version}.onnx', 'item/v3.onnx'),
    /:7:9: a path without \{version\}/,
  ],
  [
    'a missing checkpoint',
    (p) => p.edit(MODEL, 'item/{version}.onnx', 'itme/{version}.onnx'),
    /:7:9: no item checkpoint of "v3" at "itme\/v3.onnx".*Looked for models\/itme\/v3.onnx/,
  ],
  [
    'a checkpoint outside the workspace',
    (p) => p.edit(MODEL, 'item/{version}.onnx', '../../{version}.onnx'),
    /:7:9: item checkpoint "v3" at "..\/..\/v3.onnx", outside the workspace/,
  ],
  [
    'a query checkpoint that the sweep needs',
    (p) => p.edit(MODEL, 'query/{version}.onnx', 'query/v3.onnx'),
    /:5:9: a query tower without \{version\}; expected old query checkpoints, as the sweep starts at distance -1/,
  ],
  [
    'a checkpoint that differs from its pin',
    (p) => p.edit(MODEL, 'item/{version}.onnx', `item/{version}.onnx\n  sha256: {v2: ${digest('other')}}`),
    /:8:16: sha256 \w{12}… of item checkpoint "v2", but models\/item\/v2.onnx has/,
  ],
  [
    'a pin of an unknown version',
    (p) => p.edit(MODEL, 'item/{version}.onnx', `item/{version}.onnx\n  sha256: {v9: ${digest('other')}}`),
    /:8:12: a digest of "v9", which `versions` does not list/,
  ],
  [
    'no pins where the policy requires them',
    (p) => p.edit(POLICY, 'policy: test-gate', 'policy: test-gate\nrequire_pins: true'),
    /models\/release\.yml:4:1: no sha256 of query checkpoint "v3"; expected one for every checkpoint.*skewgate pin models\/release.yml/,
  ],
  [
    'a similarity that is none',
    (p) => p.edit(MODEL, 'dot', 'dott'),
    /:8:21: "similarity" is "dott"; expected one of dot, cosine and max_sim. Did you mean "dot"\?/,
  ],
  [
    'a scale of an unknown version',
    (p) => p.edit(MODEL, 'link: sigmoid', 'link: sigmoid, scale: {v8: 1}'),
    /:8:49: scale of "v8", which `versions` does not list/,
  ],
  [
    'no scale of a version that is scored',
    (p) => p.edit(MODEL, 'link: sigmoid', 'link: sigmoid, scale: {v3: 1}'),
    /:8:48: no scale of query version "v2"/,
  ],
  [
    'a mask without padding',
    (p) =>
      p.edit(
        MODEL,
        'item/{version}.onnx',
        'item/{version}.onnx\n  inputs: {item_index: {column: item_index, mask: m}}',
      ),
    /:8:45: a mask without a pad value/,
  ],
];

const towerMistakes: Case[] = [
  [
    'a file that is no ONNX',
    (p) => p.write('models/item/v2.onnx', 'no model at all\n'),
    /models\/item\/v2.onnx: item checkpoint "v2" that is no ONNX model.*git lfs pull/,
  ],
  [
    'a pointer of Git LFS in place of a checkpoint',
    (p) => p.write('models/item/v2.onnx', 'version https://git-lfs.github.com/spec/v1\n'),
    /models\/item\/v2.onnx: a Git LFS pointer in place of the file; .* Run: git lfs pull$/,
  ],
  [
    'a checkpoint that is cut short',
    (p) => p.write('models/item/v2.onnx', onnx(lookupTower([[1, 2, 3, 4]], 'item_index')).subarray(0, 60)),
    /models\/item\/v2.onnx: item checkpoint "v2" that is no ONNX model \(it is cut short\)/,
  ],
  [
    'an input that no column feeds',
    (p) => p.write('models/item/v2.onnx', onnx(lookupTower([[1, 2, 3, 4]], 'itm_index'))),
    /eval\/rows.csv: no column "itm_index", which input "itm_index" of models\/item\/v2.onnx reads.*Did you mean "item_index"\?/,
  ],
  [
    'a surplus input',
    (p) => p.edit(MODEL, 'item/{version}.onnx', 'item/{version}.onnx\n  inputs: {item_indx: item_index}'),
    /models\/release.yml:8:12: input "item_indx", which models\/item\/v3.onnx does not have; expected one of "item_index". Did you mean "item_index"\?/,
  ],
  [
    'several outputs without a choice',
    (p) => {
      const m = lookupTower([[1, 2, 3, 4]], 'item_index');
      p.write(
        'models/item/v3.onnx',
        onnx({
          ...m,
          outputs: [...m.outputs, { name: 'other', type: 'float32', shape: ['batch', 4] }],
          nodes: [...m.nodes, { op: 'Identity', inputs: ['embedding'], outputs: ['other'] }],
        }),
      );
    },
    /models\/release.yml:6:1: 2 outputs in models\/item\/v3.onnx: "embedding" and "other".*Write: output: embedding/,
  ],
  [
    'an output that does not exist',
    (p) => p.edit(MODEL, 'item/{version}.onnx', 'item/{version}.onnx\n  output: embeding'),
    /:8:11: output "embeding", which models\/item\/v3.onnx does not have.*Did you mean "embedding"\?/,
  ],
  [
    'a custom operator',
    (p) => {
      const m = lookupTower(Array(50).fill([1, 2, 3, 4]), 'item_index');
      p.write(
        'models/item/v1.onnx',
        onnx({
          ...m,
          nodes: [
            { ...m.nodes[0]!, outputs: ['x'] },
            { op: 'Foo', domain: 'com.acme', inputs: ['x'], outputs: ['embedding'] },
          ],
        }),
      );
    },
    /models\/item\/v1.onnx: operator "com.acme:Foo" in item checkpoint "v1", which ONNX does not define/,
  ],
  [
    'dimensions that differ between towers',
    (p) => p.write('models/item/v2.onnx', onnx(lookupTower(Array(50).fill([1, 2, 3]), 'item_index'))),
    /models\/item\/v2.onnx: embeddings of 3 numbers from item checkpoint "v2", against 4 from query checkpoint "v2"/,
  ],
  [
    'an index that the tower does not have',
    (p) => p.write('models/item/v2.onnx', onnx(lookupTower(Array(5).fill([1, 2, 3, 4]), 'item_index'))),
    /models\/item\/v2.onnx: item checkpoint "v2" that fails on item "i\d+" … "i\d+" \(.*expected inputs that it takes: "item_index" int64 \[batch\]/,
  ],
  [
    'NaN in an embedding',
    (p) => {
      const t = Array.from({ length: 50 }, () => [1, 2, 3, 4]);
      t[7]![2] = Number.NaN;
      p.write('models/item/v2.onnx', onnx(lookupTower(t, 'item_index')));
    },
    /models\/item\/v2.onnx: NaN or infinity in the embedding of item "i7" in version "v2"/,
  ],
  [
    'a zero embedding',
    (p) => {
      const t = Array.from({ length: 50 }, () => [1, 2, 3, 4]);
      t[9] = [0, 0, 0, 0];
      p.write('models/item/v2.onnx', onnx(lookupTower(t, 'item_index')));
    },
    /models\/item\/v2.onnx: a zero embedding of item "i9" in version "v2"/,
  ],
  [
    'an output of the wrong rank',
    (p) => {
      const m = lookupTower(Array(50).fill([1, 2, 3, 4]), 'item_index');
      p.write(
        'models/item/v2.onnx',
        onnx({
          ...m,
          outputs: [{ name: 'embedding', type: 'float32', shape: ['batch', 1, 4] }],
          nodes: [
            { ...m.nodes[0]!, outputs: ['x'] },
            { op: 'Unsqueeze', inputs: ['x', 'axes'], outputs: ['embedding'] },
          ],
          initializers: [...m.initializers!, { name: 'axes', type: 'int64', shape: [1], values: [1] }],
        }),
      );
    },
    /output "embedding" of item checkpoint "v2" with shape \[\d+, 1, 4\]; expected \[batch, dimension\].*max_sim/,
  ],
  [
    'a fraction for an integer input',
    (p) => cell(p, 5, 'item_index', '2.5'),
    /eval\/rows.csv:5:1: row 4, column "item_index" is 2.5; expected a value that fits int64, for input "item_index" of models\/item\/v3.onnx/,
  ],
  [
    'a missing feature',
    (p) => cell(p, 5, 'item_index', ''),
    /eval\/rows.csv:5:1: row 4, column "item_index" is missing; expected a value for input "item_index"/,
  ],
  [
    'external data outside the release',
    (p) => {
      p.write('secret.bin', 'x');
      const m = lookupTower([[1, 2, 3, 4]], 'item_index');
      p.write(
        'models/item/v2.onnx',
        onnx({ ...m, initializers: [{ ...m.initializers![0]!, external: '../../secret.bin' }] }),
      );
    },
    /models\/item\/v2.onnx: external data at "..\/..\/secret.bin" in version "v2"; expected the path of a file beside the checkpoint/,
  ],
  [
    'external data that the pin leaves out',
    (p) => {
      const m = lookupTower([[1, 2, 3, 4]], 'item_index');
      const external = { ...m.initializers![0]!, external: 'w.bin' };
      p.write('models/item/w.bin', externalBytes(external));
      p.write('models/item/v2.onnx', onnx({ ...m, initializers: [external] }));
      const pins = (side: string) =>
        `{${['v3', 'v2', 'v1'].map((v) => `${v}: ${digest(p.bytes(`models/${side}/${v}.onnx`))}`).join(', ')}}`;
      p.edit(MODEL, 'query/{version}.onnx', `query/{version}.onnx\n  sha256: ${pins('query')}`);
      p.edit(MODEL, 'item/{version}.onnx', `item/{version}.onnx\n  sha256: ${pins('item')}`);
      p.edit(POLICY, 'policy: test-gate', 'policy: test-gate\nrequire_pins: true');
    },
    /models\/release.yml:9:86: sha256 \w{12}… of item checkpoint "v2", the digest of models\/item\/v2.onnx alone, .*run: skewgate pin models\/release.yml/,
  ],
  [
    'external data that is missing',
    (p) => {
      const m = lookupTower([[1, 2, 3, 4]], 'item_index');
      p.write('models/item/v2.onnx', onnx({ ...m, initializers: [{ ...m.initializers![0]!, external: 'w.bin' }] }));
    },
    /models\/item\/v2.onnx: external data at "w.bin" in version "v2", which is missing; expected the file "models\/item\/w.bin"/,
  ],
  [
    'an input that reads the label',
    (p) => p.edit(MODEL, 'item/{version}.onnx', 'item/{version}.onnx\n  inputs: {item_index: clicked}'),
    /models\/release.yml:8:12: input "item_index" of models\/item\/v3.onnx, which reads "clicked", the label; expected features that are known before the outcome is/,
  ],
  [
    'the label among gathered columns',
    (p) => {
      const m = lookupTower(Array(180).fill([1, 2, 3, 4]), 'q');
      p.write('models/query/v3.onnx', onnx({ ...m, inputs: [{ ...m.inputs[0]!, shape: ['batch', 2] }] }));
      p.edit(MODEL, 'query/{version}.onnx', 'query/{version}.onnx\n  inputs: {q: [weight, clicked]}');
    },
    /models\/release.yml:6:12: input "q" of models\/query\/v3.onnx, which reads "clicked", the label/,
  ],
  [
    'the label under another name',
    (p) => {
      const lines = p.read('eval/rows.csv').trimEnd().split('\n');
      const copy = lines.map((line, r) => `${line},${r === 0 ? 'was_clicked' : line.split(',')[2]}`);
      p.rows(`${copy.join('\n')}\n`).edit(
        MODEL,
        'item/{version}.onnx',
        'item/{version}.onnx\n  inputs: {item_index: was_clicked}',
      );
    },
    /eval\/rows.csv: column "was_clicked", which input "item_index" of models\/item\/v3.onnx reads and which is the label "clicked" in every row; expected features that are known before the outcome is/,
  ],
  [
    'a label by the name of the input alone',
    (p) => p.write('models/item/v2.onnx', onnx(lookupTower([[1, 2, 3, 4]], 'clicked'))),
    /models\/release.yml:6:1: input "clicked" of models\/item\/v2.onnx, which reads "clicked", the label/,
  ],
  [
    'the label as a list, in the family that serves today',
    (p) =>
      p
        .write(
          'models/other.yml',
          p
            .read(MODEL)
            .replace('item/{version}.onnx', 'item/{version}.onnx\n  inputs: {item_index: {column: clicked, pad: 0}}'),
        )
        .edit(MODEL, 'live: v3', 'live: v3\ncompare_with: other.yml'),
    /models\/other.yml:8:12: input "item_index" of models\/item\/v3.onnx, which reads "clicked", the label/,
  ],
  [
    'a batch of no entity',
    (p) => p.edit(MODEL, 'item/{version}.onnx', 'item/{version}.onnx\n  batch: 0'),
    /models\/release.yml:8:10: "batch" is 0; expected a whole number from 1 to 65536/,
  ],
  [
    'a batch of precomputed embeddings',
    (p) => p.edit(MODEL, 'onnx: item/{version}.onnx', 'embeddings: e/{version}.parquet\n  batch: 8'),
    /models\/release.yml:8:3: batch of precomputed embeddings; expected batch only with onnx. Remove it/,
  ],
  [
    'external data behind a link',
    (p) => {
      const m = lookupTower([[1, 2, 3, 4]], 'item_index');
      const outside = join(p.folder, 'outside');
      mkdirSync(outside);
      writeFileSync(join(outside, 'w.bin'), externalBytes(m.initializers![0]!));
      symlinkSync(join(outside, 'w.bin'), join(p.folder, 'models/item/w.bin'));
      p.write('models/item/v2.onnx', onnx({ ...m, initializers: [{ ...m.initializers![0]!, external: 'w.bin' }] }));
    },
    /external data at "w.bin", a link out of the release's folder/,
  ],
  [
    'embeddings that are no Parquet',
    (p) => {
      for (const v of ['v3', 'v2', 'v1']) p.write(`models/e/${v}.parquet`, 'PAR1');
      p.edit(MODEL, 'onnx: item/{version}.onnx', 'embeddings: e/{version}.parquet');
    },
    /models\/e\/v[23].parquet: a Parquet file that cannot be read/,
  ],
];

const rowMistakes: Case[] = [
  [
    'a label beyond 1',
    (p) => cell(p, 8, 'clicked', '1.7'),
    /eval\/rows.csv:8:1: row 7, column "clicked" is 1.7; expected a label between 0 and 1/,
  ],
  ['a label that is NaN', (p) => cell(p, 8, 'clicked', 'nan'), /eval\/rows.csv:8:1: row 7, column "clicked" is NaN/],
  [
    'a label that is missing',
    (p) => cell(p, 8, 'clicked', ''),
    /eval\/rows.csv:8:1: row 7, column "clicked" is missing/,
  ],
  [
    'a label that is a word',
    (p) => cell(p, 8, 'clicked', 'yes'),
    /^eval\/rows.csv:8:1: row 7, column "clicked" is "yes"; expected a label between 0 and 1\.$/,
  ],
  [
    'a negative weight',
    (p) => cell(p, 9, 'weight', '-1'),
    /eval\/rows.csv:9:1: row 8, column "weight" is -1; expected a weight of 0 or above/,
  ],
  ['an infinite weight', (p) => cell(p, 9, 'weight', 'inf'), /row 8, column "weight" is Infinity/],
  [
    'weights that are all 0',
    (p) => p.rows(p.read('eval/rows.csv').replace(/^(r\d+,i\d+,[01]),1,/gm, '$1,0,')),
    /weights that are all 0/,
  ],
  [
    'an empty slice value',
    (p) => cell(p, 9, 'tier', ''),
    /eval\/rows.csv:9:1: row 8, column "tier" is missing; expected a slice value/,
  ],
  [
    'a blank slice value',
    (p) => cell(p, 9, 'tier', ' '),
    /eval\/rows.csv:9:1: row 8, column "tier" is empty; expected a slice value/,
  ],
  [
    'a missing id',
    (p) => cell(p, 9, 'item', ''),
    /eval\/rows.csv:9:1: row 8, column "item" is missing; expected an id/,
  ],
  [
    'no rows',
    (p) => p.rows('request,item,clicked,weight,user,tier,source,query_index,item_index\n'),
    /eval\/rows.csv: a table without rows/,
  ],
  [
    'a row with too few cells',
    (p) => p.rows(`${p.read('eval/rows.csv')}r1,i1\n`),
    /eval\/rows.csv:\d+:1: CSV that cannot be read/,
  ],
  [
    'an id that the items table lacks',
    (p) => {
      const items = 'item,item_index\ni0,0\n';
      p.write('eval/items.csv', items).edit(
        POLICY,
        'sha256: {',
        `items: ../eval/items.csv\n  sha256: {items: ${digest(items)}, `,
      );
    },
    /eval\/rows.csv:\d+:1: row \d+, column "item" is "i\d+"; expected an id that eval\/items.csv has \(1 id\)/,
  ],
  [
    'an id twice in the items table',
    (p) => {
      const items = `item,item_index\n${Array.from({ length: 50 }, (_, i) => `i${i},${i}`).join('\n')}\ni3,3\n`;
      p.write('eval/items.csv', items).edit(
        POLICY,
        'sha256: {',
        `items: ../eval/items.csv\n  sha256: {items: ${digest(items)}, `,
      );
    },
    /eval\/items.csv:52:1: row 51, column "item" is "i3" again \(first in row 4\); expected every id once/,
  ],
  [
    'a pointer of Git LFS in place of the rows, whose digest is another',
    (p) => p.write('eval/rows.csv', 'version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 1\n'),
    /^gates\/gate.yml:4:9: a Git LFS pointer in place of the file eval\/rows.csv; expected the file itself. Run: git lfs pull$/,
  ],
  [
    'a pointer of Git LFS in place of the rows, pinned as it is',
    (p) => p.rows('version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 1\n'),
    /a Git LFS pointer in place of the file eval\/rows.csv; .* Run: git lfs pull$/,
  ],
  [
    'a pointer of DVC in place of production’s counts',
    (p) =>
      p
        .write('gates/counts.csv', 'outs:\n- md5: ab\n  size: 1\n  path: counts.csv\n')
        .edit(POLICY, '{0: 0.7, 1: 0.3}', '{counts: counts.csv}'),
    /^gates\/gate.yml:10:23: a DVC pointer in place of the file gates\/counts.csv; expected the file itself. Run: dvc pull gates\/counts.csv$/,
  ],
  [
    'a pointer of git-annex in place of a manifest',
    (p) =>
      p
        .write('gates/manifest.json', '/annex/objects/SHA256E-s12--ab.json\n')
        .edit(POLICY, '{0: 0.7, 1: 0.3}', '{manifest: manifest.json}'),
    /^gates\/gate.yml:10:25: a git-annex pointer in place of the file gates\/manifest.json; .* Run: git annex get gates\/manifest.json$/,
  ],
  [
    'a manifest whose entry has a key twice',
    (p) =>
      p
        .write('gates/manifest.json', '[{"item_version": "v3", "items": 1, "items": 9}]')
        .edit(POLICY, '{0: 0.7, 1: 0.3}', '{manifest: manifest.json}'),
    /^gates\/manifest.json: key "items" twice in one entry; expected every key once/,
  ],
  [
    'an id that a spreadsheet has rounded',
    (p) => cell(p, 9, 'request', '1.7E+18'),
    /^eval\/rows.csv:9:1: row 8, column "request" is "1.7E\+18", a number that has been rounded; expected an id.* Write it as a text/,
  ],
  [
    'a slice value in Latin-1',
    (p) => {
      const text = Buffer.from(p.read('eval/rows.csv').replace(',small,', ',gro\u00df,'), 'latin1');
      p.write(POLICY, policyText('x').replace(digest('x'), digest(text))).write('eval/rows.csv', text);
    },
    /^eval\/rows.csv:2:18: row 1, column "tier" is "gro.", in which byte 0xdf is not UTF-8; expected text in UTF-8/,
  ],
  [
    'two rows of one pair, one of which was clicked',
    (p) => p.rows(`${HEAD}\nr1,i1,1,1,u1,small,feed,1,1\nr2,i1,1,1,u1,small,feed,1,1\nr1,i1,0,1,u1,small,feed,1,1\n`),
    /^eval\/rows.csv:4:1: row 3, column "clicked" is 0, where row 1 has 1 for the same \(query, item\) pair; expected one label a pair that repeats, as the rows differ in nothing else. Keep one row a pair/,
  ],
  [
    'two rows of one pair of different weight, after one that differs in a slice',
    (p) => p.rows(`${HEAD}\nr1,i1,1,1,u1,small,feed,1,1\nr1,i1,0,1,u1,small,ads,1,1\nr1,i1,0,2,u1,small,ads,1,1\n`),
    /^eval\/rows.csv:4:1: row 3, column "weight" is 2, where row 2 has 1 for the same \(query, item\) pair/,
  ],
  [
    'rows of JSON that are none',
    (p) => {
      const text = '{"request": 1}\n{"request": \n';
      p.write('eval/rows.jsonl', text);
      p.write(POLICY, policyText(text).replace('rows.csv', 'rows.jsonl'));
    },
    /eval\/rows.jsonl:2:\d+: a line that is no JSON/,
  ],
];

describe.each([
  ['a policy with', policyMistakes],
  ['a release with', releaseMistakes],
  ['towers with', towerMistakes],
  ['an eval set with', rowMistakes],
])('%s', (_, cases) => {
  let project: Project;
  afterEach(() => project.remove());

  it.each(cases)('%s is refused', async (_title, spoil, message) => {
    project = new Project(goodFiles());
    spoil(project);
    const outcome = await project.judge();
    expect(outcome.message).toMatch(message);
    expect(outcome.status).toBe(2);
    expect(outcome.message).not.toMatch(/\n\s+at |undefined|\[object/);
  });
});

describe('several mistakes', () => {
  let project: Project;
  afterEach(() => project.remove());

  it('of one file are all reported at once', async () => {
    project = new Project();
    project
      .edit(POLICY, 'metric: log_loss', 'metric: logloss')
      .edit(POLICY, 'at: each', 'att: each')
      .edit(POLICY, '1: 0.3}', '1: 3}');
    const { status, error } = await project.judge();
    expect(status).toBe(2);
    expect(error?.problems.length).toBe(3);
  });

  it('of many rows are listed up to five and then counted', async () => {
    project = new Project();
    project.rows(project.read('eval/rows.csv').replace(/,feed,/g, ',,'));
    const { status, error, message } = await project.judge();
    expect(status).toBe(2);
    expect(error?.problems.length).toBe(5);
    expect(message).toMatch(/and 1,795 more rows/);
  });
});

describe('the release of the tests', () => {
  it('is the one that the mistakes are made in', () => {
    expect(goodFiles()['models/release.yml']).toBe(RELEASE);
  });
});
