/** What production's mix makes of the weights of a ledger: w·π(production)/π(ledger), stratum by stratum. */
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { EvidenceTable } from '../../../src/data/evidence/evidence-table.js';
import { MIX, onlineWeightsOf } from '../../../src/data/evidence/log-mix.js';
import { coded, expectNear } from '../../fixtures/metrics.js';
import { csv } from '../../support/evidence.js';
import { Project } from '../../support/project.js';

let project: Project;
afterEach(() => project.remove());

async function mixOf(content: string): Promise<EvidenceTable> {
  project = new Project({ 'models/mix.csv': content });
  const place = { file: 'models/release.yml', line: 4, column: 3 };
  return EvidenceTable.read(
    { name: 'mix', path: join(project.folder, 'models/mix.csv'), shown: 'models/mix.csv', sha256: '', place },
    MIX,
  );
}

/** Six rows of weight 8 over two sources and two tiers. */
const weight = Float64Array.of(1, 1, 2, 1, 2, 1);
const source = ['won', 'won', 'won', 'all', 'all', 'all'];
const tier = ['a', 'b', 'a', 'a', 'b', 'b'];
const ledger = {
  rows: 6,
  weight,
  strata: new Map([
    ['log_source', coded(source)],
    ['tier', coded(tier)],
  ]),
};

describe('the weights of production', () => {
  test('give each stratum its share of all weight, and its rows theirs of the stratum', async () => {
    const mix = await mixOf(
      csv('log_source,prod_share', [
        ['all', 0.9],
        ['won', 0.1],
      ]),
    );
    const online = onlineWeightsOf(mix, ledger, 'ledger.csv');
    for (const [r, w] of weight.entries())
      expectNear(online[r]!, w * (source[r] === 'all' ? 0.9 : 0.1) * 2, `row ${r}`, 1e-15);
  });

  test('are by both columns where the mix has both', async () => {
    const shares: Record<string, number> = { 'won a': 0.4, 'won b': 0, 'all a': 0.1, 'all b': 0.5 };
    const held: Record<string, number> = { 'won a': 3 / 8, 'won b': 1 / 8, 'all a': 1 / 8, 'all b': 3 / 8 };
    const rows = Object.entries(shares).map(([key, share]) => [...key.split(' '), share]);
    const online = onlineWeightsOf(await mixOf(csv('log_source,tier,prod_share', rows)), ledger, 'ledger.csv');
    for (const [r, w] of weight.entries()) {
      const stratum = `${source[r]} ${tier[r]}`;
      expectNear(online[r]!, (w * shares[stratum]!) / held[stratum]!, `row ${r}`, 1e-15);
    }
  });

  test('are of shares that were rounded: within a hundredth of 1 they are scaled to it', async () => {
    const online = onlineWeightsOf(
      await mixOf(
        csv('log_source,prod_share', [
          ['all', 0.895],
          ['won', 0.1],
        ]),
      ),
      ledger,
      'ledger.csv',
    );
    expectNear(
      online.reduce((sum, w) => sum + w, 0),
      8,
      'total',
      1e-15,
    );
    expectNear(online[5]!, (2 * 0.895) / 0.995, 'row 5', 1e-15);
  });

  test.each([
    [0.885, '0.985'],
    [0.9154, '1.015'],
  ])('are none of shares beyond that, below or above: %d', async (share, sum) => {
    const mix = await mixOf(
      csv('log_source,prod_share', [
        ['all', share],
        ['won', 0.1],
      ]),
    );
    expect(() => onlineWeightsOf(mix, ledger, 'ledger.csv')).toThrow(`shares that sum to ${sum}; expected a sum of 1`);
  });

  test.each([
    [
      'log_source',
      [
        ['all', 0.5],
        ['won', 0.25],
        ['won', 0.25],
      ],
      'row 3, column "log_source" is "won" again; expected every log_source once',
    ],
    [
      'log_source,tier',
      [
        ['all', 'a', 0.5],
        ['won', 'a', 0.25],
        ['all', 'a', 0.25],
      ],
      'row 3, column "log_source" is "all", "a" again; expected every (log_source, tier) once',
    ],
  ] as const)('are of every stratum of %s once', async (columns, rows, message) => {
    const mix = await mixOf(csv(`${columns},prod_share`, rows));
    expect(() => onlineWeightsOf(mix, ledger, 'ledger.csv')).toThrow(message);
  });
});
