/** Both arms are served: what production's own model loses at serving is not the candidate's. */
import { afterEach, describe, expect, it } from 'vitest';
import { renderText } from '../../../src/report/text.js';
import { viewOf } from '../../../src/report/view/view.js';
import { GapProject } from '../../support/ledger.js';
import type { Project } from '../../support/project.js';
import { Random } from '../../support/xoshiro.js';

let project: Project;
afterEach(() => project.remove());

const IDS = ['sampling-bias', 'feature-parity', 'version-skew', 'precision-parity', 'checkpoint-identity'] as const;
const TOGGLES = ['only_feature_parity', 'all_but_feature_parity', 'only_version_skew', 'all_but_version_skew'];

/** Production and the candidate are served with item vectors that are stale by the same; features are served as logged. */
function bothStale(): GapProject {
  const own = new GapProject({ requests: 1200, precision: 0 }, IDS, 11);
  project = own;
  const random = new Random(29);
  const stale = new Map<string, number>();
  const moved = (p: string, by: number) => String(1 / (1 + Math.exp(-(Math.log(Number(p) / (1 - Number(p))) + by))));
  return own
    .ledger((row) => {
      const by = stale.get(row.item_id!) ?? random.normal();
      stale.set(row.item_id!, by);
      const [served, control] = [moved(row.s2!, by), moved(row.score_prod!, by)];
      return {
        ...row,
        s3: served,
        s4: served,
        s5: served,
        prod_s2: row.score_prod!,
        prod_s3: control,
        score_prod_online: control,
      };
    })
    .without(...TOGGLES);
}

const won = (own: GapProject) =>
  own
    .write('models/outcome.csv', 'online_delta,online_se\n0.5,0.05\n')
    .edit('models/release.yml', 'evidence:\n', 'evidence:\n  outcome: outcome.csv\n');

describe('production’s model as it was served', () => {
  it('makes the gap a difference of differences: what both lose alike is none', async () => {
    const { report, diagnosis, of, status } = await won(bothStale()).diagnosis();
    expect(Math.abs(diagnosis.gap.value)).toBeLessThan(0.2 * diagnosis.gap.offline.value);
    expect([status, report.verdict]).toEqual([0, 'ready']);
    expect(report.headline).toMatch(/^v42 keeps its gain online .*; the A\/B is won/);
    const sum = IDS.reduce((total, id) => total + of(id).contribution!, diagnosis.residual.value);
    // Nothing is left of production's own loss once its step is taken off.
    expect(diagnosis.gap.production!.value).toBeCloseTo(0, 12);
    expect(sum).toBeCloseTo(diagnosis.gap.value, 12);
  });

  it('is said to lose by itself where no step of its own says how', async () => {
    const own = won(bothStale());
    own.without('prod_s2', 'prod_s3');
    const { report, diagnosis, of, status } = await own.diagnosis();
    expect([status, report.verdict]).toEqual([0, 'ready']);
    expect(diagnosis.gap.production!.lower).toBeGreaterThan(0.02);
    const sum = IDS.reduce((total, id) => total + of(id).contribution!, diagnosis.residual.value);
    expect(sum - diagnosis.gap.production!.value).toBeCloseTo(diagnosis.gap.value, 12);
    expect(renderText(viewOf(report))).toMatch(
      /online it is over production’s model as it was served, which itself loses \+0\.\d+ \[/,
    );
  });

  it('left out, a ledger that loses all beside an A/B that is won is no conviction: it says what would tell', async () => {
    const own = won(bothStale());
    own.without('prod_s2', 'prod_s3', 'score_prod_online');
    const { report, status } = await own.diagnosis();
    expect([status, report.verdict, report.recommendation.action]).toEqual([1, 'inconclusive', 'gather_evidence']);
    expect(report.headline).toMatch(
      /loses all of its gain online .*; the A\/B is won: .*; the ledger’s gain online is over production’s model as it was evaluated, .* \(score_prod_online\) would tell/,
    );
    expect(renderText(viewOf(report))).toContain('as the ledger has no score_prod_online');
  });

  it('has steps that count for nothing without it, which is said', async () => {
    const own = bothStale();
    const { of: with_ } = await own.without('prod_s2', 'prod_s3', 'score_prod_online').diagnosis();
    own.remove();
    const steps = bothStale();
    const { diagnosis, of } = await steps.without('score_prod_online').diagnosis();
    for (const id of IDS) expect(of(id).contribution).toBe(with_(id).contribution);
    expect(diagnosis.notices.join('\n')).toContain(
      'the ledger’s prod_s2 and prod_s3 count for nothing, as it has no score_prod_online.',
    );
  });
});

it('of causes that columns tell apart the shares add up to the gap, production’s steps taken off', async () => {
  const own = new GapProject({ requests: 600, featureLoss: 0.5, skew: 0.6, precision: 0 }, IDS, 4);
  project = own;
  own.ledger((row) => {
    const p = String(0.9 * Number(row.score_prod) + 0.03);
    return { ...row, prod_s2: p, prod_s3: p, prod_s4: p, score_prod_online: p, weight_online: '1' };
  });
  const { diagnosis, of } = await own.diagnosis();
  const sum = IDS.reduce((total, id) => total + of(id).share!, 0);
  expect(diagnosis.gap.production!.value).toBeCloseTo(0, 12);
  expect(sum + diagnosis.residual.value / diagnosis.gap.value).toBeCloseTo(1, 2);
});
