/** Hypotheses with a table of their own: decisions on evidence whose truth is known, and bad evidence. */
import { describe, expect, it } from 'vitest';
import { found, refused, removedAfterEach } from '../../support/beside-ledger.js';
import { generator } from '../../support/random.js';

removedAfterEach();

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
    expect(h).toMatchObject({ verdict: 'inconclusive', settle: 'about 1 more past arm like these (6 in all)' });
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
    `treatment_share,metric,se,metric_control,se_control\n${[0.2, 0.3, 0.5, 0.7]
      .map((x) => `${x},${0.3 + slope * x},${se},0.31,${se}\n`)
      .join('')}`;

  it('is ruled out where the gain does not move with traffic', async () => {
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
      /the spend per conversion is 12\.5 in treatment and 8 in control; .*the mix of segments makes 4\.5 .*\(100 %\), the cost within them 0; segment ocpm has 20 % of the conversions in control and 50 % in treatment/,
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
