/** A diagnosis against an earlier report: act, run again, and see whether the gap closed. */
import { afterEach, describe, expect, it } from 'vitest';
import { renderJson } from '../../../src/report/json.js';
import { type Earlier, sinceOf } from '../../../src/verdict/diagnosis/since.js';
import { DIAGNOSIS } from '../../support/full-report.js';
import { GapProject, LEDGER_IDS, ledgerText } from '../../support/ledger.js';
import { Project } from '../../support/project.js';

let project: Project;
afterEach(() => project?.remove());

describe('the earlier report of a release', () => {
  /** A run with a cause, whose report stands in the workspace; then another ledger that names it. */
  async function twice(before: number, after: number) {
    const own = new GapProject({ requests: 2500, featureLoss: before }, LEDGER_IDS, 7);
    project = own;
    const { report: earlier } = await own.diagnosis();
    own.write('earlier/report.json', renderJson(earlier));
    own.write('models/ledger.csv', ledgerText({ requests: 2500, featureLoss: after }, 8));
    own.write(
      'models/release.yml',
      `${own.read('models/release.yml').trimEnd()}\ncompare_with: ../earlier/report.json\n`,
    );
    return own.diagnosis();
  }

  it('shows that a gap closed and its cause is gone', async () => {
    const { diagnosis } = await twice(1, 0);
    expect(diagnosis.since).toMatchObject({ movement: 'closed', path: 'earlier/report.json', live: 'v42' });
    expect(diagnosis.since!.gap!.value).toBeGreaterThan(0.02);
    expect(diagnosis.since!.causes).toMatchObject([{ id: 'feature-parity', state: 'gone' }]);
  });

  it('shows that a gap is smaller, and its cause left', async () => {
    const { diagnosis } = await twice(1, 0.5);
    expect(diagnosis.since).toMatchObject({ movement: 'smaller' });
    expect(diagnosis.since!.causes).toMatchObject([{ id: 'feature-parity', state: 'left' }]);
  });

  it('shows a cause that is new', async () => {
    const { diagnosis } = await twice(0, 1);
    expect(diagnosis.since).toMatchObject({ movement: 'larger' });
    expect(diagnosis.since!.causes).toMatchObject([{ id: 'feature-parity', state: 'new' }]);
  });

  it.each<[string, string, RegExp]>([
    ['that is not there', '', /compare_with at "..\/earlier\/report.json", where no file is; expected the report.json/],
    ['that is no JSON', 'x', /earlier\/report.json, which is no JSON object/],
    ['of something else', '{"schema":"other"}', /earlier\/report.json, which is no report of skewgate/],
    [
      'without a diagnosis',
      '{"schema":"skewgate.report/1"}',
      /which has no diagnosis; expected the report.json of a run whose policy asked for hypotheses/,
    ],
  ])('%s is refused at its line', async (_, text, message) => {
    const own = new GapProject({ requests: 100 });
    project = own;
    if (text !== '') own.write('earlier/report.json', text);
    own.write(
      'models/release.yml',
      `${own.read('models/release.yml').trimEnd()}\ncompare_with: ../earlier/report.json\n`,
    );
    const { status, message: said } = await own.judge();
    expect(said).toMatch(message);
    expect(said).toMatch(/^models\/release.yml:\d+:\d+: /);
    expect(status).toBe(2);
  });

  it('that is a release of a family is said not to be read where no versions are swept', async () => {
    const own = new GapProject({ requests: 100 });
    project = own;
    own.write('models/release.yml', `${own.read('models/release.yml').trimEnd()}\ncompare_with: today.yml\n`);
    const { report } = await own.diagnosis();
    expect(report.notices.join(' ')).toMatch(
      /compare_with at "today.yml" is not read, as the policy sweeps no versions/,
    );
  });

  it('is said to be compared with nothing where only versions are swept', async () => {
    const earlier = new GapProject({ requests: 100 });
    const text = renderJson((await earlier.diagnosis()).report);
    earlier.remove();
    project = new Project();
    project.write('earlier/report.json', text);
    const release = project.read('models/release.yml').trimEnd();
    project.write('models/release.yml', `${release}\ncompare_with: ../earlier/report.json\n`);
    const { report } = await project.judge();
    expect(report!.notices.join(' ')).toMatch(/compare_with at "earlier\/report.json" is compared with nothing/);
  });

  it('has a metric of the gap beside it only where something is held against a gap', async () => {
    project = new Project();
    project.write('gates/gate.yml', `gap: {metric: brier}\n${project.read('gates/gate.yml')}`);
    const { status, message } = await project.judge();
    expect(message).toMatch(/^gates\/gate.yml:1:1: gap without a check on evidence; expected a check .* Remove it\./);
    expect(status).toBe(2);
  });
});

describe('since', () => {
  const hypothesis = DIAGNOSIS.hypotheses[0]!;
  const gap = { ...DIAGNOSIS.gap!, value: 0.02, lower: 0.01, upper: 0.03 };
  const { open: _, ...judgeable } = gap;
  const earlier: Earlier = {
    path: 'r.json',
    live: 'v1',
    startedAt: '',
    gap: { value: 0.025, lower: 0.015, upper: 0.035 },
    metric: 'log_loss',
    hypotheses: [{ id: hypothesis.id, verdict: 'contributing', share: 0.5 }],
  };
  const movement = (then: Partial<Earlier>) =>
    sinceOf({ ...earlier, ...then }, { gap: judgeable, hypotheses: [] }).movement;

  it('tells nothing where bounds overlap, or one of the two is not known', () => {
    expect(movement({})).toBe('unclear');
    expect(movement({ gap: undefined })).toBe('unknown');
    expect(movement({ metric: 'brier' })).toBe('unknown');
    expect(sinceOf(earlier, { gap, hypotheses: [] }).movement).toBe('unknown');
    expect(sinceOf(earlier, { gap: undefined, hypotheses: [] }).movement).toBe('unknown');
  });

  it.each([
    ['contributing', 'inconclusive', 'open'],
    ['sufficient', 'not_tested', 'open'],
    ['contributing', 'no_gap', 'gone'],
    ['ruled_out', 'sufficient', 'new'],
    ['ruled_out', 'inconclusive', undefined],
  ] as const)('a cause that was %s and is %s is %s', (before, now, state) => {
    const then = { ...earlier, hypotheses: [{ id: hypothesis.id, verdict: before, share: null }] };
    const { causes } = sinceOf(then, { gap: judgeable, hypotheses: [{ ...hypothesis, verdict: now }] });
    expect(causes.map((cause) => cause.state)).toEqual(state === undefined ? [] : [state]);
  });
});
