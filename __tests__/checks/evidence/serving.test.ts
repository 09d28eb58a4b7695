/** Layer 2 on evidence whose truth is known: features, precision, checkpoints, failures and latencies. */
import { afterEach, describe, expect, it } from 'vitest';
import { csv, EvidenceProject, refusal, type Tables } from '../../support/evidence.js';
import type { Project } from '../../support/project.js';
import { generator } from '../../support/random.js';

let project: Project;
afterEach(() => project.remove());

function evidence(rules: Record<string, readonly string[]>, tables: Tables, release?: string): EvidenceProject {
  const own = new EvidenceProject(rules, tables, release);
  project = own;
  return own;
}

describe('feature-parity', () => {
  const offline = (rows: readonly (readonly (string | number)[])[] = OFFLINE) =>
    csv('feature,family,coverage,importance,rows', rows);
  const OFFLINE = [
    ['price', 'item', 0.99, 0.002, 100_000],
    ['image_embedding', 'image', 0.95, 0.01, 100_000],
    ['visits', 'user', 0.8, 0.004, 100_000],
  ] as const;
  const online = (visits = 0.8, image = 0.95, defaults = 0.01) =>
    csv(
      'feature,artefact,tier,coverage,default_rate,rows',
      ['small', 'large'].flatMap((tier) => [
        ['price', 'item_embedder', tier, 0.99, 0.001, 50_000],
        ['image_embedding', 'item_embedder', tier, image, 0, 50_000],
        ['visits', 'item_embedder', tier, tier === 'large' ? visits : 0.8, defaults, 50_000],
      ]),
    );
  const COVERAGE = '{metric: coverage, max_decrease: 1%}';

  it('passes coverage that is as in training, and says so', async () => {
    const { status, findings, facts } = await evidence(
      { 'feature-parity': [COVERAGE] },
      { features_offline: offline(), features_online: online() },
    ).examined('feature-parity');
    expect(status).toBe(0);
    // Three features at one artefact in two tiers.
    expect(findings).toHaveLength(6);
    expect(facts).toMatch(/all 3 features are covered as in training/);
  });

  it('fails the one feature that one tier lacks', async () => {
    const { status, of, findings, facts } = await evidence(
      { 'feature-parity': [COVERAGE] },
      { features_offline: offline(), features_online: online(0.7) },
    ).examined('feature-parity');
    expect(status).toBe(1);
    expect(findings.filter(({ verdict }) => verdict === 'fail')).toHaveLength(1);
    const lost = of('coverage', { feature: 'visits', tier: 'large' });
    expect(lost).toMatchObject({ verdict: 'fail', unit: 'relative', value: 0.7 });
    expect(lost.change).toBeCloseTo(0.7 / 0.8 - 1, 12);
    expect(facts).toMatch(/falls most for visits at item_embedder, large: 80 % in training, 70 % at serving/);
  });

  it('counts a feature that serving does not know as absent', async () => {
    const table = online()
      .split('\n')
      .filter((line) => !line.startsWith('image'))
      .join('\n');
    const { of, facts } = await evidence(
      { 'feature-parity': [COVERAGE] },
      { features_offline: offline(), features_online: table },
    ).examined('feature-parity');
    expect(of('coverage', { feature: 'image_embedding' })).toMatchObject({ verdict: 'fail', value: 0, change: -1 });
    expect(facts).toMatch(/absent at the artefact: image_embedding \(1 of 3 features\)/);
  });

  it('judges default rates, and leaves coverage of few rows open', async () => {
    const few = csv('feature,artefact,coverage,rows', [['price', 'item_embedder', 1, 10]]);
    const { of } = await evidence(
      { 'feature-parity': ['{metric: coverage, min: 90%}'] },
      { features_offline: offline([['price', 'item', 1, 0, 1000]]), features_online: few },
    ).examined('feature-parity');
    expect(of('coverage')).toMatchObject({ verdict: 'inconclusive', why: 'too few rows: 10 of at least 30' });
    project.remove();
    const filled = await evidence(
      { 'feature-parity': ['{metric: default_rate, max: 2%}'] },
      { features_offline: offline(), features_online: online(0.8, 0.95, 0.05) },
    ).examined('feature-parity');
    expect(filled.of('default_rate', { feature: 'visits' }).verdict).toBe('fail');
    expect(filled.of('default_rate', { feature: 'price' }).verdict).toBe('pass');
  });

  /** Two features in pairs, the second of which serving reads late in every tenth request. */
  const pairs = (late = 0.1, requests = 400) => {
    const random = generator(3);
    return csv(
      'request_id,item_id,feature,train_value,serve_value',
      Array.from({ length: requests }, (_, q) => {
        const visits = random.int(40);
        return [
          [`r${q}`, `i${q % 60}`, 'price', (q / 3).toFixed(9), (q / 3).toFixed(9)],
          [`r${q}`, `i${q % 60}`, 'visits', visits, random.uniform() < late ? visits + 30 : visits],
        ];
      }).flat(),
    );
  };

  it('compares values in pairs, up to the rounding of float32', async () => {
    const { of, facts } = await evidence(
      { 'feature-parity': ['{metric: value_mismatch, max: 2%}', '{metric: distribution_shift, max: 5%}'] },
      { feature_pairs: pairs() },
    ).examined('feature-parity');
    expect(of('value_mismatch', { feature: 'price' })).toMatchObject({ verdict: 'pass', value: 0 });
    // None of 400: no interval of width 0.
    expect(of('value_mismatch', { feature: 'price' }).upper).toBeGreaterThan(0.005);
    expect(of('value_mismatch', { feature: 'visits' }).verdict).toBe('fail');
    expect(of('distribution_shift', { feature: 'price' }).value).toBe(0);
    expect(of('distribution_shift', { feature: 'visits' }).value).toBeGreaterThan(0.05);
    expect(facts).toMatch(/values differ most for visits/);
  });

  it('takes a value on one side alone for a difference, and none on both for none', async () => {
    const table = csv(
      'request_id,item_id,feature,train_value,serve_value',
      Array.from({ length: 40 }, (_, q) => [`r${q}`, `i${q}`, 'x', q < 20 ? '' : 'a', q < 10 ? '' : 'a']),
    );
    const { of } = await evidence(
      { 'feature-parity': ['{metric: value_mismatch, max: 50%}'] },
      { feature_pairs: table },
    ).examined('feature-parity');
    expect(of('value_mismatch').value).toBeCloseTo(10 / 30, 12);
  });

  it.each<[string, Tables, RegExp]>([
    [
      'coverage at the feature store',
      { features_offline: offline(), features_online: online().replaceAll('item_embedder', 'feature_store') },
      /column "artefact" is "feature_store"; expected the artefact that the model reads/,
    ],
    [
      'coverage that counts what was filled in',
      { features_offline: offline(), features_online: online(0.8, 0.95, 0.3) },
      /is 0.8 beside a default_rate of 0.3; expected a coverage that does not count what was filled in/,
    ],
    [
      'names that are not mapped',
      { features_offline: offline(), features_online: online().replaceAll('image_embedding', 'imageEmbedding') },
      /feature "imageEmbedding" beside training’s "image_embedding"; expected one name for one feature/,
    ],
    [
      'no name in common',
      { features_offline: offline([['zzz', 'item', 1, 0, 10]]), features_online: online() },
      /none of which training has.*Map the names of both sides/s,
    ],
    [
      'a feature twice',
      { features_offline: offline([...OFFLINE, OFFLINE[0]]), features_online: online() },
      /"price" again/,
    ],
    [
      'coverage above 1',
      { features_offline: offline([['price', 'item', 1.2, 0, 10]]), features_online: online() },
      /expected a share between 0 and 1/,
    ],
    [
      'a pair twice',
      { feature_pairs: `${pairs(0, 3)}r0,i0,price,1,1\n` },
      /again; expected every \(request_id, item_id, feature\) once/,
    ],
    [
      'a column that is missing',
      { features_offline: offline(), features_online: 'feature,artifact,coverage\nprice,a,1\n' },
      /without "artefact".*Did you mean "artifact"/,
    ],
  ])('refuses %s', async (_, tables, message) => {
    expect(await refusal(evidence({ 'feature-parity': [] }, tables))).toMatch(message);
  });

  it('leaves a rule open whose table is not there', async () => {
    const { status, of, report } = await evidence(
      { 'feature-parity': [COVERAGE] },
      { feature_pairs: pairs(0, 40) },
    ).examined('feature-parity');
    expect(report.recommendation.options.map(({ why }) => why)).toContain(
      'it needs the tables features_offline and features_online; docs/checks/feature-parity.md has the query',
    );
    expect(status).toBe(1);
    expect(of('coverage')).toMatchObject({
      verdict: 'inconclusive',
      why: 'not tested: it needs the tables features_offline and features_online; docs/checks/feature-parity.md has the query',
    });
  });
});

describe('features of two towers', () => {
  const trained = (artefact = '') =>
    csv(`feature,coverage,rows${artefact && ',artefact'}`, [
      ['user_age', 0.9, 5000, ...(artefact ? ['query_embedder'] : [])],
      ['price', 0.9, 5000, ...(artefact ? ['item_embedder'] : [])],
    ]);
  const served = (rows: readonly (readonly (string | number)[])[]) => csv('feature,artefact,tier,coverage,rows', rows);
  const RULE = { 'feature-parity': ['{metric: coverage, max_decrease: 5%}'] };

  it('are asked of the artefact that reads them', async () => {
    const both = served([
      ['user_age', 'query_embedder', 'a', 0.9, 5000],
      ['price', 'item_embedder', 'a', 0.9, 5000],
    ]);
    const good = await evidence(RULE, { features_offline: trained('artefact'), features_online: both }).examined(
      'feature-parity',
    );
    expect([good.status, good.findings.length]).toEqual([0, 2]);
    project.remove();
    // In the other tower's input alone it is not where it is read.
    const moved = both.replace('price,item_embedder', 'price,query_embedder').concat('x,item_embedder,a,1,5000\n');
    const bad = await evidence(RULE, { features_offline: trained('artefact'), features_online: moved }).examined(
      'feature-parity',
    );
    expect(bad.of('coverage', { feature: 'price', artefact: 'item_embedder' })).toMatchObject({
      verdict: 'fail',
      value: 0,
    });
  });

  it('that one artefact has and another lacks are open until training says who reads them', async () => {
    // The ranker has the image, the embedder does not: what must not pass for want of a row.
    const some = served([
      ['user_age', 'ranker', 'a', 0.9, 5000],
      ['price', 'ranker', 'a', 0.9, 5000],
      ['price', 'embedder', 'a', 0.9, 5000],
    ]);
    const open = await evidence(RULE, { features_offline: trained(), features_online: some }).examined(
      'feature-parity',
    );
    expect(open.of('coverage', { feature: 'user_age', artefact: 'embedder' })).toMatchObject({
      verdict: 'inconclusive',
      why: expect.stringMatching(/no row of it at this artefact/),
    });
    expect([open.status, open.facts]).toEqual([
      1,
      expect.stringMatching(/nobody says whether it is read there: user_age at embedder/),
    ]);
    project.remove();
    const both = csv('feature,coverage,rows,artefact', [
      ['user_age', 0.9, 5000, 'ranker'],
      ['user_age', 0.9, 5000, 'embedder'],
      ['price', 0.9, 5000, 'ranker'],
      ['price', 0.9, 5000, 'embedder'],
    ]);
    const bad = await evidence(RULE, { features_offline: both, features_online: some }).examined('feature-parity');
    expect(bad.of('coverage', { feature: 'user_age', artefact: 'embedder' })).toMatchObject({
      verdict: 'fail',
      value: 0,
    });
  });

  it('are asked of every tier of it', async () => {
    const one = served([
      ['user_age', 'query_embedder', 'a', 0.9, 5000],
      ['price', 'item_embedder', 'a', 0.9, 5000],
      ['other', 'item_embedder', 'b', 0.9, 5000],
    ]);
    const { of } = await evidence(RULE, { features_offline: trained(), features_online: one }).examined(
      'feature-parity',
    );
    expect(of('coverage', { feature: 'price', tier: 'b' })).toMatchObject({ verdict: 'fail', value: 0 });
  });
});

describe('what is recommended', () => {
  const health = (failures: number, slow: number) => ({
    serving_health: csv('arm,tower,stage,requests,successes', [
      ['control', 'q', 's', 100_000, 99_990],
      ['treatment', 'q', 's', 100_000, 99_990 - failures],
    ]),
    latency: csv(
      'arm,tower,stage,latency_ms',
      Array.from({ length: 4000 }, (_, r) => [
        r % 2 ? 'control' : 'treatment',
        'q',
        's',
        (5 + (r % 97)) * (r % 2 ? 1 : slow),
      ]),
    ),
  });
  const RULES = {
    'feature-parity': ['{metric: coverage, min: 80%}'],
    'serving-health': ['{metric: success_rate, max_decrease: 0.1%}', '{metric: latency_p50, max_increase: 50%}'],
  };
  const features = {
    features_offline: 'feature,coverage,rows\nprice,0.9,5000\n',
    features_online: 'feature,artefact,coverage,rows\nprice,item_embedder,0.7,5000\n',
  };

  it('mends the cell that the headline names, and then the others', async () => {
    const { report } = await evidence(RULES, { ...features, ...health(0, 9) }).examined('serving-health');
    expect(report.headline).toMatch(
      /is not ready: serving-health latency_p50 on tower=q, stage=s: .* Make the treatment answer as soon/,
    );
    expect(report.recommendation.options.map(({ why }) => why)).toEqual([
      'make the treatment answer as soon as control does, or give it more replicas (serving-health)',
      'bring the features that serving lacks to the artefact that the model reads (feature-parity)',
    ]);
  });

  it('is another thing for failures than for latencies', async () => {
    const { report } = await evidence(RULES, { ...features, ...health(3000, 1) }).examined('serving-health');
    expect(report.recommendation.options.map(({ why }) => why)).toContain(
      'mend the failures of the treatment (serving-health)',
    );
  });
});

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

describe('checkpoint-identity', () => {
  const PIN = 'ab'.repeat(32);
  const OTHER = 'cd'.repeat(32);
  const pinned = `query_tower: {sha256: {v42: ${PIN}}}\n`;
  const log = (row: (r: number) => { version?: string; hash?: string; replay?: number }, rows = 4000) =>
    csv(
      'request_id,item_id,served_version,served_sha256,score_online,score_replay',
      Array.from({ length: rows }, (_, r) => {
        const { version = 'v42', hash = PIN, replay } = row(r);
        const score = (1 + Math.sin(r)) / 2;
        return [`r${r >> 1}`, `i${r % 97}`, version, hash, score, replay ?? score + 1e-6];
      }),
    );
  const RULES = [
    '{metric: unexpected_share, max: 0.5%}',
    '{metric: hash_mismatch, max: 0.5%}',
    '{metric: replay_mismatch, max: 0.5%}',
  ];

  it('passes a log in which every version, hash and replay is the release’s, by no less than the rule of three', async () => {
    const { status, of, facts } = await evidence(
      { 'checkpoint-identity': RULES },
      { serving_log: log(() => ({})) },
      pinned,
    ).examined('checkpoint-identity');
    expect(status).toBe(0);
    // 2,000 requests of two rows.
    expect(of('unexpected_share').upper).toBeGreaterThanOrEqual(3 / 2000);
    expect(of('unexpected_share').upper).toBeLessThan(4 / 2000);
    expect(facts).toMatch(/every row was served by the live version \(at most 0.17 % were not\)/);
    expect(facts).toMatch(/every row’s content hash is the release’s/);
    expect(facts).toMatch(/the replay gives the score of every row/);
  });

  it.each([
    ['another version', 'unexpected_share', (r: number) => (r % 20 < 2 ? { version: 'v41' } : {})],
    ['another content under the live name', 'hash_mismatch', (r: number) => (r % 20 < 2 ? { hash: OTHER } : {})],
    ['another score than the replay’s', 'replay_mismatch', (r: number) => (r % 20 < 2 ? { replay: 0.77 } : {})],
  ])('fails %s, and that alone', async (_, metric, row) => {
    const release = `query_tower: {sha256: {v42: ${PIN}, v41: ${PIN}}}\n`;
    const { findings, status } = await evidence(
      { 'checkpoint-identity': RULES },
      { serving_log: log(row) },
      release,
    ).examined('checkpoint-identity');
    expect(status).toBe(1);
    expect(findings.filter(({ verdict }) => verdict === 'fail').map((f) => [f.metric, f.value])).toEqual([
      [metric, 0.1],
    ]);
  });

  it('leaves hashes open that the release does not pin', async () => {
    const { of } = await evidence({ 'checkpoint-identity': RULES }, { serving_log: log(() => ({})) }).examined(
      'checkpoint-identity',
    );
    expect(of('hash_mismatch')).toMatchObject({
      verdict: 'inconclusive',
      why: 'the release pins no query_tower.sha256 of v42',
    });
  });

  const canary = (spoil: (id: number) => number, count = 80) =>
    Array.from({ length: count }, (_, id) => {
      const vector = [1, 2, 3, id / 10].map((x) => Number(x.toFixed(3)));
      return JSON.stringify({
        id: `e${id}`,
        tower: 'item',
        served: vector.map((x) => x + spoil(id)),
        expected: vector,
      });
    }).join('\n');

  it.each([
    ['cosine', 0],
    ['dot', 1],
  ])('compares what an index has normalised as %s does, without a sweep too', async (similarity, value) => {
    const rows = canary(() => 0)
      .trimEnd()
      .split('\n')
      .map((line) => {
        const row = JSON.parse(line) as { served: number[] };
        return JSON.stringify({ ...row, served: row.served.map((x) => x / Math.hypot(...row.served)) });
      });
    const own = new EvidenceProject(
      { 'checkpoint-identity': ['{metric: canary_mismatch, max: 5%}'] },
      { canary: `${rows.join('\n')}\n` },
      `score: {similarity: ${similarity}}\n`,
    );
    project = own;
    const { of } = await own.examined('checkpoint-identity');
    expect(of('canary_mismatch').value).toBe(value);
  });

  it('compares canary vectors with what the checkpoint embeds again', async () => {
    const good = await evidence(
      { 'checkpoint-identity': ['{metric: canary_mismatch, max: 5%}'] },
      { canary: canary(() => 1e-6) },
    ).examined('checkpoint-identity');
    expect([good.status, good.of('canary_mismatch', { tower: 'item' }).verdict]).toEqual([0, 'pass']);
    project.remove();
    const bad = await evidence(
      { 'checkpoint-identity': ['{metric: canary_mismatch, max: 5%}'] },
      { canary: canary((id) => (id < 20 ? 0.5 : 0)) },
    ).examined('checkpoint-identity');
    expect(bad.of('canary_mismatch')).toMatchObject({ verdict: 'fail', value: 0.25 });
    // A sample as any other: no interval of width 0.
    expect(bad.of('canary_mismatch').lower).toBeLessThan(0.2);
    expect(bad.facts).toMatch(/20 of 80 canaries have other vectors of the item tower than the release/);
  });

  it.each<[string, Tables, RegExp]>([
    [
      'a hash that is none',
      { serving_log: log(() => ({ hash: 'abc' }), 4) },
      /column "served_sha256" is "abc"; expected a sha256/,
    ],
    ['a missing version', { serving_log: log(() => ({ version: '' }), 4) }, /column "served_version" is missing/],
    ['a row twice', { serving_log: `${log(() => ({}), 4)}r0,i0,v42,${PIN},0.5,0.5\n` }, /"r0", "i0" again/],
    [
      'vectors of two lengths',
      {
        canary: `${canary(() => 0, 3)}\n${JSON.stringify({ id: 'x', tower: 'item', served: [1, 2], expected: [1, 2, 3, 4] })}\n`,
      },
      /column "served" is 2 numbers, beside 4 in the first row; expected a list of numbers, of one length/,
    ],
    [
      'no vectors',
      { canary: 'id,served,expected\na,1,1\nb,2,2\n' },
      /column "served" without vectors.*\.parquet or a \.jsonl/s,
    ],
    [
      'towers of other names',
      { canary: canary(() => 0, 3).replaceAll('"item"', '"ads"') },
      /column "tower" is "ads"; expected one of query and item/,
    ],
  ])('refuses %s', async (_, tables, message) => {
    expect(await refusal(evidence({ 'checkpoint-identity': [] }, tables))).toMatch(message);
  });
});

describe('serving-health as a gate', () => {
  const counts = (failures: number, requests = 200_000) =>
    csv('arm,tower,stage,requests,successes', [
      ['control', 'query', 'embed', requests, requests - 100],
      ['treatment', 'query', 'embed', requests, requests - failures],
      ['control', 'query', 'rank', requests, requests - 50],
      ['treatment', 'query', 'rank', requests, requests - 50],
    ]);
  const SUCCESS = '{metric: success_rate, max_decrease: 0.1%}';

  it('asks that success is not inferior at every tower and stage', async () => {
    const good = await evidence({ 'serving-health': [SUCCESS] }, { serving_health: counts(110) }).examined(
      'serving-health',
    );
    expect([good.status, good.findings.length]).toEqual([0, 2]);
    project.remove();
    const bad = await evidence({ 'serving-health': [SUCCESS] }, { serving_health: counts(1000) }).examined(
      'serving-health',
    );
    expect(bad.of('success_rate', { stage: 'embed' }).verdict).toBe('fail');
    expect(bad.of('success_rate', { stage: 'rank' }).verdict).toBe('pass');
  });

  /** Latencies of an exponential-like shape, the treatment's stretched. */
  const raw = (stretch: number, n = 1500) => {
    const random = generator(6);
    return csv(
      'arm,tower,stage,latency_ms',
      ['control', 'treatment'].flatMap((arm) =>
        Array.from({ length: n }, () => [
          arm,
          'query',
          'embed',
          (5 - 8 * Math.log(1 - random.uniform())) * (arm === 'treatment' ? stretch : 1),
        ]),
      ),
    );
  };
  const LATENCY = ['{metric: latency_p50, max_increase: 30%}', '{metric: latency_p99, max_increase: 50%}'];

  it('judges percentiles of raw latencies, with bounds of order statistics', async () => {
    const good = await evidence({ 'serving-health': LATENCY }, { latency: raw(1) }).examined('serving-health');
    expect(good.findings.map(({ verdict }) => verdict)).toEqual(['pass', 'pass']);
    project.remove();
    const bad = await evidence({ 'serving-health': LATENCY }, { latency: raw(2.5) }).examined('serving-health');
    expect(bad.findings.map(({ verdict }) => verdict)).toEqual(['fail', 'fail']);
    expect(bad.of('latency_p50').change).toBeGreaterThan(1);
  });

  it('leaves a percentile open that few requests, or an open bucket, do not bound', async () => {
    const few = await evidence({ 'serving-health': LATENCY }, { latency: raw(1, 60) }).examined('serving-health');
    expect(few.of('latency_p99')).toMatchObject({ verdict: 'inconclusive', why: 'too few requests to bound it' });
    project.remove();
    const open = csv('arm,tower,stage,upper_ms,count', [
      ['control', 'q', 's', 10, 500],
      ['control', 'q', 's', 'inf', 500],
      ['treatment', 'q', 's', 10, 500],
      ['treatment', 'q', 's', 'inf', 500],
    ]);
    const bucket = await evidence({ 'serving-health': LATENCY }, { latency: open }).examined('serving-health');
    expect(bucket.of('latency_p99').why).toBe('it lies in a bucket without an upper edge');
  });

  it.each<[string, Tables, RegExp]>([
    [
      'latencies of requests beside buckets',
      { latency: 'arm,tower,stage,latency_ms,upper_ms,count\ncontrol,q,s,1,2,3\n' },
      /latency_ms beside upper_ms and count/,
    ],
    [
      'no latencies',
      { latency: 'arm,tower,stage\ncontrol,q,s\n' },
      /no latencies; expected latency_ms of every request/,
    ],
    [
      'a latency below 0',
      { latency: raw(1, 3).replace('control,query,embed,', 'control,query,embed,-') },
      /a latency of 0 or above/,
    ],
    ['one arm alone', { latency: 'arm,tower,stage,latency_ms\ncontrol,q,s,1\n' }, /no latency of treatment at q \/ s/],
    [
      'a percentile as a column',
      {
        serving_health: counts(1)
          .replace('successes', 'successes,p99_ms')
          .replaceAll(/(\d)\n/g, '$1,9\n'),
      },
      /a column "p99_ms"/,
    ],
  ])('refuses %s', async (_, tables, message) => {
    expect(await refusal(evidence({ 'serving-health': [] }, tables))).toMatch(message);
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

describe('a rule', () => {
  const tables = {
    serving_health: csv('arm,tower,stage,requests,successes', [
      ['control', 'q', 's', 10_000, 9990],
      ['treatment', 'q', 's', 10_000, 10],
    ]),
  };

  it.each([
    [
      '{metric: success_rate, max_decrease: 5}',
      /max_decrease 5 of success_rate, which lies between 0 and 1; expected a bound that can be kept and can be broken/,
    ],
    ['{metric: success_rate, max_decrease: 100%}', /can be broken\. Write: \{metric: success_rate, max_decrease: 1%\}/],
    ['{metric: success_rate, min: 0}', /min 0 of success_rate/],
    ['{metric: success_rate, min: 200%}', /min 200% of success_rate/],
    ['{metric: latency_p99, max: 10%}', /a percentage of latency_p99, which is no share/],
    ['{metric: latency_p99, max: .inf}', /max is Infinity; expected a finite number/],
    ['{metric: latency_p99, max: .nan}', /gate.yml:5:[0-9]+: .*NaN/],
    ['{metric: latency_p95, max: 3}', /metric "latency_p95" of serving-health; .*Did you mean "latency_p9/],
  ])('that can only pass or only fail is refused: %s', async (rule, message) => {
    expect(await refusal(evidence({ 'serving-health': [rule] }, tables))).toMatch(message);
  });

  it('that only warns decides nothing, and is refused as of a sweep', async () => {
    const own = evidence({ 'serving-health': ['{metric: success_rate, max_decrease: 1%, level: warn}'] }, tables);
    expect(await refusal(own)).toMatch(/gate.yml:5:32: rules that only warn; expected at least one rule that can fail/);
  });
});
