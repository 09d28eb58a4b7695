/** A mix of log sources that differs from production, on ledgers whose truth is known. */
import { afterEach, describe, expect, it } from 'vitest';
import { csv, EvidenceProject, refusal, type Tables } from '../../support/evidence.js';
import type { Planted } from '../../support/gap-world.js';
import { ledgerText, without } from '../../support/ledger.js';
import type { Project } from '../../support/project.js';

let project: Project;
afterEach(() => project.remove());

function evidence(rules: Record<string, readonly string[]>, tables: Tables): EvidenceProject {
  const own = new EvidenceProject(rules, tables);
  project = own;
  return own;
}

const ledger = (planted: Partial<Planted> = {}, seed = 3) => ledgerText(planted, seed);

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
