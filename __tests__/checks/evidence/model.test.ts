/** Layer 1 on evidence whose truth is known: mixes, leaks, outliers, builds, ramps. */
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterEach, describe, expect, it } from 'vitest';
import { csv, EvidenceProject, refusal, type Tables } from '../../support/evidence.js';
import { gapLedger, INNOCENT, type Planted } from '../../support/gap-world.js';
import { csvOf, GapProject } from '../../support/ledger.js';
import type { Project } from '../../support/project.js';
import { generator } from '../../support/random.js';

let project: Project;
afterEach(() => project.remove());

function evidence(rules: Record<string, readonly string[]>, tables: Tables): EvidenceProject {
  const own = new EvidenceProject(rules, tables);
  project = own;
  return own;
}

const ledger = (planted: Partial<Planted> = {}, seed = 3) => csvOf(gapLedger({ ...INNOCENT, ...planted }, seed));

/** Columns of a ledger left out. */
function without(text: string, ...names: string[]): string {
  const lines = text
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  const keep = lines[0]!.map((name, i) => (names.includes(name) ? -1 : i)).filter((i) => i >= 0);
  return `${lines.map((cells) => keep.map((i) => cells[i]).join(',')).join('\n')}\n`;
}

describe('sampling-bias', () => {
  // Offline three of four rows are of auction winners, in production half.
  const MIX = csv('log_source,prod_share', [
    ['auction_winner', 0.5],
    ['full_request', 0.5],
  ]);

  it('reweighs by production’s mix as weights by row do', async () => {
    const text = ledger({ bias: 0.9, requests: 1500 });
    const byMix = await evidence(
      { 'sampling-bias': [] },
      { ledger: without(text, 'weight_online'), mix: MIX },
    ).examined('sampling-bias');
    project.remove();
    const byRow = await evidence({ 'sampling-bias': [] }, { ledger: text }).examined('sampling-bias');
    // The ledger's weights are of the mix that was drawn from, the table's of the one that was drawn.
    expect(byMix.hypothesis!.contribution).toBeCloseTo(byRow.hypothesis!.contribution!, 2);
    expect(byMix.hypothesis!.why).toMatch(/under production’s mix the gain is .* in place of/);
    expect(byMix.hypothesis!.evidence.map(({ path }) => path)).toEqual(['models/ledger.csv', 'models/mix.csv']);
  });

  it('asks for a gain in every log source, tier and pair', async () => {
    const rules = { 'sampling-bias': ['{metric: gain, min: 0}'] };
    const good = await evidence(rules, { ledger: ledger({ requests: 1500 }) }).examined('sampling-bias');
    // All rows, two log sources, two tiers, four pairs.
    expect(good.findings).toHaveLength(9);
    expect([good.status, good.of('gain', { tier: 'large', log_source: 'full_request' }).verdict]).toEqual([0, 'pass']);
    project.remove();
    const bad = await evidence(rules, { ledger: ledger({ requests: 2500, bias: 1 }) }).examined('sampling-bias');
    expect(bad.of('gain', { log_source: 'full_request' }).verdict).toBe('inconclusive');
    expect(bad.of('gain', { log_source: 'auction_winner' }).verdict).toBe('pass');
    expect(bad.status).toBe(1);
  });

  it('leaves the gain in production open where its mix is not known, whatever the strata say', async () => {
    for (const rule of ['{metric: gain, min: 0}', '{metric: gain, max_decrease: 5%}']) {
      const { status, of } = await evidence(
        { 'sampling-bias': [rule] },
        { ledger: without(ledger({ requests: 1500 }), 'weight_online') },
      ).examined('sampling-bias');
      expect([status, of('gain').verdict]).toEqual([1, 'inconclusive']);
      expect(of('gain').why).toMatch(/production’s mix is not known/);
      project.remove();
    }
  });

  it('fails a gain that production’s mix takes away', async () => {
    const { of } = await evidence(
      { 'sampling-bias': ['{metric: gain, max_decrease: 5%}'] },
      { ledger: ledger({ bias: 0.9, requests: 3000 }) },
    ).examined('sampling-bias');
    expect(of('gain')).toMatchObject({ verdict: 'fail', unit: 'relative' });
  });

  it.each<[string, string, RegExp]>([
    ['shares that do not sum to 1', MIX.replace('0.5', '0.3'), /shares that sum to 0.8; expected a sum of 1/],
    [
      'a stratum of which the ledger has no row',
      `${MIX.replace('0.5\n', '0.4\n')}partial_request,0.1\n`,
      /0.1 of "partial_request", of which models\/ledger.csv has no row; expected rows of every stratum/,
    ],
    [
      'a stratum without a share',
      csv('log_source,prod_share', [['auction_winner', 1]]),
      /no share of "full_request", of which models\/ledger.csv has rows/,
    ],
    ['a stratum twice', `${MIX}auction_winner,0.0\n`, /"auction_winner" again/],
    ['a mix over nothing', 'prod_share\n1\n', /a mix over nothing/],
  ])('refuses %s', async (_, mix, message) => {
    const text = without(ledger({ requests: 100 }), 'weight_online');
    expect(await refusal(evidence({ 'sampling-bias': [] }, { ledger: text, mix }))).toMatch(message);
  });

  it('refuses a mix over what the ledger does not have', async () => {
    const text = without(ledger({ requests: 100 }), 'weight_online', 'log_source', 'tier');
    expect(await refusal(evidence({ 'sampling-bias': [] }, { ledger: text, mix: MIX }))).toMatch(
      /a mix over log_source, which models\/ledger.csv does not have/,
    );
  });

  it('is not tested on one log source alone, nor without a mix', async () => {
    const one = ledger({ requests: 200 }).replaceAll('full_request', 'auction_winner');
    const { hypothesis } = await evidence({ 'sampling-bias': [] }, { ledger: without(one, 'tier') }).examined(
      'sampling-bias',
    );
    expect(hypothesis).toMatchObject({
      verdict: 'not_tested',
      why: expect.stringMatching(/of one log source \(auction_winner\)/),
    });
    project.remove();
    const none = await evidence({ 'sampling-bias': [] }, { ledger: without(one, 'weight_online') }).examined(
      'sampling-bias',
    );
    expect(none.hypothesis).toMatchObject({ verdict: 'not_tested', query: expect.stringMatching(/prod_share/) });
  });
});

describe('label-leakage', () => {
  const TIMES = csv('family,rows,late', [
    ['user', 50_000, 0],
    ['targeting', 50_000, 0],
  ]);
  const RATE = '{metric: leak_rate, max: 0.1%}';

  it('passes families that are older than their events, and fails one that is not', async () => {
    const good = await evidence({ 'label-leakage': [RATE] }, { feature_times: TIMES }).examined('label-leakage');
    expect([good.status, good.findings.length]).toEqual([0, 2]);
    project.remove();
    const bad = await evidence(
      { 'label-leakage': [RATE] },
      { feature_times: TIMES.replace('targeting,50000,0', 'targeting,50000,400') },
    ).examined('label-leakage');
    expect(bad.of('leak_rate', { family: 'targeting' })).toMatchObject({ verdict: 'fail', value: 0.008 });
    expect(bad.of('leak_rate', { family: 'user' }).verdict).toBe('pass');
    expect(bad.facts).toMatch(/younger than the event: targeting in 0.8 % of the rows/);
  });

  /** One feature tells the label, one says no to it, one knows nothing. */
  const scan = (n = 600) => {
    const random = generator(5);
    return csv(
      'request_id,item_id,label,refund_count,price,no',
      Array.from({ length: n }, (_, r) => {
        const label = random.uniform() < 0.3 ? 1 : 0;
        return [
          `r${r >> 1}`,
          `i${r % 60}`,
          label,
          label + 0.3 * random.normal(),
          random.normal(),
          -label + 0.9 * random.normal(),
        ];
      }),
    );
  };

  it('finds the feature that tells the label alone, whichever its sign', async () => {
    const { of, facts } = await evidence(
      { 'label-leakage': ['{metric: feature_auc, max: 0.95}'] },
      { feature_scan: scan() },
    ).examined('label-leakage');
    expect(of('feature_auc', { feature: 'refund_count' }).verdict).toBe('fail');
    expect(of('feature_auc', { feature: 'price' })).toMatchObject({ verdict: 'pass' });
    expect(of('feature_auc', { feature: 'price' }).value).toBeLessThan(0.6);
    // Φ(1/(0.9·√2)) = 0.784 for a shift of 1 beside noise of 0.9.
    expect(of('feature_auc', { feature: 'no' }).value).toBeCloseTo(0.784, 1);
    expect(facts).toMatch(/refund_count alone tells the label \(ROC AUC 0\.9\d\d\)/);
  });

  it('is inconclusive by times and scan alone, and not free where a feature tells the label', async () => {
    const text = without(ledger({ featureLoss: 0.6, requests: 800 }), 's0_pit');
    const alone = await evidence({ 'label-leakage': [] }, { ledger: text, feature_times: TIMES }).examined(
      'label-leakage',
    );
    expect(alone.hypothesis).toMatchObject({ verdict: 'inconclusive', share: null });
    project.remove();
    const suspect = await evidence(
      { 'label-leakage': [] },
      { ledger: ledger({ featureLoss: 0.6, requests: 800 }), feature_scan: scan() },
    ).examined('label-leakage');
    expect(suspect.hypothesis).toMatchObject({
      verdict: 'inconclusive',
      settle: expect.stringMatching(/an explanation of refund_count, which tells the label alone/),
    });
  });

  it('reads timestamps of Parquet', async () => {
    const { texts, numbers, rows } = gapLedger({ ...INNOCENT, featureLoss: 0.6, requests: 500 }, 3);
    const buffer = parquetWriteBuffer({
      columnData: [
        ...Object.entries(texts).map(([name, data]) => ({ name, data, type: 'STRING' as const })),
        ...Object.entries(numbers).map(([name, data]) =>
          /_ts$/.test(name)
            ? { name, data: Array.from(data, (t) => new Date(1.7e12 + 1000 * t)), type: 'TIMESTAMP' as const }
            : { name, data, type: 'DOUBLE' as const },
        ),
      ],
    });
    const { hypothesis } = await evidence({ 'label-leakage': [] }, { ledger: Buffer.from(buffer) }).examined(
      'label-leakage',
    );
    expect(hypothesis!.why).toMatch(/in none of 4,000 rows a feature is younger than the event/);
    expect(rows).toBe(4000);
  });

  it.each<[string, Tables, RegExp]>([
    [
      'more late rows than rows',
      { feature_times: 'family,rows,late\nuser,10,11\n' },
      /column "late" is 11; expected at most the 10 rows/,
    ],
    ['a family twice', { feature_times: `${TIMES}user,1,0\n` }, /"user" again/],
    [
      'a feature that is no number',
      { feature_scan: 'request_id,item_id,label,country\nr,i,1,de\nq,j,0,fr\n' },
      /feature "country" that is no number/,
    ],
    ['no feature', { feature_scan: 'request_id,item_id,label\nr,i,1\n' }, /without features/],
    [
      'one class',
      { feature_scan: 'request_id,item_id,label,x\nr,i,1,2\nq,j,1,3\n' },
      /labels that are all 1; expected positives and negatives/,
    ],
  ])('refuses %s', async (_, tables, message) => {
    expect(await refusal(evidence({ 'label-leakage': [] }, tables))).toMatch(message);
  });

  it('refuses a label that is known before its event', async () => {
    const own = new GapProject({ requests: 60 }, ['label-leakage']);
    project = own;
    own.ledger((row, r) => ({ ...row, label_ts: String(Number(row.event_ts) + (r === 7 ? -10 : 10)) }));
    expect(await refusal(own)).toMatch(
      /row 8, column "label_ts" is before event_ts; expected a label that is known at its event/,
    );
  });
});

describe('outlier-domination as a gate', () => {
  const RULES = [
    '{metric: winsorised_gain, max_decrease: 20%}',
    '{metric: improving_share, min: 50%}',
    '{metric: top_share, max: 30%}',
    '{metric: bucket_gain, min: 0}',
  ];

  it('passes a gain that is everywhere', async () => {
    const { status, findings } = await evidence(
      { 'outlier-domination': RULES },
      { ledger: ledger({ requests: 2500 }) },
    ).examined('outlier-domination');
    expect(findings.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
    // Ten tenths of the predictions beside three figures of all rows.
    expect([status, findings.length]).toEqual([0, 13]);
  });

  it('fails a gain that 1 % of the requests carry', async () => {
    const own = new GapProject({ requests: 1500 }, []);
    project = own;
    own.write(
      'gates/gate.yml',
      `policy: p\nchecks:\n  outlier-domination:\n    require:\n${RULES.map((r) => `      - ${r}\n`).join('')}`,
    );
    // The candidate is production's model but for a hundredth of the requests, where that one was absurd.
    own.ledger((row, r) => {
      const wild = Math.floor(r / 8) % 100 === 0;
      const y = Number(row.label);
      return {
        ...row,
        s0: wild ? (y === 1 ? '0.9' : '0.1') : row.score_prod!,
        score_prod: wild ? (y === 1 ? '0.001' : '0.999') : row.score_prod!,
      };
    });
    const { report } = await own.judge();
    const verdict = (metric: string) => report!.checks[0]!.findings.find((f) => f.metric === metric)!;
    expect(verdict('winsorised_gain').verdict).toBe('fail');
    expect(verdict('improving_share')).toMatchObject({ verdict: 'fail', value: 0.01 });
    expect(verdict('top_share').verdict).toBe('fail');
    expect(verdict('top_share').value).toBeCloseTo(1, 6);
  });
});

describe('eval-set-construction on rows', () => {
  /** Builds of one world: `keep` says which keys a build has, `flip` which labels differ. */
  const builds = (shift = 0, { requests = 500, keep = 1, flip = 0, days = ['d1', 'd1'] } = {}) => {
    const random = generator(9);
    const rows: (string | number)[][] = [];
    for (let q = 0; q < requests; q++)
      for (let i = 0; i < 4; i++) {
        const z = random.normal();
        const y = random.uniform() < 1 / (1 + Math.exp(-z)) ? 1 : 0;
        const p = (x: number) => 1 / (1 + Math.exp(-x));
        for (const b of [0, 1]) {
          if (b === 1 && random.uniform() > keep) continue;
          const label = b === 1 && random.uniform() < flip ? 1 - y : y;
          rows.push([`b${b}`, `r${q}`, `i${(q * 4 + i) % 80}`, label, p(0.4 * z), p(z + b * shift), days[b]!]);
        }
      }
    return csv('build_id,request_id,item_id,label,score_prod,score_cand,day', rows);
  };
  const RULES = [
    '{metric: gain, min: 0}',
    '{metric: gain_range, max: 0.01}',
    '{metric: key_jaccard, min: 90%}',
    '{metric: label_mismatch, max: 1%}',
    '{metric: gain_on_common_rows, min: 0}',
  ];

  it('finds nothing between builds that are one', async () => {
    const { status, of, facts } = await evidence({ 'eval-set-construction': RULES }, { build_rows: builds() }).examined(
      'eval-set-construction',
    );
    expect(status).toBe(0);
    // The same rows: their difference is exactly 0, which two independent errors would hide.
    expect(of('gain_range').value).toBe(0);
    expect(of('gain_range').upper).toBeCloseTo(0, 15);
    expect([of('key_jaccard').value, of('label_mismatch').value]).toEqual([1, 0]);
    expect(facts).toMatch(/2 builds have gains from .* Cochran’s Q 0 /);
  });

  it('fails builds whose keys, labels and gains differ', async () => {
    const { of } = await evidence(
      { 'eval-set-construction': RULES },
      { build_rows: builds(1.2, { keep: 0.7, flip: 0.1 }) },
    ).examined('eval-set-construction');
    expect(of('gain', { build: 'b1' }).verdict).toBe('fail');
    expect(of('gain', { build: 'b0' }).verdict).toBe('pass');
    for (const metric of ['gain_range', 'key_jaccard', 'label_mismatch']) expect(of(metric).verdict).toBe('fail');
    expect(of('key_jaccard').value).toBeCloseTo(0.7, 1);
    expect(of('label_mismatch').value).toBeCloseTo(0.1, 1);
  });

  it('explains a share of the gap by rows as by figures of builds', async () => {
    const { hypothesis } = await evidence(
      { 'eval-set-construction': [] },
      { ledger: ledger({ featureLoss: 0.7, requests: 800 }), build_rows: builds(0.6) },
    ).examined('eval-set-construction');
    expect(['contributing', 'sufficient']).toContain(hypothesis!.verdict);
    expect(hypothesis!.share).toBeGreaterThan(0);
  });

  it('is open on builds of few requests', async () => {
    const { of } = await evidence(
      { 'eval-set-construction': RULES },
      { build_rows: builds(0, { requests: 20 }) },
    ).examined('eval-set-construction');
    expect(of('gain').why).toMatch(/too few requests: 20 of at least 30/);
    expect(of('gain_range').verdict).toBe('inconclusive');
  });

  it.each<[string, string, RegExp]>([
    ['builds of other days', builds(0, { requests: 3, days: ['d1', 'd2'] }), /builds of different days \(d1 and d2\)/],
    ['a row of a build twice', `${builds(0, { requests: 2 })}b0,r0,i0,1,0.5,0.5,d1\n`, /"b0", "r0", "i0" again/],
    ['a prediction above 1', builds(0, { requests: 2 }).replace(/0\.\d+/, '1.5'), /a prediction between 0 and 1/],
  ])('refuses %s', async (_, rows, message) => {
    expect(await refusal(evidence({ 'eval-set-construction': [] }, { build_rows: rows }))).toMatch(message);
  });

  it('refuses figures of builds of other days', async () => {
    const figures = 'build_id,gain,se,days\na,0.1,0.01,d1\nb,0.1,0.01,d2\n';
    expect(await refusal(evidence({ 'eval-set-construction': [] }, { builds: figures }))).toMatch(
      /builds of different days/,
    );
  });
});

describe('exposure-bias as a gate', () => {
  const ramp = (slope: number, launches = 0) =>
    csv(
      'treatment_share,metric,se,other_launches',
      [0.1, 0.2, 0.4, 0.6].map((share) => [share, 0.4 + slope * share, 0.0005, launches]),
    );
  const RULE = { 'exposure-bias': ['{metric: exposure_gain, max: 0.005}'] };

  it('passes a flat ramp and fails a falling one', async () => {
    const good = await evidence(RULE, { ramp: ramp(0) }).examined('exposure-bias');
    expect(good.status).toBe(0);
    project.remove();
    const bad = await evidence(RULE, { ramp: ramp(-0.05) }).examined('exposure-bias');
    expect(bad.of('exposure_gain').verdict).toBe('fail');
    // -slope · (1 - 0.6)
    expect(bad.of('exposure_gain').value).toBeCloseTo(0.02, 12);
  });

  it('is open where something else was launched inside the ramp', async () => {
    const { of } = await evidence(RULE, { ramp: ramp(0, 1) }).examined('exposure-bias');
    expect(of('exposure_gain')).toMatchObject({
      verdict: 'inconclusive',
      why: expect.stringMatching(/4 other launches inside the ramp/),
    });
  });
});

it('a column that is nearly one that is read is said', async () => {
  const { report } = await evidence(
    { 'exposure-bias': [] },
    { ramp: 'treatment_share,metric,se,other_launchs\n0.1,1,0.1,0\n0.2,1,0.1,0\n0.3,1,0.1,0\n' },
  ).examined('exposure-bias');
  expect(report.notices.join('\n')).toMatch(/column "other_launchs" is not read. Did you mean "other_launches"\?/);
});
