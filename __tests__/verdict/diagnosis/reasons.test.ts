/** Shares that are more than the whole, and parts that cannot be told apart, each with its reason. */
import { afterEach, describe, expect, it } from 'vitest';
import { GapProject } from '../../support/ledger.js';
import type { Project } from '../../support/project.js';

let project: Project;
afterEach(() => project.remove());

const TOGGLES = ['feature_parity', 'version_skew'].flatMap((id) => [`only_${id}`, `all_but_${id}`]);

describe('a share of more than the whole', () => {
  it('names the step that hides a part of the gap, with its share, in the headline too', async () => {
    const own = new GapProject({ featureLoss: 0.9, requests: 1500 });
    project = own;
    own.without(...TOGGLES);
    // Half of what features lose comes back in the next step.
    const middle = (a: string, b: string) => String((Number(a) + Number(b)) / 2);
    own.ledger((row) => {
      const s3 = middle(row.s0!, row.s2!);
      return { ...row, s3, s4: s3, s5: s3 };
    });
    const { of, report } = await own.diagnosis();
    const parity = of('feature-parity');
    const skew = of('version-skew');
    expect(parity.share).toBeGreaterThan(1.2);
    expect(skew.share).toBeLessThan(-0.2);
    const hidden = `version-skew (${`${Math.round(100 * skew.share!)}`.replace('-', '−')} %)`;
    expect(parity.why).toContain(`more than the whole, as a part of the gap is hidden by ${hidden}`);
    expect(report.headline).toContain(`hiding a part of the gap: ${hidden}`);
  });

  it('names what no tested step explains', async () => {
    const own = new GapProject({ featureLoss: 0.9, requests: 1500 });
    project = own;
    own.without(...TOGGLES, 's3', 's4', 'served_version');
    own.ledger((row) => ({ ...row, s5: String((Number(row.s0!) + Number(row.s2!)) / 2) }));
    const { of, diagnosis } = await own.diagnosis();
    const rest = Math.round((100 * diagnosis.residual.value) / diagnosis.gap.value);
    expect(of('feature-parity').why).toContain(
      `more than the whole, as a part of the gap is hidden by what no tested step explains (−${-rest} %)`,
    );
  });

  it('of causes that are enough each says that they act together', async () => {
    const own = new GapProject({ featureLoss: 0.6, skew: 0.4, requests: 1500 });
    project = own;
    own.ledger((row) => ({ ...row, only_feature_parity: row.s5!, only_version_skew: row.s5! }));
    const { of } = await own.diagnosis();
    for (const id of ['feature-parity', 'version-skew'])
      expect(of(id).why).toMatch(
        /causes act together: alone they explain feature-parity \d+ % and version-skew \d+ %, more than the whole/,
      );
  });

  it('is nowhere without a reason', async () => {
    const own = new GapProject({ featureLoss: 0.5, skew: 0.5, requests: 1500 });
    project = own;
    own.without(...TOGGLES);
    const { diagnosis } = await own.diagnosis();
    for (const { share, why } of diagnosis.hypotheses)
      expect(why.includes('more than the whole')).toBe(share !== null && share >= 1.005);
  });
});

describe('a step over a state that is missing', () => {
  it.each<[readonly string[], readonly string[], string, string]>([
    [['s2'], ['feature-parity', 'version-skew'], 's0_pit → s3', 'the column s2'],
    [['s3'], ['version-skew', 'precision-parity'], 's2 → s4', 'the column s3'],
    [['s2', 's3'], ['feature-parity', 'version-skew', 'precision-parity'], 's0_pit → s4', 'the columns s2 and s3'],
    [['s0_pit', 's2'], ['feature-parity', 'version-skew'], 's0 → s3', 'the column s2'],
  ])(
    '%j holds its causes together, and the column that would tell them apart is named',
    async (missing, ids, step, column) => {
      const own = new GapProject({ featureLoss: 0.5, skew: 0.5, requests: 1500 });
      project = own;
      own.without(...TOGGLES, ...missing);
      const { of, diagnosis } = await own.diagnosis();
      for (const id of ids) {
        expect([id, of(id).verdict, of(id).share]).toEqual([id, 'not_tested', null]);
        expect(of(id).why).toContain(`the step ${step} holds it together with`);
        expect(of(id).settle).toMatch(new RegExp(`^${column} of the ledger, which would tell ${ids[0]}.* apart$`));
      }
      const share = Number(/: (\d+) % of the gap$/.exec(of(ids[0]!).why)?.[1]);
      const rest = (100 * diagnosis.residual.value) / diagnosis.gap.value;
      expect(share).toBe(Math.round(rest));
    },
  );

  it('is not said of the gap itself, where there is no state between its ends', async () => {
    const own = new GapProject({ featureLoss: 0.5, requests: 1500 });
    project = own;
    own.without(...TOGGLES, 's0_pit', 's2', 's3', 's4');
    const { diagnosis } = await own.diagnosis();
    for (const { why } of diagnosis.hypotheses) expect(why).not.toMatch(/holds it together/);
  });
});
