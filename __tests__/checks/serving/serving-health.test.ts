/** Failures and latencies on evidence whose truth is known, what is recommended, and rules that decide nothing. */
import { describe, expect, it } from 'vitest';
import { csv, refusal, type Tables } from '../../support/evidence.js';
import { evidence, project, removedAfterEach } from '../../support/kept-evidence.js';
import { generator } from '../../support/random.js';

removedAfterEach();

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

  /** Counts of ten buckets of 5 ms, two hosts, as they are or as Prometheus cumulates and scrapes them. */
  const buckets = (stretch: number, form: 'plain' | 'le_seconds' | 'le_ms') => {
    const edges = [...Array.from({ length: 10 }, (_, b) => 5 * (b + 1)), Number.POSITIVE_INFINITY];
    const rows = ['control', 'treatment'].flatMap((arm) =>
      [3, 5].flatMap((host) => {
        const mean = (arm === 'treatment' ? stretch : 1) * 12;
        const below = (edge: number) => Math.round(host * 400 * (1 - Math.exp(-edge / mean)));
        return edges.map((edge, b) => {
          const upper = edge === Number.POSITIVE_INFINITY ? '+Inf' : form === 'le_seconds' ? edge / 1000 : edge;
          const plain = below(edge) - (b === 0 ? 0 : below(edges[b - 1]!));
          return [arm, 'query', 'embed', upper, form === 'plain' ? plain : below(edge)];
        });
      }),
    );
    return csv(`arm,tower,stage,${form === 'plain' ? 'upper_ms' : form},count`, rows);
  };

  it.each(['le_seconds', 'le_ms'] as const)('reads the buckets of Prometheus as what they are: %s', async (form) => {
    const rules = { 'serving-health': ['{metric: latency_p50, max_increase: 120%}'] };
    for (const stretch of [1, 4]) {
      const plain = await evidence(rules, { latency: buckets(stretch, 'plain') }).examined('serving-health');
      project.remove();
      const scraped = await evidence(rules, { latency: buckets(stretch, form) }).examined('serving-health');
      expect(scraped.findings).toEqual(plain.findings);
      expect(scraped.findings.map(({ verdict }) => verdict)).toEqual([stretch === 1 ? 'pass' : 'fail']);
      project.remove();
    }
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
      'buckets of Prometheus whose unit is not said',
      { latency: 'arm,tower,stage,le,count\ncontrol,q,s,0.005,3\n' },
      /a column "le" of Prometheus, whose unit it does not say; .*le AS le_seconds, value AS count/,
    ],
    [
      'cumulative buckets without the last',
      { latency: 'arm,tower,stage,le_ms,count\ncontrol,q,s,5,3\ntreatment,q,s,5,3\n' },
      /no bucket \+Inf of control \/ q \/ s/,
    ],
    [
      'cumulative buckets that fall',
      { latency: 'arm,tower,stage,le_ms,count\ncontrol,q,s,5,3\ncontrol,q,s,10,2\ncontrol,q,s,+Inf,9\n' },
      /cumulative counts of control \/ q \/ s that fall from 3 to 2 at 10 ms/,
    ],
    [
      'two columns of edges',
      { latency: 'arm,tower,stage,le_ms,upper_ms,count\ncontrol,q,s,5,5,3\n' },
      /upper_ms beside le_ms; expected the edges of buckets once/,
    ],
    [
      'buckets of OpenTelemetry',
      { latency: 'arm,tower,stage,explicit_bounds,bucket_counts\ncontrol,q,s,"[0.005]","[3,4]"\n' },
      /buckets of OpenTelemetry, as lists; .*UNNEST\(range\(1, len\(bucket_counts\) \+ 1\)\) AS buckets\(i\)/,
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
    expect(report.headline).toMatch(/is not ready: serving-health latency_p50 on tower=q, stage=s changes by \+800/);
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
