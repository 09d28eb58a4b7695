/** Candidates that stages drop, arm by arm, on logs whose truth is known. */
import { afterEach, describe, expect, it } from 'vitest';
import { csv, EvidenceProject, refusal, type Tables } from '../../support/evidence.js';
import type { Project } from '../../support/project.js';
import { generator } from '../../support/random.js';

let project: Project;
afterEach(() => project.remove());

function evidence(rules: Record<string, readonly string[]>, tables: Tables): EvidenceProject {
  const own = new EvidenceProject(rules, tables);
  project = own;
  return own;
}

describe('auction-filtering', () => {
  const funnel = (treatment: readonly [number, number], budget = 10_000) =>
    csv('arm,segment,spend,conversions,budget', [
      ['control', 'oCPM', 4000, 400, 10_000],
      ['control', 'CPC', 4000, 2000, 0],
      ['treatment', 'oCPM', 10 * treatment[0], treatment[0], budget],
      ['treatment', 'CPC', 2 * treatment[1], treatment[1], 0],
    ]);
  const RULES = ['{metric: cost_per_conversion, max_increase: 10%}', '{metric: mix_term, max: 5%}'];

  it('passes the same purchase and fails a dearer one by its mix', async () => {
    const good = await evidence({ 'auction-filtering': RULES }, { funnel: funnel([400, 2000]) }).examined(
      'auction-filtering',
    );
    expect(good.status).toBe(0);
    expect(good.of('cost_per_conversion').change).toBeCloseTo(0, 12);
    project.remove();
    const bad = await evidence({ 'auction-filtering': RULES }, { funnel: funnel([800, 1500]) }).examined(
      'auction-filtering',
    );
    expect(bad.of('cost_per_conversion').verdict).toBe('fail');
    // Rates are the same: all of the difference is the mix.
    expect(bad.of('mix_term').value).toBeCloseTo(bad.of('cost_per_conversion').change, 12);
  });

  /** A moderation queue: minutes of review by kind of report, and reports that were upheld. */
  const queue = (cost: string, outcomes: string) =>
    csv(`arm,segment,${cost},${outcomes}`, [
      ['control', 'spam', 9000, 3000],
      ['control', 'abuse', 12_000, 1000],
      ['treatment', 'spam', 6000, 2000],
      ['treatment', 'abuse', 24_000, 2000],
    ]);

  it.each([
    ['cost', 'positive_outcomes', 'the cost per positive outcome', 'positive outcomes'],
    ['spend', 'conversions', 'the spend per conversion', 'conversions'],
    ['spend', 'positive_outcomes', 'the spend per positive outcome', 'positive outcomes'],
  ])('reads %s and %s, and says them by the names of the table', async (cost, outcomes, said, many) => {
    const { hypothesis } = await evidence({ 'auction-filtering': [] }, { funnel: queue(cost, outcomes) }).examined(
      'auction-filtering',
    );
    // 21,000/4,000 = 5.25 and 30,000/4,000 = 7.5; abuse from 1/4 to 1/2 of the outcomes, at 12 against 3: all is mix.
    expect(hypothesis!.verdict).toBe('contributing');
    expect(hypothesis!.why).toContain(`${said} is 7.5 in treatment and 5.25 in control; of the difference 2.25`);
    expect(hypothesis!.why).toContain(`segment abuse has 25 % of the ${many} in control and 50 % in treatment`);
    expect(hypothesis!.why).toContain('the table survival would say at which stage and for which reason');
  });

  const survival = (out: number) =>
    csv('arm,stage,reason,n_in,n_out', [
      ['control', 'auction', 'floor', 10_000, 9500],
      ['treatment', 'auction', 'floor', 10_000, out],
      ['control', 'pacing', 'budget', 9500, 9000],
      ['treatment', 'pacing', 'budget', 9500, 9000],
    ]);

  it('compares survival at every stage for every reason', async () => {
    const RULE = { 'auction-filtering': ['{metric: survival, max_decrease: 2%}'] };
    const good = await evidence(RULE, { survival: survival(9500) }).examined('auction-filtering');
    expect([good.status, good.findings.length]).toEqual([0, 2]);
    project.remove();
    const bad = await evidence(RULE, { survival: survival(8000) }).examined('auction-filtering');
    expect(bad.of('survival', { reason: 'floor' })).toMatchObject({ verdict: 'fail', value: 0.8 });
    expect(bad.of('survival', { stage: 'pacing' }).verdict).toBe('pass');
    expect(bad.facts).toMatch(/survival falls most at auction \/ floor: 95 % in control and 80 % in treatment/);
    expect(bad.facts).toMatch(/it clearly falls at 1 of 2 stages and reasons: auction \/ floor/);
    expect(good.facts).toMatch(/it clearly falls at none of 2 stages and reasons/);
  });

  it('says every stage and reason at which survival clearly falls, and none that chance makes', async () => {
    // The bound at 1 - 0.05/4: 9000 against 8800 of 10,000 is 4.5 errors, 9000 against 8920 is 1.9.
    const places = [
      ['auction', 'floor', 8800],
      ['pacing', 'budget', 7000],
      ['quality', 'policy', 8920],
      ['dedup', 'seen', 9100],
    ] as const;
    const rows = places.flatMap(([stage, reason, out]) => [
      ['control', stage, reason, 10_000, 9000],
      ['treatment', stage, reason, 10_000, out],
    ]);
    const { hypothesis } = await evidence(
      { 'auction-filtering': [] },
      { survival: csv('arm,stage,reason,n_in,n_out', rows), filter_replay: replay(0.45) },
    ).examined('auction-filtering');
    expect(hypothesis!.verdict).toBe('contributing');
    expect(hypothesis!.why).toContain('survival falls most at pacing / budget: 90 % in control and 70 % in treatment');
    expect(hypothesis!.why).toContain(
      'it clearly falls at 2 of 4 stages and reasons: pacing / budget and auction / floor',
    );
    expect(hypothesis!.why).not.toContain('the table survival would say');
  });

  /** What is bought by request; the filters take `taken` of the treatment's. */
  const replay = (taken: number, lift = 0.5, requests = 600) => {
    const random = generator(12);
    return csv(
      'request_id,arm,value_on,value_off',
      Array.from({ length: requests }, (_, q) =>
        (['control', 'treatment'] as const).map((arm) => {
          const off = 1 + random.normal() + (arm === 'treatment' ? lift : 0);
          return [`r${q}`, arm, arm === 'treatment' ? off - taken : off, off];
        }),
      ).flat(),
    );
  };

  it.each([
    [0.45, 'contributing'],
    [0, 'ruled_out'],
    [-0.3, 'ruled_out'],
  ] as const)('by a replay in which filters take %f of the treatment’s win is %s', async (taken, verdict) => {
    const { hypothesis } = await evidence({ 'auction-filtering': [] }, { filter_replay: replay(taken) }).examined(
      'auction-filtering',
    );
    expect(hypothesis!.verdict).toBe(verdict);
    expect(hypothesis!.why).toMatch(/with the filters the treatment wins .* they take/);
  });

  it.each<[string, Tables, RegExp]>([
    [
      'arms with other budgets',
      { funnel: funnel([400, 2000], 12_000) },
      /a budget of 10000 in control and 12000 in treatment; expected arms with one budget/,
    ],
    [
      'a column under both of its names',
      { funnel: queue('cost', 'conversions,positive_outcomes').replaceAll(/(\d)\n/g, '$1,1\n') },
      /a table funnel with "positive_outcomes" and "conversions", names of one column; expected one of them/,
    ],
    [
      'a column under none of its names',
      { funnel: queue('cost', 'conversion') },
      /a table funnel without "positive_outcomes"; .*positive_outcomes may be called conversions\. Did you mean "conver/,
    ],
    [
      'an amount that is none, by the name that the table has',
      { funnel: queue('spend', 'positive_outcomes').replace(',9000,', ',-9000,') },
      /column "spend" is -9000; expected a number of 0 or above/,
    ],
    [
      'reasons that overlap',
      {
        survival: csv('arm,stage,reason,n_in,n_out', [
          ['control', 's', 'a', 100, 20],
          ['control', 's', 'b', 100, 30],
          ['treatment', 's', 'a', 100, 90],
          ['treatment', 's', 'b', 100, 90],
        ]),
      },
      /reasons of stage "s" that drop 150 candidates of at most 100/,
    ],
    ['more out than in', { survival: survival(10_001) }, /column "n_out" is 10001; expected at most the 10000/],
    [
      'survival of one arm',
      { survival: 'arm,stage,reason,n_in,n_out\ncontrol,s,a,10,9\n' },
      /no candidates of treatment at s \/ a/,
    ],
    [
      'a replay of one arm',
      { filter_replay: 'request_id,arm,value_on,value_off\nr,control,1,1\n' },
      /rows of one arm alone/,
    ],
    [
      'a request twice',
      { filter_replay: `${replay(0, 0, 3)}r0,control,1,1\n` },
      /again; expected every \(request_id, arm\) once/,
    ],
  ])('refuses %s', async (_, tables, message) => {
    expect(await refusal(evidence({ 'auction-filtering': [] }, tables))).toMatch(message);
  });
});
