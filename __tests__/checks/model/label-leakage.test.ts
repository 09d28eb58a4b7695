/** Features that are younger than their event, and scans for them, on evidence whose truth is known. */
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterEach, describe, expect, it } from 'vitest';
import { csv, EvidenceProject, refusal, type Tables } from '../../support/evidence.js';
import { gapLedger, INNOCENT, type Planted } from '../../support/gap-world.js';
import { GapProject, ledgerText, without } from '../../support/ledger.js';
import type { Project } from '../../support/project.js';
import { generator } from '../../support/random.js';

let project: Project;
afterEach(() => project.remove());

function evidence(rules: Record<string, readonly string[]>, tables: Tables): EvidenceProject {
  const own = new EvidenceProject(rules, tables);
  project = own;
  return own;
}

const ledger = (planted: Partial<Planted> = {}, seed = 3) => ledgerText(planted, seed);

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
