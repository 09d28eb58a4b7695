/**
 * Hypotheses of serving and retrieval with a table of their own: decisions on evidence whose truth is known, and bad
 * evidence.
 */
import { describe, expect, it } from 'vitest';
import { spelled } from '../../../src/checks/reason-words.js';
import { found, kept, refused, removedAfterEach, withTable } from '../../support/beside-ledger.js';
import { GapProject } from '../../support/ledger.js';
import { generator } from '../../support/random.js';

removedAfterEach();

describe('serving-health', () => {
  const head = 'arm,tower,stage,requests,successes\n';
  const table = (failures: number, hosts = 1) =>
    head +
    ['control', 'treatment']
      .flatMap((arm) =>
        Array.from({ length: hosts }, () => {
          const requests = 1_000_000 / hosts;
          return `${arm},query,embed,${requests},${requests - (arm === 'treatment' ? failures / hosts : 100 / hosts)}\n`;
        }),
      )
      .join('');

  /** 2,000 requests an arm and stage, from 5 to 50 ms; `late` makes the treatment's of them by their rank. */
  const latency = (
    late: (ms: number, rank: number) => number,
    stages: readonly string[] = ['embed'],
    requests = 2000,
  ) =>
    `arm,tower,stage,latency_ms\n${stages
      .flatMap((stage, s) =>
        Array.from({ length: requests }, (_, i) => {
          const rank = (i * 7919) % requests;
          const ms = 5 + (45 * rank) / requests;
          // Later at the last of the stages alone.
          const treated = s === stages.length - 1 ? late(ms, rank / requests) : ms;
          return `control,query,${stage},${ms}\ntreatment,query,${stage},${treated}\n`;
        }),
      )
      .join('')}`;

  async function healthOf(failures: number, latencies?: string, own = table(failures)) {
    const project = withTable('serving-health', 'serving_health', own);
    if (latencies !== undefined)
      project
        .write('models/latency.csv', latencies)
        .edit('models/release.yml', 'evidence:\n', 'evidence:\n  latency: latency.csv\n');
    const { of } = await project.diagnosis();
    return of('serving-health');
  }

  it('is ruled out where failures are too few to matter and the treatment answers as soon', async () => {
    const h = await healthOf(
      120,
      latency((ms) => 1.02 * ms),
    );
    expect(h.verdict).toBe('ruled_out');
    expect(h.why).toMatch(/failures at query \/ embed: 0\.01 % in control and 0\.012 % in treatment .*at most/);
    // numpy.percentile of both.
    expect(h.why).toContain(
      'latency p50 / p90 / p99 at query / embed 27.5 / 45.5 / 49.5 ms in control and 28 / 46.4 / 50.5 ms in treatment',
    );
  });

  it('is not ruled out where a tenth of the answers come much later, and says which and where', async () => {
    const h = await healthOf(
      120,
      latency((ms, rank) => (rank >= 0.9 ? 4.5 * ms : ms)),
    );
    expect(h).toMatchObject({
      verdict: 'inconclusive',
      settle: 'an A/B in which the treatment answers as soon as control at query / embed',
    });
    expect(h.why).toMatch(
      /is not free of suspicion; the treatment answers later: p99 at query \/ embed 49\.5 ms in control/,
    );
  });

  it('has every tower and stage in its trail, the latest first', async () => {
    const both = `${table(120)}${table(120).replace(head, '').replaceAll('embed', 'rank')}`;
    const h = await healthOf(
      120,
      latency((ms) => 1.1 * ms, ['embed', 'rank']),
      both,
    );
    expect(h.verdict).toBe('ruled_out');
    expect(h.why).toMatch(/failures at query \/ embed: .*failures at query \/ rank: /);
    expect(h.why).toMatch(/p99 at query \/ rank 27\.5 .*p99 at query \/ embed 27\.5 /);
  });

  it.each([
    ['no latency at all', undefined, undefined, /^a table latency of both arms at every tower and stage$/],
    ['latency of another stage alone', 'rank', 2000, /^a table latency at query \/ embed$/],
    ['too few requests', 'embed', 60, /^more requests with their latency, or finer buckets: p\d\d at query \/ embed/],
  ])('is not ruled out with %s', async (_, stage, requests, settle) => {
    const h = await healthOf(120, stage && latency((ms) => ms, [stage], requests));
    expect(h).toMatchObject({ verdict: 'inconclusive', settle: expect.stringMatching(settle) });
  });

  it('contributes where the treatment fails a fifth of its requests, and never convicts alone', async () => {
    expect((await found('serving-health', 'serving_health', table(200_000))).verdict).toBe('contributing');
  });

  it('decides nothing against a gap that its ledger is too small to tell', async () => {
    const project = withTable('serving-health', 'serving_health', table(120));
    project.ledger((row, r) => (r < 40 ? row : undefined));
    const { diagnosis, of } = await project.diagnosis();
    expect(spelled(diagnosis.gap.open!)).toMatch(/positives|clusters/);
    expect(of('serving-health')).toMatchObject({
      verdict: 'inconclusive',
      share: null,
      settle: expect.stringMatching(/larger ledger/),
    });
  });

  it('adds counts of hosts up', async () => {
    const whole = await found('serving-health', 'serving_health', table(5000));
    expect(await found('serving-health', 'serving_health', table(5000, 10))).toMatchObject({
      alone: whole.alone,
      verdict: whole.verdict,
    });
  });

  it('says the percentiles of latency of both arms, from counts that add up', async () => {
    const bucket = (arm: string, upper: number, count: number) => `${arm},query,embed,${upper},${count}\n`;
    const latency = `arm,tower,stage,upper_ms,count\n${[
      [10, 50],
      [20, 40],
      [40, 10],
    ]
      .flatMap(([upper, count]) => [
        bucket('control', upper!, count! / 2),
        bucket('control', upper!, count! / 2),
        bucket('treatment', 2 * upper!, count!),
      ])
      .join('')}`;
    const project = withTable('serving-health', 'serving_health', table(120))
      .write('models/latency.csv', latency)
      .edit('models/release.yml', 'evidence:\n', 'evidence:\n  latency: latency.csv\n');
    const { of } = await project.diagnosis();
    // Linear within a bucket: 50 % at the first edge, 90 % at the second, 99 % nine tenths into the last.
    expect(of('serving-health').why).toContain(
      'latency p50 / p90 / p99 at query / embed 10 / 20 / 38 ms in control and 20 / 40 / 76 ms in treatment',
    );
    expect(of('serving-health').evidence).toHaveLength(3);
  });

  it('is not tested without its table, which is named', async () => {
    const project = kept(new GapProject({ featureLoss: 0.7, requests: 400 }, ['serving-health']));
    const { of } = await project.diagnosis();
    expect(of('serving-health')).toMatchObject({ verdict: 'not_tested', evidence: [] });
    expect(of('serving-health').settle).toMatch(
      /a table serving_health \(.*: arm, tower, stage, requests, successes\)/,
    );
  });

  it.each([
    [
      'more successes than requests',
      `${head}control,q,e,10,11\ntreatment,q,e,10,9\n`,
      /column "successes" is 11; expected at most the 10 requests/,
    ],
    [
      'an arm of another name',
      `${head}contrl,q,e,10,9\ntreatment,q,e,10,9\n`,
      /column "arm" is "contrl"; expected one of control and treatment/,
    ],
    [
      'percentiles of hosts, which have no mean',
      'arm,tower,stage,requests,successes,p99\ncontrol,q,e,10,9,40\ntreatment,q,e,10,9,50\n',
      /a column "p99".*percentiles of hosts or hours have no mean.*Give the histogram/,
    ],
    ['one arm alone', `${head}control,q,e,10,9\n`, /no requests of treatment at q \/ e/],
    ['a part of a request', `${head}control,q,e,10.5,9\ntreatment,q,e,10,9\n`, /expected a whole number of 0 or above/],
    [
      'a column that is missing',
      'arm,tower,stage,requests,succeses\ncontrol,q,e,10,9\n',
      /a table serving_health without "successes".*Did you mean "succeses"/,
    ],
  ])('refuses %s', async (_, text, message) => {
    expect(await refused('serving-health', 'serving_health', text)).toMatch(message);
  });
});

describe('recall-saturation', () => {
  const head = 'request_id,arm,item_id,in_output,is_winner,rank,utility\n';
  /** Winners are found with a probability by arm: of requests of one arm each, or of both. */
  const log = (control: number, treatment: number, requests = 600, arms: 'own' | 'both' = 'own') => {
    const random = generator(4);
    const lines: string[] = [];
    for (let q = 0; q < requests; q++)
      for (const arm of arms === 'both' ? ['control', 'treatment'] : [q % 2 === 0 ? 'control' : 'treatment'])
        for (let i = 0; i < 6; i++) {
          const inside = random.uniform() < (arm === 'control' ? control : treatment) ? 1 : 0;
          lines.push(`r${q},${arm},i${i},${inside},${i < 3 ? 1 : 0},${i + 1},${random.uniform().toFixed(4)}\n`);
        }
    return head + lines.join('');
  };

  it('is ruled out where recall moves and there is room', async () => {
    const h = await found('recall-saturation', 'stage_log', log(0.5, 0.8));
    expect(h.verdict).toBe('ruled_out');
    expect(h.why).toMatch(
      /retrieval recall of winners \d+ % in control and \d+ % in treatment.*ranking recall of the 10 most useful/,
    );
  });

  it('contributes where next to nothing is left to win', async () => {
    const h = await found('recall-saturation', 'stage_log', log(0.99, 0.995, 2000, 'both'));
    expect([h.verdict, h.why.slice(0, 9)]).toEqual(['contributing', 'saturated']);
  });

  it('does not call requests of one arm each saturated, as the other arm’s candidates were not there', async () => {
    const h = await found('recall-saturation', 'stage_log', log(0.99, 0.995, 2000));
    expect(h).toMatchObject({
      verdict: 'inconclusive',
      why: expect.stringMatching(/^next to nothing is left to win of what each arm’s own candidates were chosen from/),
      settle: expect.stringMatching(/^both arms’ candidates for the same requests/),
    });
  });

  it('contributes where recall does not move', async () => {
    expect((await found('recall-saturation', 'stage_log', log(0.7, 0.5))).verdict).toBe('contributing');
  });

  it('is inconclusive where few requests cannot tell', async () => {
    expect((await found('recall-saturation', 'stage_log', log(0.6, 0.62, 60))).verdict).toBe('inconclusive');
  });

  it.each([
    [
      'winners that are the control’s own by construction',
      log(1, 1),
      /a control that gave every item that was logged.*Recall is 1 by construction/,
    ],
    [
      'winners of auctions that saw the control’s candidates alone',
      log(1, 0.8),
      /a control that gave every item that was logged; expected winners of a stage that saw candidates of both arms/,
    ],
    [
      'winners of auctions that saw the treatment’s candidates alone',
      log(0.8, 1),
      /a treatment that gave every item that was logged/,
    ],
    ['one arm alone', log(0.5, 0.5).replaceAll('treatment', 'control'), /rows of one arm alone/],
    [
      'no winner',
      log(0.5, 0.5).replace(/,1,(\d,0\.)/g, ',0,$1'),
      /no row of winners; expected winners \(is_winner 1\)/,
    ],
    ['a flag that is none', `${head}r,control,i,2,1,1,1\n`, /column "in_output" is "?2"?; expected 0 or 1/],
  ])('refuses %s', async (_, text, message) => {
    expect(await refused('recall-saturation', 'stage_log', text)).toMatch(message);
  });
});
