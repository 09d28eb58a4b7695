/** Rows that were scored offline and never served: counted by log source, worth a step of their own, and no part of the gap. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Ledger } from '../../../src/data/evidence/ledger.js';
import { gapMetric } from '../../../src/estimation/ledger/gap-metric.js';
import { LedgerSums } from '../../../src/estimation/ledger/ledger-sums.js';
import { joinedUnits } from '../../../src/estimation/ledger/units.js';
import { linear } from '../../../src/estimation/tabulation/clustered.js';
import { renderHtml } from '../../../src/report/html.js';
import { renderText } from '../../../src/report/text.js';
import { viewOf } from '../../../src/report/view/view.js';
import { coded, expectNear } from '../../fixtures/metrics.js';
import { refusal } from '../../support/evidence.js';
import { GapProject } from '../../support/ledger.js';
import type { Project } from '../../support/project.js';
import { Random } from '../../support/xoshiro.js';

let project: Project;
afterEach(() => project.remove());

const AT_SERVING = /^(s[2-5]|only|all|served_version|weight_online)/;

/** Of full requests four in ten were served, of winners all; rows that were not have no cell of serving. */
function withUnserved(): GapProject {
  const own = new GapProject({ featureLoss: 0.5, requests: 600 }, ['feature-parity', 'version-skew']);
  project = own;
  return own.ledger((row, r) => {
    const served = row.log_source === 'auction_winner' || r % 5 < 2;
    const cells = Object.entries(row).map(([name, cell]) => [name, served || !AT_SERVING.test(name) ? cell : '']);
    return { ...Object.fromEntries(cells), served: served ? '1' : '0' };
  });
}

function cellsOf(own: GapProject): Record<string, string>[] {
  const [head, ...lines] = own.read('models/ledger.csv').trim().split('\n');
  const names = head!.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i]!, cell])));
}

const gainOf = ({ label, score_prod, s0 }: Record<string, string>) => {
  const loss = (p: string) => -Math.log(label === '1' ? Number(p) : 1 - Number(p));
  return loss(score_prod!) - loss(s0!);
};
const meanOf = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

describe('rows that were scored and never served', () => {
  it('are counted by log source, and what the gain is more on all rows is a step', async () => {
    const own = withUnserved();
    const rows = cellsOf(own);
    const { report, diagnosis } = await own.diagnosis();
    const joins = diagnosis.joins!;
    for (const { logSource, scored, served } of joins.rows!) {
      const of = rows.filter((row) => row.log_source === logSource);
      expect([logSource, scored, served]).toEqual([
        logSource,
        of.length,
        of.filter((row) => row.served === '1').length,
      ]);
    }
    const all = meanOf(rows.map(gainOf));
    const kept = meanOf(rows.filter((row) => row.served === '1').map(gainOf));
    expectNear(joins.scored!.value, all, 'gain on all rows', 1e-10);
    expectNear(joins.served.value, kept, 'gain on served rows', 1e-10);
    expect(joins.served).toEqual(diagnosis.gap.offline);
    expect(joins.steps).toHaveLength(1);
    expectNear(joins.steps[0]!.value, all - kept, 'step', 1e-10);
    expect(joins.steps[0]).toMatchObject({ from: 'scored', to: 'served' });
    expect(diagnosis.gap.rows).toBe(rows.filter((row) => row.served === '1').length);
    const text = renderText(viewOf(report));
    expect(text).toMatch(/no clear part of it \(.*\) is on rows that were scored offline and never served/);
    expect(text).toMatch(/Of the rows scored offline were served 40\.\d+\s% of full_request/);
    expect(renderHtml(viewOf(report))).toMatch(/auction_winner.*full_request|full_request.*auction_winner/s);
  });

  it('change nothing of the gap on the rows that were served', async () => {
    const { diagnosis } = await withUnserved().diagnosis();
    project.remove();
    const served = withUnserved();
    served.ledger((row) => (row.served === '1' ? row : undefined)).without('served');
    const alone = (await served.diagnosis()).diagnosis;
    expect(alone.joins).toBeUndefined();
    for (const key of ['value', 'lower', 'upper'] as const)
      expectNear(diagnosis.gap[key], alone.gap[key], `gap, ${key}`, 1e-12);
    expect(diagnosis.hypotheses.map(({ id, verdict, why }) => [id, verdict, why])).toEqual(
      alone.hypotheses.map(({ id, verdict, why }) => [id, verdict, why]),
    );
  });

  it('need every cell of what was scored offline', async () => {
    const own = withUnserved();
    const first = cellsOf(own).findIndex(({ served }) => served === '0');
    own.ledger((row, r) => (r === first ? { ...row, s0: '' } : row));
    expect(await refusal(own)).toMatch(/column "s0" is missing; expected a prediction between 0 and 1/);
  });

  it('may be told by 0 and 1 alone, and not be all rows; served rows need their scores', async () => {
    const cases: [(row: Record<string, string>) => Record<string, string>, RegExp][] = [
      [(row) => ({ ...row, served: '2' }), /column "served" is "?2"?; expected 0 or 1/],
      [(row) => ({ ...row, served: '0' }), /served that is 0 in every row; expected rows that were served, with 1/],
      [(row) => ({ ...row, served: '1' }), /column "s2" is missing; expected a prediction between 0 and 1/],
    ];
    for (const [spoil, message] of cases) {
      const own = withUnserved();
      own.ledger(spoil);
      expect(await refusal(own)).toMatch(message);
      own.remove();
    }
  });
});

describe('a gain that was reported', () => {
  const reporting = (own: GapProject, ledger: string) =>
    own.edit('models/release.yml', 'ledger: ledger.csv', `ledger: {path: ledger.csv, ${ledger}}`);

  it('is held against the rows that were served, where the ledger has no others', async () => {
    const own = new GapProject({ requests: 300 }, ['feature-parity']);
    project = own;
    reporting(own, 'reported_gain: 0.061, reported_se: 0.002');
    const { report, diagnosis } = await own.diagnosis();
    const { offline } = diagnosis.gap;
    const [step, ...others] = diagnosis.joins!.steps;
    expect(others).toEqual([]);
    expect(step).toMatchObject({ from: 'reported', to: 'served' });
    expectNear(step!.value, 0.061 - offline.value, 'step', 1e-12);
    // Independent errors add up.
    const half = (offline.upper - offline.lower) / 2;
    expect((step!.upper - step!.lower) / 2).toBeGreaterThan(half);
    expect(renderText(viewOf(report))).toMatch(
      /A gain of \+0.061 was reported: .* of it is not on the ledger’s rows that were served\./,
    );
  });

  it('says that its own error is not given, and is held against all rows where they are there', async () => {
    const own = withUnserved();
    reporting(own, 'reported_gain: 0.061');
    const { report, diagnosis } = await own.diagnosis();
    expect(diagnosis.joins!.steps.map(({ from, to }) => [from, to])).toEqual([
      ['reported', 'scored'],
      ['scored', 'served'],
    ]);
    expectNear(
      diagnosis.joins!.steps.reduce((sum, { value }) => sum + value, diagnosis.joins!.served.value),
      0.061,
      'sum of the steps',
      1e-12,
    );
    expect(renderText(viewOf(report))).toMatch(/bounded without the error of what was reported, which is not given/);
  });

  it.each([
    ['reported_se: 0.002', /release.yml:4:\d+: reported_se 0.002 without reported_gain; .*Write: reported_gain: 0.061/],
    ['reported_gain: 0.06, reported_se: -1', /reported_se/],
    ['reported_gain: much', /reported_gain/],
    ['reported: 0.06', /unknown key "reported"/],
  ])('%s is refused', async (ledger, message) => {
    const own = new GapProject({ requests: 60 }, ['feature-parity']);
    project = own;
    expect(await refusal(reporting(own, ledger))).toMatch(message);
  });

  it('is none of another table', async () => {
    const own = new GapProject({ requests: 60 }, ['sampling-bias']);
    project = own;
    own.write('models/mix.csv', 'log_source,prod_share\na,1\n');
    own.edit('models/release.yml', 'evidence:\n', 'evidence:\n  mix: {path: mix.csv, reported_gain: 1}\n');
    expect(await refusal(own)).toMatch(/unknown key "reported_gain"/);
  });
});

describe('the error of the step is that of paired rows', () => {
  const random = new Random(5);
  const rows = 1200;
  const all = Array.from({ length: rows }, (_, r) => r);
  const served = Uint8Array.from(all, () => (random.uniform() < 0.6 ? 1 : 0));
  const column = () => Float64Array.from(all, () => 0.05 + 0.9 * random.uniform());
  const ledger: Ledger = {
    rows,
    request: coded(all.map((r) => `q${Math.floor(r / 4)}`)),
    query: coded(all.map((r) => `q${Math.floor(r / 4)}`)),
    cluster: 'request',
    item: coded(all),
    label: Float64Array.from(all, () => (random.uniform() < 0.4 ? 1 : 0)),
    weight: Float64Array.from(all, () => 0.5 + random.uniform()),
    onlineWeight: undefined,
    strata: new Map(),
    scores: new Map([
      ['score_prod', column()],
      ['s0', column()],
    ]),
    unexpected: undefined,
    served: undefined,
    servedVersion: undefined,
    itemVersion: undefined,
    scored: undefined,
    leaked: undefined,
    notices: [],
  };

  /** Each request's part of gain on all less gain on served: clusters without a correction. */
  function byHand(id: string) {
    const metric = gapMetric(id);
    const units = joinedUnits({ ledger, served }, metric);
    const [before, after] = [units.loss('score_prod')!, units.loss('s0')!];
    const gain = before.map((x, u) => x - after[u]!);
    const total = (w: Float64Array) => w.reduce((sum, x) => sum + x, 0);
    const mean = (w: Float64Array) => w.reduce((sum, x, u) => sum + x * gain[u]!, 0) / total(w);
    const { weight, onlineWeight } = units;
    const parts = new Map<number, number>();
    for (const [u, g] of gain.entries()) {
      const part =
        (weight[u]! * (g - mean(weight))) / total(weight) -
        (onlineWeight[u]! * (g - mean(onlineWeight))) / total(onlineWeight);
      parts.set(units.query.codes[u]!, (parts.get(units.query.codes[u]!) ?? 0) + part);
    }
    const squares = [...parts.values()].reduce((sum, x) => sum + x * x, 0);
    return {
      sums: new LedgerSums(ledger, metric, units),
      value: mean(weight) - mean(onlineWeight),
      error: Math.sqrt(squares),
    };
  }

  it.each(['log_loss', 'brier', 'gauc', 'ndcg@3'])('%s', (id) => {
    const { sums, value, error } = byHand(id);
    const step = sums.estimate(linear(1, sums.gainOffline, -1, sums.gain('online', 's0')));
    expectNear(step.value, value, 'step', 1e-12);
    expect(Math.abs(step.standardError / error - 1)).toBeLessThan(0.1);
    // Two gains of other rows would differ by far more.
    const apart = Math.hypot(
      sums.estimate(sums.gainOffline).standardError,
      sums.estimate(sums.gain('online', 's0')).standardError,
    );
    expect(step.standardError).toBeLessThan(0.75 * apart);
  });
});
