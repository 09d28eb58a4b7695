/** What to write next: by what was seen, by layer, then by what it takes, the smallest that settles most first. */
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Evidence } from '../../../src/checks/evidence.js';
import { CHECKS } from '../../../src/checks/registry.js';
import { ofLedger, ofTable, type Way } from '../../../src/checks/ways.js';
import { Workspace } from '../../../src/data/artefacts/files.js';
import { COSTS } from '../../../src/data/evidence/evidence-table.js';
import { MIX } from '../../../src/data/evidence/log-mix.js';
import { gather } from '../../../src/gate.js';
import type { NextStep } from '../../../src/verdict/diagnosis/diagnosis.js';
import { nextSteps } from '../../../src/verdict/diagnosis/next.js';
import type { Report } from '../../../src/verdict/report-object.js';
import { GapProject } from '../../support/ledger.js';
import { Project } from '../../support/project.js';

let project: Project;
afterEach(() => project?.remove());

const ALL = CHECKS.map(({ id }) => id);
const ALL_POLICY = 'policy: gap\nchecks: all\n';

/** A ledger of the first day: scores offline and online, and what the serving log says of each row. */
function dayOne(): GapProject {
  const own = new GapProject({ featureLoss: 0.6, requests: 1500 });
  project = own;
  own.write('gates/gate.yml', ALL_POLICY);
  own.without('s2', 's3', 's4', 's0_pit', 'weight_online', 'event_ts', 'feature_ts');
  return own;
}

async function judged(of: Project): Promise<Report & { readonly diagnosis: NonNullable<Report['diagnosis']> }> {
  const { report, message } = await of.judge();
  if (!report?.diagnosis) throw new Error(message);
  return { ...report, diagnosis: report.diagnosis };
}

/** Everything read, and nothing judged. */
async function gathered(own: Project) {
  const files = { policy: join(own.folder, 'gates/gate.yml'), release: join(own.folder, 'models/release.yml') };
  return (await gather(files, new Workspace(own.folder))).gathered;
}

const brief = (steps: readonly NextStep[]) =>
  steps.map(({ layer, cost, table, what, columns, settles, shows }) => [
    layer,
    cost,
    what === 'table' ? table : `${table}: ${what === 'rows' ? 'rows' : columns.join(', ')}`,
    [...settles, ...shows.map((id) => `(${id})`)].join(', '),
  ]);

describe('on day one', () => {
  it('the steps go by layer and by what they take, and what cannot explain the gap comes last', async () => {
    const { diagnosis } = await judged(dayOne());
    expect(brief(diagnosis.next)).toEqual([
      [1, 'query', 'feature_times', '(label-leakage)'],
      [1, 'replay', 'ledger: s0_pit', 'label-leakage'],
      [2, 'query', 'serving_health', '(serving-health)'],
      [2, 'query', 'latency', 'serving-health'],
      [2, 'query', 'features_offline', ''],
      [2, 'query', 'features_online', '(feature-parity)'],
      [2, 'column', 'ledger: item_version', '(version-skew)'],
      [2, 'replay', 'ledger: s2, s3', 'feature-parity, version-skew'],
      // Every row was served by the live version, so that the checkpoint is settled without a replay.
      [2, 'replay', 'ledger: s4', 'precision-parity'],
      [3, 'query', 'stage_log', 'recall-saturation'],
      [3, 'query', 'arms', 'metric-mismatch'],
      [3, 'query', 'funnel', 'auction-filtering'],
      // Features of the same rows are lost: no mix, no build and no exposure makes a gap of that.
      [1, 'query', 'mix', 'sampling-bias'],
      [1, 'replay', 'build_rows', 'eval-set-construction'],
      [1, 'experiment', 'ramp', 'exposure-bias'],
    ]);
  });

  it('each step says why it stands there, and the first is what is recommended', async () => {
    const { diagnosis, recommendation } = await judged(dayOne());
    const why = Object.fromEntries(diagnosis.next.map((step) => [step.table + step.columns.join(), step.why]));
    expect(diagnosis.next[0]?.why).toBe(
      'whether the gain offline can be trusted comes before where it is lost; ' +
        'it shows where to look, and settles nothing alone',
    );
    expect(why.mixprod_share).toBe(
      'it comes last: the gap is between two scores of the same rows under the same weights, which this does not ' +
        'change; it answers: Do the offline rows weigh what production serves?',
    );
    expect(why['ledgers2,s3']).toBe('it settles 2 hypotheses at once');
    expect(Object.entries(why).find(([key]) => key.startsWith('features_offline'))?.[1]).toBe(
      'it is read together with features_online, which follows',
    );
    expect(recommendation.options.at(-1)?.why).toMatch(/^the first of 15 steps: the table feature_times, by a query/);
  });

  it('the SQL is of the release’s dialect, and of the ledger of the columns that are missing alone', async () => {
    const own = dayOne();
    const queryOf = async (table: string) =>
      (await judged(own)).diagnosis.next.find((step) => step.table === table)?.query;
    expect(await queryOf('features_online')).toMatch(/COUNT\(\*\) AS rows,/);
    expect(await queryOf('ledger')).toBe(
      'SELECT o.request_id, o.item_id, r.score_point_in_time AS s0_pit\nFROM offline_eval o\n' +
        'LEFT JOIN replay r ON r.request_id = o.request_id AND r.item_id = o.item_id',
    );
    own.edit('models/release.yml', 'live: v42\n', 'live: v42\nsql_dialect: bigquery\n');
    expect(await queryOf('features_online')).toMatch(/COUNT\(\*\) AS `rows`,/);
    const { diagnosis } = await judged(own);
    expect(diagnosis.hypotheses.find(({ id }) => id === 'serving-health')?.query).toMatch(/FROM rpc_log/);
  });
});

describe('by what was seen', () => {
  /** A world with the A/B of its release, and no past arms that would promise anything. */
  function withAb(own: GapProject, delta: number): GapProject {
    own.write('models/outcome.csv', `online_delta,online_se\n${delta},0.05\n`);
    return own.edit('models/release.yml', 'evidence:\n', 'evidence:\n  outcome: outcome.csv\n') as GapProject;
  }

  /** A third of the requests served by an old checkpoint, on vectors of today. */
  function oldCheckpoint(): GapProject {
    const own = new GapProject({ unexpected: 0.33, requests: 1500 });
    project = own;
    own.write('gates/gate.yml', ALL_POLICY);
    own.without('s2', 's3', 's4', 's0_pit', 'weight_online', 'event_ts', 'feature_ts');
    return own.ledger((row) => ({ ...row, item_version: 'v42' }));
  }

  it('a gap on rows of an old version is the first advice once its cause is found', async () => {
    const { diagnosis, recommendation } = await judged(oldCheckpoint());
    expect(diagnosis.hypotheses.find(({ id }) => id === 'checkpoint-identity')?.verdict).toBe('sufficient');
    expect(recommendation.options[0]?.why).toMatch(/\(checkpoint-identity, \d+ % of the gap\)$/);
    expect(diagnosis.next.slice(-3).map(({ table }) => table)).toEqual(['mix', 'build_rows', 'ramp']);
  });

  it('while it is open, what settles it comes first, with what points there', async () => {
    const { evidence } = await gathered(oldCheckpoint());
    const open = (['sampling-bias', 'feature-parity', 'version-skew', 'checkpoint-identity'] as const).map((id) => ({
      id,
      verdict: 'not_tested' as const,
      settle: '',
    }));
    const points = new Map([['checkpoint-identity' as const, 'all of it lies on v41']]);
    const [first] = nextSteps(open, evidence, false, { points });
    expect([first?.columns, first?.settles[0]]).toEqual([['s4'], 'checkpoint-identity']);
    expect(first?.why).toMatch(/^all of it lies on v41; /);
    expect(nextSteps(open, evidence, false)[0]?.table).toBe('mix');
  });

  it('where production weighs the rows otherwise, the mix may explain a gap', async () => {
    const own = new GapProject({ featureLoss: 0.6, requests: 1500 });
    project = own;
    own.write('gates/gate.yml', ALL_POLICY);
    const { diagnosis } = await judged(own);
    expect(diagnosis.next.slice(-2).map(({ why }) => why)).toEqual([
      expect.stringMatching(
        /^it comes last: the gap is between two scores of the same rows, which this does not change/,
      ),
      expect.stringMatching(/^it comes last: .* of the same rows, which/),
    ]);
  });

  it('a gain that is kept and an A/B that does not follow: layer 3 first, what changes scores last', async () => {
    const own = new GapProject({ requests: 1500 });
    project = own;
    own.write('gates/gate.yml', ALL_POLICY);
    own.without('s2', 's3', 's4', 's0_pit', 'weight_online', 'event_ts', 'feature_ts');
    const { diagnosis } = await judged(withAb(own, 0));
    expect(diagnosis.layers[1]?.verdict).toBe('yes');
    expect(brief(diagnosis.next).map(([layer, , what]) => [layer, what])).toEqual([
      [3, 'stage_log'],
      [3, 'arms'],
      [3, 'funnel'],
      [1, 'mix'],
      [1, 'build_rows'],
      [1, 'ramp'],
      [2, 'serving_health'],
      [2, 'latency'],
      [1, 'feature_times'],
      [1, 'ledger: s0_pit'],
      [2, 'features_offline'],
      [2, 'features_online'],
      [2, 'ledger: item_version'],
      [2, 'ledger: s2, s3'],
      [2, 'ledger: s4'],
    ]);
    expect(diagnosis.next[0]?.why).toMatch(/^serving keeps the gain in the ledger and the A\/B does not show it/);
    expect(diagnosis.next.at(-1)?.why).toMatch(/^it comes last: the scores that were served keep the gain/);
    // One that is won has nothing to explain, so that the layers stand as they are numbered.
    own.write('models/outcome.csv', 'online_delta,online_se\n1,0.05\n');
    const won = (await judged(own)).diagnosis;
    expect(won.next.map(({ layer }) => layer)).toEqual(won.next.map(({ layer }) => layer).sort());
  });
});

describe('without a ledger', () => {
  it('it comes first, with all that its join gives for nothing', async () => {
    const own = dayOne();
    own.edit('models/release.yml', 'evidence:\n  ledger: ledger.csv\n', '');
    const { diagnosis, recommendation } = await judged(own);
    const [first] = diagnosis.next;
    expect(first).toMatchObject({
      layer: 1,
      cost: 'query',
      table: 'ledger',
      what: 'table',
      settles: ['outlier-domination'],
      shows: ['label-leakage', 'version-skew', 'checkpoint-identity'],
    });
    expect([...(first?.columns ?? [])].sort()).toEqual(
      ['request_id', 'item_id', 'label', 'score_prod', 's0', 's5']
        .concat(['event_ts', 'feature_ts', 'item_version', 'log_source', 'served_version', 'tier'])
        .sort(),
    );
    for (const column of ['s5', 'served_version', 'event_ts', 'feature_ts', 'log_source', 'tier'])
      expect(first?.query).toMatch(new RegExp(`\\b${column}\\b`));
    expect(first?.query).not.toMatch(/JOIN replay/);
    expect(recommendation.options).toHaveLength(1);
    expect(recommendation.options[0]?.why).toMatch(/^the first of \d+ steps: the ledger, by a query over logs/);
  });

  it('it comes first also where only the funnel is asked about, and settles nothing of that', async () => {
    project = new Project({
      'gates/gate.yml': 'policy: gap\nchecks: {recall-saturation: {}}\n',
      'models/release.yml': 'release: r\nlive: v1\n',
    });
    const { diagnosis } = await judged(project);
    expect(brief(diagnosis.next)).toEqual([
      [1, 'query', 'ledger', ''],
      [3, 'query', 'stage_log', 'recall-saturation'],
    ]);
    expect(diagnosis.next[0]?.why).toMatch(/without it there is no gap that anything could be a share of$/);
    expect(diagnosis.notAsked).toEqual(ALL.filter((id) => id !== 'recall-saturation'));
  });

  it('without s5 the ledger lacks one column of its join', async () => {
    const own = new GapProject({ featureLoss: 0.6, requests: 400 }, ['feature-parity']);
    project = own;
    own.without('s5');
    const { diagnosis } = await judged(own);
    expect(brief(diagnosis.next)).toEqual([[1, 'column', 'ledger: s5', 'feature-parity']]);
    expect(diagnosis.next[0]?.query).toBe(
      'SELECT o.request_id, o.item_id, s.score AS s5\nFROM offline_eval o\n' +
        'LEFT JOIN serving_log s ON s.request_id = o.request_id AND s.item_id = o.item_id',
    );
  });
});

describe('with evidence that does not suffice', () => {
  it('more of its rows are the step, with what the hypothesis asks for', async () => {
    const own = new GapProject({ featureLoss: 0.6, requests: 30 }, ['feature-parity', 'version-skew']);
    project = own;
    const { diagnosis } = await judged(own);
    expect(diagnosis.hypotheses.map(({ verdict }) => verdict)).toEqual(['inconclusive', 'inconclusive']);
    expect(brief(diagnosis.next)).toEqual([[2, 'query', 'ledger: rows', 'feature-parity, version-skew']]);
    for (const { id, settle } of diagnosis.hypotheses) expect(diagnosis.next[0]?.why).toContain(`${id}: ${settle}`);
  });

  it('nothing is left to write where everything is told', async () => {
    const own = new GapProject({ featureLoss: 0.6 }, ['feature-parity', 'precision-parity']);
    project = own;
    const { diagnosis } = await judged(own);
    expect(diagnosis.hypotheses.map(({ verdict }) => verdict)).toEqual(['sufficient', 'ruled_out']);
    expect(diagnosis.next).toEqual([]);
  });
});

describe('the steps, whatever is open', () => {
  const verdicts = fc.constantFrom('not_tested', 'inconclusive', 'ruled_out', 'contributing', 'no_gap');
  const subset = fc.uniqueArray(fc.tuple(fc.constantFrom(...ALL), verdicts), { selector: ([id]) => id });

  it('settle every open hypothesis once, in the order of layers and costs, each with its query', async () => {
    const none = await Evidence.read(
      { evidence: new Map() } as unknown as Parameters<typeof Evidence.read>[0],
      CHECKS.flatMap(({ tables }) => tables),
    );
    fc.assert(
      fc.property(subset, fc.boolean(), (of, gapUnknown) => {
        const hypotheses = of.map(([id, verdict]) => ({ id, verdict, settle: '' }) as const);
        const steps = nextSteps(hypotheses, none, gapUnknown);
        const open = of.flatMap(([id, verdict]) => (/not_tested|inconclusive/.test(verdict) ? [id] : []));
        expect(steps.flatMap(({ settles }) => settles).sort()).toEqual([...open].sort());
        expect(steps.flatMap(({ shows }) => shows).every((id) => open.includes(id))).toBe(true);
        expect(steps.map(({ layer }) => layer)).toEqual(steps.map(({ layer }) => layer).sort());
        // What takes more never stands before what takes less and settles as much in its layer by itself.
        for (const [i, { layer, cost }] of steps.entries()) {
          const before = steps[i - 1];
          if (before?.layer === layer) expect(COSTS.indexOf(cost)).toBeGreaterThanOrEqual(COSTS.indexOf(before.cost));
        }
        for (const { query, why, columns } of steps) {
          expect(query).toMatch(/^(--[^\n]*\n)?(SELECT|WITH) /);
          expect(why).not.toBe('');
          expect(columns.length).toBeGreaterThan(0);
        }
        expect(gapUnknown && steps[0]?.table !== 'ledger').toBe(false);
        // A table is written once; columns of it may follow.
        const tables = steps.flatMap(({ table, what }) => (what === 'table' ? [table] : []));
        expect(tables).toEqual([...new Set(tables)]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('what is there', () => {
  const needs = CHECKS.flatMap(({ ways }) => ways.flatMap((way: Way) => way.needs));
  const columns = [...new Set(needs.filter(({ table }) => table.name === 'ledger').flatMap((need) => need.columns))];

  it('is known of every column of the ledger that a hypothesis needs', async () => {
    const own = new GapProject({ requests: 100 });
    project = own;
    own.ledger((row) => ({ ...row, item_version: 'v42' }));
    const read = async () => {
      const { evidence } = await gathered(own);
      return columns.filter((column) => !evidence.has(ofLedger(column)));
    };
    expect(await read()).toEqual([]);
    own.without(...columns);
    expect((await read()).sort()).toEqual([...columns].sort());
  });

  it('is known of other tables and their columns', async () => {
    const own = new GapProject({ requests: 100 }, ['sampling-bias']);
    project = own;
    own.without('weight_online');
    expect((await gathered(own)).evidence.has(ofTable(MIX))).toBe(false);
    own
      .write('models/mix.csv', 'tier,prod_share\nsmall,0.5\nlarge,0.5\n')
      .edit('models/release.yml', 'evidence:\n', 'evidence:\n  mix: mix.csv\n');
    const { evidence } = await gathered(own);
    expect([evidence.has(ofTable(MIX, 'tier')), evidence.has(ofTable(MIX, 'log_source'))]).toEqual([true, false]);
    expect(evidence.has(ofLedger('weight_online'))).toBe(true);
  });
});
