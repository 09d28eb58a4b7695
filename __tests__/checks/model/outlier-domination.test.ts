/** Gains that a few rows make, on ledgers whose truth is known. */
import { afterEach, describe, expect, it } from 'vitest';
import { EvidenceProject, type Tables } from '../../support/evidence.js';
import type { Planted } from '../../support/gap-world.js';
import { GapProject, ledgerText } from '../../support/ledger.js';
import type { Project } from '../../support/project.js';

let project: Project;
afterEach(() => project.remove());

function evidence(rules: Record<string, readonly string[]>, tables: Tables): EvidenceProject {
  const own = new EvidenceProject(rules, tables);
  project = own;
  return own;
}

const ledger = (planted: Partial<Planted> = {}, seed = 3) => ledgerText(planted, seed);

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
