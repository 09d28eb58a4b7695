/** A release that is wrong. */
import { describe, expect, it } from 'vitest';
import { MODEL, POLICY, refuses } from '../support/mistakes.js';
import { digest, goodFiles, RELEASE } from '../support/project.js';

refuses('a release with', [
  [
    'SQL of another warehouse',
    (p) => p.edit(MODEL, 'live: v3', 'live: v3\nsql_dialect: bigqeury'),
    /^models\/release\.yml:3:14: "sql_dialect" is "bigqeury"; expected one of duckdb, spark and bigquery\. Did you mean "bigquery"\? Write: sql_dialect: bigquery$/,
  ],
  ['no such release', (p) => p.write(MODEL, ''), /^models\/release\.yml:1:1: an empty file/],
  [
    'a version that YAML reads as another number',
    (p) => p.edit(MODEL, 'live: v3\nversions: [v3, v2, v1]', 'live: 010\nversions: [010, 1e3, 8]'),
    /:2:7: version "010" without quotation marks, which YAML reads as 10; .* Write: "010"[\s\S]*:3:17: version "1e3" without/,
  ],
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
]);

describe('the release of the tests', () => {
  it('is the one that the mistakes are made in', () => {
    expect(goodFiles()['models/release.yml']).toBe(RELEASE);
  });
});
