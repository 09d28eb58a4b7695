/** Worlds in which few requests carry the gain, and worlds in which honest gains look as if they did. */
import { afterEach, describe, expect, it } from 'vitest';
import { csv, EvidenceProject, type Tables } from '../../support/evidence.js';
import type { Planted } from '../../support/gap-world.js';
import { type Edit, edited, ledgerText, without } from '../../support/ledger.js';
import type { Project } from '../../support/project.js';
import { generator } from '../../support/random.js';

let project: Project;
afterEach(() => project.remove());

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
const logit = (p: number) => Math.log(p / (1 - p));

/** Every row weighs alike, so that nothing but scores makes a gap; states between s0 and s5 are not there. */
const ledger = (planted: Partial<Planted>, edit: Edit) =>
  edited(without(ledgerText({ requests: 2000, ...planted }, 3), 'weight_online', 's2', 's3', 's4'), edit);
/** One request in 67, 1.5 %, of eight rows each. */
const isFew = (r: number) => Math.floor(r / 8) % 67 === 0;

/** The candidate is production's model but for a whisper; of few requests it knows the label. */
function mirage(lost: boolean): string {
  const random = generator(7);
  return ledger({}, (row, r) => {
    const today = logit(Number(row.score_prod));
    const alike = String(sigmoid(today + 0.05 * random.normal()));
    const knows = String(sigmoid(today + (row.label === '1' ? 3 : -3)));
    const s0 = isFew(r) ? knows : alike;
    return { ...row, s0, s0_pit: s0, s5: isFew(r) && lost ? row.score_prod! : s0 };
  });
}

async function diagnosed(tables: Tables) {
  const own = new EvidenceProject({ 'outlier-domination': [] }, tables);
  project = own;
  const { report, message } = await own.judge();
  if (!report?.diagnosis) throw new Error(message);
  const { hypotheses, layers } = report.diagnosis;
  return { report, outliers: hypotheses[0]!, trust: layers[0]! };
}

describe('a gain that 1.5 % of the requests carry', () => {
  it('and lose online is all of the gap', async () => {
    const { report, outliers, trust } = await diagnosed({ ledger: mirage(true) });
    expect(outliers.verdict).toBe('sufficient');
    expect(outliers.share).toBeGreaterThan(0.95);
    expect(outliers.share).toBeLessThan(1.05);
    expect(trust).toMatchObject({ verdict: 'no', checks: ['outlier-domination'] });
    expect(report.verdict).toBe('not_ready');
  });

  it('and that is served as it was evaluated is not ready, whatever is kept', async () => {
    const { report, outliers, trust } = await diagnosed({ ledger: mirage(false) });
    expect(outliers.verdict).toBe('no_gap');
    expect(trust.verdict).toBe('no');
    expect(trust.why).toMatch(
      /without the 40 requests \(of 2,000\) that move it most the gain is .* of them carry \d\d %/,
    );
    expect(report.verdict).toBe('inconclusive');
    expect(report.headline).toMatch(
      /^v42 is not shown to be ready: the offline gain cannot be trusted: without the 40 /,
    );
    expect(report.recommendation.why).toMatch(/the offline gain cannot be trusted/);
    expect(report.recommendation).toMatchObject({
      action: 'gather_evidence',
      options: [{ why: expect.stringMatching(/few clusters that carry the gain.*\(outlier-domination\)/) }],
    });
  });

  it.each<[string, string, string]>([
    ['flat', '0.0,0.1', 'inconclusive'],
    ['won', '0.4,0.1', 'ready'],
  ])('beside an A/B that is %s', async (_, outcome, verdict) => {
    const { report } = await diagnosed({ ledger: mirage(false), outcome: `online_delta,online_se\n${outcome}\n` });
    expect(report.verdict).toBe(verdict);
  });
});

describe('a gain that many carry', () => {
  it('beside absurd predictions of production that are served rightly: the gap is elsewhere', async () => {
    const text = ledger({ featureLoss: 0.6 }, (row, r) =>
      isFew(r) ? { ...row, score_prod: row.label === '1' ? '0.01' : '0.99', s5: row.s0! } : row,
    );
    const { outliers } = await diagnosed({ ledger: text });
    expect(['ruled_out', 'inconclusive']).toContain(outliers.verdict);
    expect(Math.abs(outliers.share!)).toBeLessThan(0.15);
  });

  it.each(['features', 'skew', 'an old checkpoint'])('is nobody’s domination where %s takes it', async (cause) => {
    const planted =
      cause === 'features' ? { featureLoss: 0.7 } : cause === 'skew' ? { skew: 0.8 } : { unexpected: 0.3 };
    const { outliers, trust } = await diagnosed({ ledger: ledger(planted, (row) => row) });
    expect(['ruled_out', 'inconclusive']).toContain(outliers.verdict);
    expect(trust.verdict).toBe('yes');
  });

  it('is one where positives are rare, and carry most of it as they must', async () => {
    const random = generator(11);
    const rows = Array.from({ length: 24_000 }, (_, r) => {
      const [base, family] = [-4.2 + 0.6 * random.normal(), 0.9 * random.normal()];
      const y = random.uniform() < sigmoid(base + family) ? 1 : 0;
      const scores = [family / 3, family, 0.4 * family].map((part) => sigmoid(base + part));
      return [`q${r >> 2}`, `i${random.int(400)}${String.fromCharCode(97 + (r % 4))}`, y, ...scores];
    });
    const { report, outliers, trust } = await diagnosed({
      ledger: csv('request_id,item_id,label,score_prod,s0,s5', rows),
    });
    const positives = rows.filter(([, , y]) => y === 1).length / rows.length;
    expect(positives).toBeLessThan(0.04);
    expect(report.diagnosis!.gap!.lower).toBeGreaterThan(0);
    expect(['ruled_out', 'inconclusive']).toContain(outliers.verdict);
    expect(trust.verdict).not.toBe('no');
  });
});

describe('the tenths of production’s predictions', () => {
  const text = ledger({}, (row) => ({ ...row, s0: String(Math.min(0.99, 1.3 * Number(row.score_prod))) }));

  /** Predicted over actual of the rows whose production's prediction is in the lowest tenth, by hand. */
  const lowest = () => {
    const [head, ...lines] = text.trim().split('\n');
    const names = head!.split(',');
    const rows = lines.map((line) => line.split(',').map(Number));
    const at = (name: string) => names.indexOf(name);
    const sorted = rows.toSorted((a, b) => a[at('score_prod')]! - b[at('score_prod')]!).slice(0, rows.length / 10);
    const sum = (name: string) => sorted.reduce((total, row) => total + row[at(name)]!, 0);
    return { rows: sorted.length, production: sum('score_prod') / sum('label'), candidate: sum('s0') / sum('label') };
  };

  it('have the calibration of both models beside the gain, as by hand', async () => {
    const { report } = await diagnosed({ ledger: text });
    const { buckets } = report.diagnosis!;
    const { rows, production, candidate } = lowest();
    expect(buckets).toHaveLength(10);
    expect(buckets![0]).toMatchObject({ prediction: 'p0 to p10', rows });
    expect(buckets![0]!.production!.value).toBeCloseTo(production, 10);
    expect(buckets![0]!.candidate!.value).toBeCloseTo(candidate, 10);
    expect(buckets![0]!.candidate!.lower).toBeLessThan(candidate);
  });

  it('are judged by a rule on the candidate’s', async () => {
    const own = new EvidenceProject(
      { 'outlier-domination': ['{metric: bucket_calibration, max: 0.8}'] },
      { ledger: text },
    );
    project = own;
    const { findings, of } = await own.examined('outlier-domination');
    expect(findings).toHaveLength(10);
    // Production's model knows a part of what there is to know, and 1.3 times what it says is far above 0.8 of it.
    expect(of('bucket_calibration', { prediction: 'p80 to p90' }).verdict).toBe('fail');
    expect(of('bucket_calibration', { prediction: 'p0 to p10' }).value).toBeCloseTo(lowest().candidate, 10);
  });
});

describe('both models', () => {
  it.each(['score_prod', 's0'])('stand on identical rows: one without %s is refused', async (column) => {
    const text = ledger({ requests: 40 }, (row, r) => (r === 7 ? { ...row, [column]: '' } : row));
    const own = new EvidenceProject({ 'outlier-domination': [] }, { ledger: text });
    project = own;
    const { status, message } = await own.judge();
    expect(status).toBe(2);
    expect(message).toMatch(new RegExp(`row 8, column "${column}" is missing; expected a prediction between 0 and 1`));
  });
});
