/** The way of the gain from its evaluation to the A/B: its steps lead from each level to the next, in one unit. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Waterfall } from '../../../src/verdict/diagnosis/waterfall.js';
import { csv, EvidenceProject, type Tables } from '../../support/evidence.js';
import { onLine, pastArms, stageLog } from '../../support/funnel-logs.js';
import type { Planted } from '../../support/gap-world.js';
import { GapProject, LEDGER_IDS, ledgerText } from '../../support/ledger.js';
import type { Project } from '../../support/project.js';

let project: Project;
afterEach(() => project.remove());

const ledger = (planted: Partial<Planted>) => ledgerText(planted, 5);

async function waterfall(ids: readonly string[], tables: Tables): Promise<{ bars: Waterfall['bars']; of: Waterfall }> {
  const own = new EvidenceProject(Object.fromEntries(ids.map((id) => [id, []])), tables);
  project = own;
  const { report } = await own.examined(ids[0]!);
  const found = report.diagnosis!.waterfall!;
  return { bars: found.bars, of: found };
}

/** Where each level is reached by the bars before it. */
function reached(bars: Waterfall['bars']): { readonly walked: number[]; readonly levels: number[] } {
  const [walked, levels]: [number[], number[]] = [[], []];
  let at = 0;
  for (const { kind, value } of bars) {
    if (kind !== 'level') {
      at += value;
      continue;
    }
    walked.push(at);
    levels.push(value);
    at = value;
  }
  return { walked: walked.slice(1), levels: levels.slice(1) };
}

describe('a waterfall', () => {
  it('leads from the gain offline to the gain online by its steps, in the unit of the ledger', async () => {
    const { bars, of } = await waterfall(LEDGER_IDS, { ledger: ledger({ featureLoss: 0.5, skew: 0.5 }) });
    expect(of).toMatchObject({ unit: 'ledger', words: 'log loss' });
    expect(bars.map(({ id }) => id)).toEqual([
      'offline',
      'sampling-bias',
      'label-leakage',
      'feature-parity',
      'version-skew',
      'precision-parity',
      'checkpoint-identity',
      'serving_rest',
      'online',
    ]);
    const { walked, levels } = reached(bars);
    expect(walked[0]).toBeCloseTo(levels[0]!, 12);
    const parity = bars.find(({ id }) => id === 'feature-parity')!;
    expect(parity.upper).toBeLessThan(0);
    expect(parity.lower).toBeLessThan(parity.value);
  });

  it('without a ledger leads from what was promised to what the A/B measured', async () => {
    const { bars, of } = await waterfall(['metric-mismatch'], {
      arms: pastArms(2, { intercept: -0.01 }),
      outcome: csv('online_delta,online_se,offline_delta,offline_se', [[0.01, 0.001, 0.02, 0.0005]]),
    });
    expect(of.unit).toBe('outcome');
    expect(bars.map(({ id }) => id)).toEqual(['offline', 'online_rest', 'observed']);
    expect(bars[0]!.value).toBeCloseTo(0.04 - 0.01, 3);
    expect(bars[0]!.value + bars[1]!.value).toBeCloseTo(0.01, 12);
    expect(bars[1]!.lower).toBeLessThan(bars[1]!.value);
  });

  it.each([
    ['scored', '', ['scored', 'never_served', 'offline']],
    ['reported', ', reported_gain: 0.09, reported_se: 0.002', ['reported', 'not_scored', 'never_served', 'offline']],
  ])('begins with the gain that was %s, where rows were never served', async (_, reported, ids) => {
    const own = new GapProject({ featureLoss: 0.5 });
    project = own;
    own.ledger((row, r) => ({ ...row, served: r % 24 < 8 ? '0' : '1' }));
    own.edit('models/release.yml', 'ledger: ledger.csv', `ledger: {path: ledger.csv${reported}}`);
    const { diagnosis } = await own.diagnosis();
    const { bars } = diagnosis.waterfall!;
    expect(bars.slice(0, ids.length).map(({ id }) => id)).toEqual(ids);
    const { walked, levels } = reached(bars);
    for (const [i, at] of walked.entries()) expect(at).toBeCloseTo(levels[i]!, 12);
    expect(bars.find(({ id }) => id === 'never_served')!.value).toBeCloseTo(
      diagnosis.joins!.served.value - diagnosis.joins!.scored!.value,
      12,
    );
  });

  it('goes on to what the A/B measured where past arms translate, all of it in the unit of the A/B', async () => {
    const arms = pastArms(2, { intercept: -0.02 });
    const { bars, of } = await waterfall([...LEDGER_IDS, 'recall-saturation'], {
      ledger: ledger({ requests: 2500, featureLoss: 0.4 }),
      stage_log: stageLog(0.9, 0.9, 1500),
      arms,
      outcome: csv('online_delta,online_se', [[0, 0.001]]),
    });
    expect(of).toMatchObject({ unit: 'outcome', words: 'the online metric' });
    expect(bars.slice(-4).map(({ id }) => id)).toEqual(['online', 'recall-saturation', 'online_rest', 'observed']);
    const { walked, levels } = reached(bars);
    expect(levels).toHaveLength(2);
    for (const [i, at] of walked.entries()) expect(at).toBeCloseTo(levels[i]!, 12);
    // The unit is that of the arms: online moves about 2 for one of log loss, from where the arms' line stands.
    const plain = await waterfall(LEDGER_IDS, { ledger: ledger({ requests: 2500, featureLoss: 0.4 }) });
    const parity = ({ bars: all }: Pick<Waterfall, 'bars'>) => all.find(({ id }) => id === 'feature-parity')!;
    const slope = parity({ bars }).value / parity(plain).value;
    expect(slope).toBeCloseTo(2, 1);
    for (const id of ['offline', 'online'] as const) {
      const level = (all: Waterfall['bars']) => all.find((bar) => bar.id === id)!.value;
      expect(level(bars)).toBeCloseTo(onLine(arms, slope, level(plain.bars)), 12);
    }
    expect(bars[0]!.upper - bars[0]!.lower).toBeGreaterThan(plain.bars[0]!.upper - plain.bars[0]!.lower);
  });
});
