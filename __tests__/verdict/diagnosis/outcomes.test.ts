/** Hypotheses with a table of their own: decisions on evidence whose truth is known, and bad evidence. */

import { afterEach, describe, expect, it } from 'vitest';
import { spelled } from '../../../src/checks/reason-words.js';
import { GapProject } from '../../support/ledger.js';
import { generator } from '../../support/random.js';

let project: GapProject;
afterEach(() => project.remove());

/** A clear gap, and one table beside the ledger. */
function withTable(id: string, name: string, text: string): GapProject {
  project = new GapProject({ featureLoss: 0.7, requests: 800 }, [id]);
  project
    .write(`models/${name}.csv`, text)
    .edit('models/release.yml', 'evidence:\n', `evidence:\n  ${name}: ${name}.csv\n`);
  return project;
}

async function found(id: string, name: string, text: string) {
  const { of } = await withTable(id, name, text).diagnosis();
  return of(id);
}

async function refused(id: string, name: string, text: string) {
  const { status, message } = await withTable(id, name, text).judge();
  expect(status).toBe(2);
  expect(message).not.toMatch(/\n\s+at |undefined|\[object/);
  return message;
}

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

  it('is ruled out where failures are too few to matter', async () => {
    const h = await found('serving-health', 'serving_health', table(120));
    expect(h.verdict).toBe('ruled_out');
    expect(h.why).toMatch(/failures at query \/ embed: 0\.01 % in control and 0\.012 % in treatment .*at most/);
  });

  it('contributes where the treatment fails a fifth of its requests, and never convicts alone', async () => {
    expect((await found('serving-health', 'serving_health', table(200_000))).verdict).toBe('contributing');
  });

  it('decides nothing against a gap that its ledger is too small to tell', async () => {
    withTable('serving-health', 'serving_health', table(120));
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
    project.remove();
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
    withTable('serving-health', 'serving_health', table(120))
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
    project = new GapProject({ featureLoss: 0.7, requests: 400 }, ['serving-health']);
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
  /** Winners are found with a probability by arm. */
  const log = (control: number, treatment: number, requests = 600) => {
    const random = generator(4);
    const lines: string[] = [];
    for (let q = 0; q < requests; q++)
      for (let i = 0; i < 6; i++) {
        const arm = q % 2 === 0 ? 'control' : 'treatment';
        const inside = random.uniform() < (arm === 'control' ? control : treatment) ? 1 : 0;
        lines.push(`r${q},${arm},i${i},${inside},${i < 3 ? 1 : 0},${i + 1},${random.uniform().toFixed(4)}\n`);
      }
    return head + lines.join('');
  };

  it('is ruled out where recall moves and there is room', async () => {
    const h = await found('recall-saturation', 'stage_log', log(0.5, 0.8));
    expect(h.verdict).toBe('ruled_out');
    expect(h.why).toMatch(
      /retrieval recall of auction winners \d+ % in control and \d+ % in treatment.*ranking recall of the 10 most useful/,
    );
  });

  it('contributes where next to nothing is left to win', async () => {
    const h = await found('recall-saturation', 'stage_log', log(0.99, 0.995, 2000));
    expect([h.verdict, h.why.slice(0, 9)]).toEqual(['contributing', 'saturated']);
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
      /a control that gave every item that was logged; expected winners of auctions that saw candidates of both arms/,
    ],
    [
      'winners of auctions that saw the treatment’s candidates alone',
      log(0.8, 1),
      /a treatment that gave every item that was logged/,
    ],
    ['one arm alone', log(0.5, 0.5).replaceAll('treatment', 'control'), /rows of one arm alone/],
    ['no winner', log(0.5, 0.5).replace(/,1,(\d,0\.)/g, ',0,$1'), /no row that is a winner/],
    ['a flag that is none', `${head}r,control,i,2,1,1,1\n`, /column "in_output" is "?2"?; expected 0 or 1/],
  ])('refuses %s', async (_, text, message) => {
    expect(await refused('recall-saturation', 'stage_log', text)).toMatch(message);
  });
});

describe('metric-mismatch', () => {
  const head = 'arm,offline_delta,offline_se,online_delta,online_se\n';
  const arms = (n: number, online: (offline: number, i: number) => number, se = 0.01) =>
    head +
    Array.from({ length: n }, (_, i) => {
      const offline = -1 + (2 * i) / (n - 1);
      return `a${i},${offline},${se},${online(offline, i)},${se}\n`;
    }).join('');
  const wave = (_: number, i: number) => ((i * 7919) % 13) / 6 - 1;

  it('is ruled out where past arms agree', async () => {
    const h = await found(
      'metric-mismatch',
      'arms',
      arms(16, (x, i) => 0.5 * x + 0.02 * Math.sin(i)),
    );
    expect(h.verdict).toBe('ruled_out');
    expect(h.why).toMatch(
      /over 16 past arms .* correlation of 0?\.?\d+ .*agree in sign in 100 %, and online moves 0\.\d+/,
    );
    expect(h.share).toBeNull();
  });

  it('contributes where they do not', async () => {
    expect((await found('metric-mismatch', 'arms', arms(40, wave))).verdict).toBe('contributing');
  });

  it('is inconclusive with fewer than six', async () => {
    const h = await found(
      'metric-mismatch',
      'arms',
      arms(5, (x) => x),
    );
    expect(h).toMatchObject({ verdict: 'inconclusive', settle: 'past arms with smaller errors, at least 6' });
  });

  it.each([
    ['an error of 0', arms(8, (x) => x, 0), /column "offline_se" is 0; expected a standard error above 0/],
    ['an arm twice', arms(8, (x) => x).replace('a3,', 'a2,'), /column "arm" is "a2" again; expected every arm once/],
    ['arms that are all alike', arms(8, () => 1), /arms that all have one delta/],
  ])('refuses %s', async (_, text, message) => {
    expect(await refused('metric-mismatch', 'arms', text)).toMatch(message);
  });
});

describe('exposure-bias', () => {
  const ramp = (slope: number, se = 0.0001) =>
    `treatment_share,metric,se\n${[0.2, 0.3, 0.5, 0.7].map((x) => `${x},${0.3 + slope * x},${se}\n`).join('')}`;

  it('is ruled out where the metric does not move with traffic', async () => {
    const h = await found('exposure-bias', 'ramp', ramp(0));
    expect(h.verdict).toBe('ruled_out');
    expect(h.why).toMatch(/over 4 shares from 20 % to 70 %/);
  });

  it('explains what full exposure would win', async () => {
    const h = await found('exposure-bias', 'ramp', ramp(-0.05));
    expect(h.alone).toBeCloseTo(0.05 * 0.3, 9);
    expect(['contributing', 'sufficient']).toContain(h.verdict);
  });

  it('is inconclusive with two shares, or with large errors', async () => {
    expect(
      (await found('exposure-bias', 'ramp', 'treatment_share,metric,se\n0.2,0.3,0.1\n0.4,0.3,0.1\n')).settle,
    ).toMatch(/at least 3 shares/);
    project.remove();
    expect((await found('exposure-bias', 'ramp', ramp(0, 0.5))).verdict).toBe('inconclusive');
  });

  it('refuses a share above 1', async () => {
    expect(
      await refused('exposure-bias', 'ramp', 'treatment_share,metric,se\n20,0.3,0.1\n40,0.3,0.1\n70,0.3,0.1\n'),
    ).toMatch(/column "treatment_share" is 20; expected a share between 0 and 1/);
  });
});

describe('eval-set-construction', () => {
  const builds = (gains: number[], se = 0.0002) =>
    `build_id,gain,se\n${gains.map((g, i) => `b${i},${g},${se}\n`).join('')}`;

  it('is ruled out where builds agree', async () => {
    const h = await found('eval-set-construction', 'builds', builds([0.02, 0.0201, 0.0199]));
    expect(h.verdict).toBe('ruled_out');
    expect(h.why).toMatch(/Cochran’s Q .* with 2 degrees of freedom/);
  });

  it('contributes where they differ by more than chance', async () => {
    expect(['contributing', 'sufficient']).toContain(
      (await found('eval-set-construction', 'builds', builds([0.02, 0.005, 0.03]))).verdict,
    );
  });

  it('is not blamed for what chance makes of many builds', async () => {
    const random = generator(1);
    const h = await found(
      'eval-set-construction',
      'builds',
      builds(
        Array.from({ length: 12 }, () => 0.02 + 0.01 * random.normal()),
        0.01,
      ),
    );
    expect(h.verdict).toBe('inconclusive');
  });

  it('is inconclusive with one build', async () => {
    expect((await found('eval-set-construction', 'builds', builds([0.02]))).why).toBe('one build alone');
  });

  it('refuses a build twice', async () => {
    expect(await refused('eval-set-construction', 'builds', builds([1, 2]).replace('b1', 'b0'))).toMatch(
      /"b0" again; expected every build_id once/,
    );
  });
});

describe('auction-filtering', () => {
  const head = 'arm,segment,spend,conversions\n';
  const funnel = (cpc: [number, number], cpm: [number, number], rise = 1) =>
    `${head}control,ocpm,${cpm[0] * 20},${cpm[0]}\ntreatment,ocpm,${cpm[1] * 20 * rise},${cpm[1]}\ncontrol,cpc,${cpc[0] * 5},${cpc[0]}\ntreatment,cpc,${cpc[1] * 5 * rise},${cpc[1]}\n`;

  it('contributes where the treatment buys more of what is dear', async () => {
    const h = await found('auction-filtering', 'funnel', funnel([80_000, 50_000], [20_000, 50_000]));
    expect(h.verdict).toBe('contributing');
    expect(h.why).toMatch(
      /a conversion costs 12\.5 in treatment and 8 in control; .*the mix of segments makes 4\.5 .*\(100 %\), the cost within them 0/,
    );
  });

  it('is ruled out where the cost rose within segments', async () => {
    expect((await found('auction-filtering', 'funnel', funnel([80_000, 80_000], [20_000, 20_000], 1.5))).verdict).toBe(
      'ruled_out',
    );
  });

  it('is inconclusive where the treatment is not dearer', async () => {
    expect((await found('auction-filtering', 'funnel', funnel([100, 98], [20, 20]))).verdict).toBe('inconclusive');
  });

  it.each([
    [
      'a segment without conversions in an arm',
      funnel([80, 0], [20, 50]),
      /no conversions of segment "cpc" in treatment/,
    ],
    [
      'a negative spend',
      `${head}control,a,-1,1\ntreatment,a,1,1\n`,
      /column "spend" is -1; expected a number of 0 or above/,
    ],
  ])('refuses %s', async (_, text, message) => {
    expect(await refused('auction-filtering', 'funnel', text)).toMatch(message);
  });
});
