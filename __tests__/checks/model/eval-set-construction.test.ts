/** Gains that vary from one build of the eval set to another, on rows whose truth is known. */
import { afterEach, describe, expect, it } from 'vitest';
import { csv, EvidenceProject, refusal, type Tables } from '../../support/evidence.js';
import type { Planted } from '../../support/gap-world.js';
import { ledgerText } from '../../support/ledger.js';
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
