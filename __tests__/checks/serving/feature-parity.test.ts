/** Features on evidence whose truth is known: their coverage, their values, those of two towers. */
import { describe, expect, it } from 'vitest';
import { csv, refusal, type Tables } from '../../support/evidence.js';
import { evidence, project, removedAfterEach } from '../../support/kept-evidence.js';
import { generator } from '../../support/random.js';

removedAfterEach();

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
