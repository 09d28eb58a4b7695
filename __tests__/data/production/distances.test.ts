/** Where production's distances come from: counts, manifest, cadence, or a histogram; canaries and rollbacks shift them. */
import { afterEach, describe, expect, it } from 'vitest';
import { Project } from '../../support/project.js';
import { sweepOf } from '../../support/sweep-report.js';

let project: Project;
afterEach(() => project.remove());
const POLICY = 'gates/gate.yml';
const WRITTEN = 'distances: {0: 0.7, 1: 0.3}';

async function production(distances: string, more = '') {
  project.edit(POLICY, WRITTEN, `distances: ${distances}${more}`);
  const { report, message, status } = await project.judge();
  const entries =
    report &&
    sweepOf(report).production.map(({ slice, histogram, source }) => ({
      slice,
      source,
      histogram: Object.fromEntries([...histogram].map(([k, mass]) => [k, Math.round(mass * 1e6) / 1e6])),
    }));
  return { entries, message, status, notices: report?.notices };
}

it('stand in the order of the slice values, whatever that of the rows', async () => {
  project = new Project();
  // The first row is of a small one.
  project.write('gates/pairs.csv', 'tier,query_version,item_version,count\nsmall,v3,v3,1\nlarge,v3,v2,3\n');
  const { entries } = await production('{by: tier, counts: pairs.csv}');
  expect(entries?.map(({ slice }) => slice.tier)).toEqual(['large', 'small']);
  expect(entries?.map(({ histogram }) => histogram)).toEqual([{ 1: 1 }, { 0: 1 }]);
});

it('count pairs that a warehouse wrote as texts', async () => {
  project = new Project();
  const pair = (item: string, count: string) =>
    `${JSON.stringify({ query_version: 'v3', item_version: item, count })}\n`;
  project.write('gates/pairs.json', pair('v3', '600') + pair('v2', '200'));
  expect((await production('{counts: pairs.json}')).entries?.[0]?.histogram).toEqual({ 0: 0.75, 1: 0.25 });
});

describe('distances from counts', () => {
  it('are how many versions the item side is behind, negative when it is newer', async () => {
    project = new Project();
    project.write('gates/pairs.csv', 'query_version,item_version,count\nv3,v3,600\nv3,v2,300\nv2,v3,100\n');
    expect((await production('{counts: pairs.csv}')).entries).toEqual([
      { slice: {}, source: 'counts', histogram: { '-1': 0.1, 0: 0.6, 1: 0.3 } },
    ]);
  });

  it('are told apart by the slice column of the table', async () => {
    project = new Project();
    project.write(
      'gates/pairs.csv',
      'tier,query_version,item_version,count\nsmall,v3,v3,1\nlarge,v3,v2,3\nlarge,v3,v1,1\n',
    );
    const { entries } = await production('{by: tier, counts: pairs.csv}');
    expect(entries).toContainEqual({ slice: { tier: 'small' }, source: 'counts', histogram: { 0: 1 } });
    expect(entries).toContainEqual({ slice: { tier: 'large' }, source: 'counts', histogram: { 1: 0.75, 2: 0.25 } });
  });

  it.each([
    [
      'an unlisted version',
      'v3,v9,5',
      /gates\/pairs.csv:2:1: row 1, column "item_version" is "v9"; expected a version of models\/release.yml: v3, v2 and v1/,
    ],
    [
      'a negative count',
      'v3,v2,-5',
      /gates\/pairs.csv:2:1: row 1, column "count" is -5; expected a count of 0 or above/,
    ],
    ['no count at all', 'v3,v2,0', /gates\/pairs.csv: no count above 0/],
  ])('with %s are refused', async (_, row, expected) => {
    project = new Project();
    project.write('gates/pairs.csv', `query_version,item_version,count\n${row}\n`);
    const { message, status } = await production('{counts: pairs.csv}');
    expect(status).toBe(2);
    expect(message).toMatch(expected);
  });
});

describe('distances from a manifest', () => {
  it('are seen from the live version, by exposure', async () => {
    project = new Project();
    project.write(
      'gates/m.json',
      JSON.stringify([
        { item_version: 'v3', items: 10, exposure: 0.8 },
        { item_version: 'v1', items: 90, exposure: 0.2 },
      ]),
    );
    const { entries, notices } = await production('{manifest: m.json}');
    expect(entries).toEqual([{ slice: {}, source: 'manifest', histogram: { 0: 0.8, 2: 0.2 } }]);
    expect(notices?.filter((notice) => notice.includes('weighed by'))).toEqual([]);
  });

  it('by items alone say so in a notice', async () => {
    project = new Project();
    project.write(
      'gates/m.json',
      JSON.stringify([
        { item_version: 'v3', items: 10 },
        { item_version: 'v2', items: 90 },
      ]),
    );
    const { entries, notices } = await production('{manifest: m.json}');
    expect(entries?.[0]?.histogram).toEqual({ 0: 0.1, 1: 0.9 });
    expect(notices).toContainEqual(expect.stringMatching(/gates\/m.json: weighed by items, not by exposure/));
  });

  it.each([
    ['that is no JSON', '{', /gates\/m.json: JSON that cannot be read/],
    ['of another shape', '{"a": 1}', /gates\/m.json: JSON of another shape.*Write: \[\{"item_version"/],
    [
      'with an unlisted version',
      '[{"item_version": "v4", "items": 1}]',
      /entry 1 with item_version "v4".*Did you mean "v\d"\?/,
    ],
    [
      'with a negative weight',
      '[{"item_version": "v3", "items": -1}]',
      /entry 1 with items -1; expected a number of 0 or above/,
    ],
  ])('%s are refused', async (_, text, expected) => {
    project = new Project();
    project.write('gates/m.json', text);
    const { message, status } = await production('{manifest: m.json}');
    expect(status).toBe(2);
    expect(message).toMatch(expected);
  });
});

describe('distances from a cadence', () => {
  it('are the closed form, also a tier at a time', async () => {
    project = new Project();
    const { entries } = await production(
      '{by: tier, slices: {small: {cadence: {checkpoint_period: 24h, build_period: 6h, build_duration: 2h, rollout: 60m}}, large: {0: 1}}}',
    );
    const small = entries?.find(({ slice }) => slice.tier === 'small');
    expect(small?.source).toBe('cadence');
    expect(small?.histogram[0]).toBeCloseTo(0.77, 2);
  });

  it.each([
    [
      'a time that is none',
      '{checkpoint_period: 24, build_period: 6h}',
      /"checkpoint_period" is 24; expected time between checkpoints.*such as 24h/,
    ],
    ['no checkpoint period', '{build_period: 6h}', /"cadence" without "checkpoint_period"/],
    ['no build period', '{checkpoint_period: 24h}', /a cadence without build_period/],
    [
      'a checkpoint period of 0',
      '{checkpoint_period: 0h, build_period: 6h}',
      /a checkpoint_period of 0; expected a time above 0/,
    ],
    [
      'batch and streaming at once',
      '{checkpoint_period: 24h, build_period: 6h, refresh_rate: 1/d}',
      /refresh_rate beside build_period/,
    ],
    [
      'streaming without a backfill',
      '{checkpoint_period: 24h, refresh_rate: 1/d}',
      /streaming without full_backfill_period/,
    ],
    [
      'an unknown key',
      '{checkpoint_period: 24h, build_perod: 6h}',
      /unknown key "build_perod".*Did you mean "build_period"\?/,
    ],
  ])('with %s are refused', async (_, cadence, expected) => {
    project = new Project();
    const { message, status } = await production(`{cadence: ${cadence}}`);
    expect(status).toBe(2);
    expect(message).toMatch(expected);
  });
});

describe('a share of traffic', () => {
  it('on a canary sees the index one version further behind, on a rollback one less', async () => {
    project = new Project();
    const { entries } = await production('{0: 0.7, 1: 0.3}', '\n  canary: 10%\n  rollback: 5%');
    expect(entries?.[0]?.histogram).toEqual({ '-1': 0.035, 0: 0.61, 1: 0.325, 2: 0.03 });
  });

  it('of more than all traffic is refused', async () => {
    project = new Project();
    expect((await production('{0: 1}', '\n  canary: 80%\n  rollback: 30%')).message).toMatch(
      /canary and rollback of more than all traffic/,
    );
  });
});
