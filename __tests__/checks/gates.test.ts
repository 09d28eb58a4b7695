/** Rules on what checks measure, whatever the check: which are refused, what they claim, and what is found. */
import { describe, expect, it } from 'vitest';
import type { Sources } from '../../src/checks/check.js';
import { Evidence } from '../../src/checks/evidence.js';
import type { EvidenceCheck, EvidenceMetric, Examined } from '../../src/checks/evidence-check.js';
import { type EvidenceClaim, evidenceClaims, gateReport } from '../../src/checks/gates.js';
import type { Measurement } from '../../src/checks/measurement.js';
import { onEvidence } from '../../src/checks/on-evidence.js';
import { planChecks } from '../../src/checks/pipeline.js';
import type { TableSpec } from '../../src/data/evidence/evidence-table.js';
import type { CheckId, DiagnosisCheck, EvidenceRule, Policy } from '../../src/documents/policy/policy.js';
import type { ReleaseHead } from '../../src/documents/release/release.js';
import type { Estimate } from '../../src/estimation/statistics/noninferiority.js';
import { studentQuantile } from '../../src/estimation/statistics/student-t.js';

const ALL = ['max', 'min', 'max_increase', 'max_decrease'] as const;
const METRICS: readonly EvidenceMetric[] = [
  { id: 'rate', title: '', operators: ALL, share: true, needs: 'a table rates' },
  { id: 'overlap', title: '', operators: ['min'], share: true, needs: 'a table rates' },
  { id: 'distance', title: '', operators: ALL, range: [0, 2], needs: 'a table rates' },
  { id: 'correlation', title: '', operators: ALL, range: [-1, 1], needs: 'a table rates' },
  { id: 'millis', title: '', operators: ALL, needs: 'a table rates' },
  { id: 'loss', title: '', operators: ['max_increase'], needs: 'a table rates' },
  { id: 'slope', title: '', operators: ['min'], example: '{metric: slope, min: 0}', needs: 'a table rates' },
];
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  rate: [0, 1],
  distance: [0, 2],
  correlation: [-1, 1],
};
const CHECK = { id: 'serving-health', layer: 2, tables: [], metrics: METRICS } as unknown as EvidenceCheck;
const examinedAs = (measurements: readonly Measurement[]) =>
  ({
    measurements,
    facts: ['it is slow'],
    effect: { kind: 'outcome', verdict: 'inconclusive', settle: '' },
  }) as Examined;

function ruleOf(metric: string, operator: EvidenceRule['operator'], written: string, own: Partial<EvidenceRule> = {}) {
  const relative = written.endsWith('%');
  return {
    index: 0,
    metric,
    operator,
    threshold: relative ? Number(written.slice(0, -1)) / 100 : Number(written),
    thresholdText: written,
    relative,
    level: 'fail',
    place: { file: 'gate.yml', line: 5, column: 28 },
    metricPlace: { file: 'gate.yml', line: 5, column: 18 },
    ...own,
  } as EvidenceRule;
}

const asked = (rules: readonly EvidenceRule[], id: CheckId = 'serving-health'): DiagnosisCheck => ({
  id,
  place: { file: 'gate.yml', line: 3, column: 3 },
  rules,
});

/** What is said of a policy's rules; nothing where they can be judged. */
function refusalOf(diagnosis: readonly DiagnosisCheck[], skew?: Policy['skew']): string {
  try {
    planChecks([onEvidence(CHECK)], { diagnosis, ...(skew ? { skew } : {}) } as Policy);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('a bound that cannot be kept, or cannot be broken, is refused', () => {
  it.each<[string, EvidenceRule['operator'], string, string]>([
    // [metric, operator, the last that is refused, the first that is a rule]
    ['rate', 'max', '100%', '99.9%'],
    ['rate', 'max', '-0.1%', '0%'],
    ['rate', 'min', '0%', '0.1%'],
    ['rate', 'min', '100.1%', '100%'],
    ['rate', 'max_increase', '1', '0.99'],
    ['rate', 'max_decrease', '1', '0.99'],
    ['rate', 'max_decrease', '100%', '99%'],
    ['distance', 'max', '2', '1.99'],
    ['distance', 'max', '-0.01', '0'],
    ['distance', 'min', '0', '0.01'],
    ['distance', 'min', '2.01', '2'],
    ['distance', 'max_increase', '2', '1.99'],
    ['distance', 'max_decrease', '2', '1.99'],
    ['distance', 'max_decrease', '100%', '99%'],
    ['correlation', 'max', '1', '0.99'],
    ['correlation', 'min', '-1', '-0.99'],
    ['correlation', 'max_increase', '2', '1.99'],
    ['correlation', 'max_decrease', '2', '1.99'],
  ])('%s %s %s, where %s is a rule', (metric, operator, vain, good) => {
    const [low, high] = RANGES[metric]!;
    expect(refusalOf([asked([ruleOf(metric, operator, vain)])])).toMatch(
      new RegExp(`^gate.yml:5:28: ${operator} ${vain} of ${metric}, which lies between ${low} and ${high}`),
    );
    expect(refusalOf([asked([ruleOf(metric, operator, good)])])).toBe('');
  });

  it.each<[string, EvidenceRule['operator'], string]>([
    // A change relative to little has no end, nor has what is no share.
    ['rate', 'max_increase', '250%'],
    ['distance', 'max_increase', '250%'],
    ['millis', 'max_increase', '900'],
    ['millis', 'max_decrease', '900'],
    ['millis', 'max_decrease', '100%'],
    ['millis', 'max', '900'],
    ['millis', 'min', '-3'],
  ])('but not %s %s %s', (metric, operator, written) => {
    expect(refusalOf([asked([ruleOf(metric, operator, written)])])).toBe('');
  });

  it('nor a percentage of a value that is no share, nor what is no number', () => {
    expect(refusalOf([asked([ruleOf('millis', 'max', '5%')])])).toMatch(/a percentage of millis, which is no share/);
    expect(refusalOf([asked([ruleOf('distance', 'min', '5%')])])).toMatch(
      /a percentage of distance, which is no share/,
    );
    for (const threshold of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(refusalOf([asked([ruleOf('millis', 'max', '5', { threshold, thresholdText: '.inf' })])])).toMatch(
        /max is \.inf; expected a finite number or a percentage/,
      );
  });

  it('with a rule as it may be written: a share as a percentage, a change as one, an example where there is one', () => {
    const mend = (metric: string, operator: EvidenceRule['operator'] = 'no_more_sensitive_than') =>
      /Write: (.*})/.exec(refusalOf([asked([ruleOf(metric, operator, '5%')])]))![1];
    expect(mend('rate')).toBe('{metric: rate, max: 1%}');
    expect(mend('overlap')).toBe('{metric: overlap, min: 90%}');
    expect(mend('millis')).toBe('{metric: millis, max: 0.01}');
    expect(mend('loss')).toBe('{metric: loss, max_increase: 1%}');
    expect(mend('slope')).toBe('{metric: slope, min: 0}');
  });

  it('and a metric that the check does not have, with the likely one', () => {
    expect(refusalOf([asked([ruleOf('overlapp', 'min', '5%')])])).toMatch(
      /^gate.yml:5:18: metric "overlapp" of serving-health; expected rate, .*Did you mean "overlap"\?/,
    );
  });
});

describe('a policy of gates whose every rule only warns is refused', () => {
  const warns = ruleOf('rate', 'max', '1%', { level: 'warn' });
  const fails = ruleOf('rate', 'max', '1%');

  it('as nothing could fail', () => {
    expect(refusalOf([asked([warns]), asked([warns, warns])])).toMatch(
      /^gate.yml:5:28: rules that only warn; expected at least one rule that can fail/,
    );
  });

  it('unless another rule, a sweep or a hypothesis decides', () => {
    expect(refusalOf([asked([warns]), asked([warns, fails])])).toBe('');
    expect(refusalOf([asked([warns])], {} as Policy['skew'])).toBe('');
    expect(refusalOf([asked([warns]), asked([], 'feature-parity')])).toBe('');
    expect(refusalOf([asked([])])).toBe('');
  });

  it('together with every other problem', () => {
    const message = refusalOf([asked([{ ...warns, threshold: 2, thresholdText: '200%' }])]);
    expect(message).toMatch(/rules that only warn/);
    expect(message).toMatch(/max 200% of rate, which lies between 0 and 1/);
  });
});

const estimate = (value: number, standardError = 0.01): Estimate => ({ value, standardError, df: 50 });

function measured(own: Partial<Measurement> = {}): Measurement {
  return {
    metric: 'rate',
    slice: {},
    value: estimate(0.1),
    change: { absolute: estimate(0.02), relative: estimate(0.25) },
    ...own,
  };
}

const claims = (rules: readonly EvidenceRule[], measurements: readonly Measurement[]) =>
  evidenceClaims(CHECK, rules, examinedAs(measurements));

describe('what a rule claims', () => {
  it.each<[EvidenceRule['operator'], string, number, EvidenceClaim['bounds']]>([
    ['max', '20%', 0.1, { upper: 0.2 }],
    ['min', '5%', 0.1, { lower: 0.05 }],
    ['max_increase', '0.05', 0.02, { upper: 0.05, margin: 0.05 }],
    ['max_increase', '50%', 0.25, { upper: 0.5, margin: 0.5 }],
    ['max_decrease', '0.05', 0.02, { lower: -0.05, margin: 0.05 }],
    ['max_decrease', '50%', 0.25, { lower: -0.5, margin: 0.5 }],
  ])('%s %s is of the value, or of its change in the rule’s unit', (operator, written, judged, bounds) => {
    const [claim, ...others] = claims(
      [ruleOf('rate', operator, written)],
      [measured(), measured({ metric: 'millis' })],
    );
    expect(others).toEqual([]);
    expect(claim).toMatchObject({ check: 'serving-health', value: 0.1, open: undefined });
    expect(claim!.estimate.value).toBe(judged);
    expect(claim!.bounds).toEqual(bounds);
  });

  // From a rate of 0.8, which lies between 0 and 1.
  it.each<[EvidenceRule['operator'], string, EvidenceClaim['open']]>([
    ['max_increase', '0.19', undefined],
    ['max_increase', '0.3', { kind: 'rule_cannot_fail', direction: 'rise', most: 0.2, relative: false }],
    ['max_increase', '24%', undefined],
    ['max_increase', '30%', { kind: 'rule_cannot_fail', direction: 'rise', most: 0.25, relative: true }],
    ['max_decrease', '0.79', undefined],
    ['max_decrease', '0.9', { kind: 'rule_cannot_fail', direction: 'fall', most: 0.8, relative: false }],
    ['max_decrease', '99%', undefined],
  ])('%s %s stays open where the baseline leaves no room to break it', (operator, written, open) => {
    const change = { absolute: estimate(0.1), relative: estimate(0.125) };
    const [claim] = claims([ruleOf('rate', operator, written)], [measured({ value: estimate(0.9), change })]);
    if (open?.kind !== 'rule_cannot_fail') expect(claim!.open).toBe(open);
    else expect(claim!.open).toEqual({ ...open, most: expect.closeTo(open.most, 12) });
  });

  it('stays open on a share of a baseline that is not above 0, whose sign is the other way round', () => {
    // The loss of -0.02 becomes one of -0.03: worse, and 1.5 times as much.
    const worse = measured({
      metric: 'loss',
      value: estimate(-0.03, 1e-4),
      change: { absolute: estimate(-0.01, 1e-4), relative: estimate(0.5) },
    });
    const open = (written: string) => claims([ruleOf('loss', 'max_decrease', written)], [worse])[0]!.open;
    expect(open('10%')).toEqual({ kind: 'share_of_nothing' });
    expect(open('0.001')).toBeUndefined();
  });

  it('is one on every slice that is measured', () => {
    const slices = [{ tier: 'a' }, { tier: 'b' }].map((slice) => measured({ slice }));
    expect(claims([ruleOf('rate', 'max', '20%')], slices).map(({ slice }) => slice)).toEqual([
      { tier: 'a' },
      { tier: 'b' },
    ]);
  });

  it('stays open where it was not measured, or has no change to speak of', () => {
    const { change: _, ...value } = measured();
    const missing = [
      claims([ruleOf('millis', 'max', '5')], [measured()]),
      claims([ruleOf('rate', 'max_increase', '5%')], [value]),
    ];
    for (const [claim] of missing)
      expect(claim).toMatchObject({
        open: { kind: 'not_tested', by: 'evidence', check: 'serving-health', needs: 'a table rates' },
        slice: {},
      });
    expect(claims([ruleOf('rate', 'max', '5%')], [value])[0]!.open).toBeUndefined();
  });

  it('stays open where its error, or the value itself, is not known, for its own reason first', () => {
    const FEW = { kind: 'too_few_trials', what: 'requests', count: 3, least: 30 } as const;
    const openOf = (own: Partial<Measurement>) => claims([ruleOf('rate', 'max', '20%')], [measured(own)])[0]!.open;
    expect(openOf({ value: estimate(Number.NaN) })).toEqual({ kind: 'share_of_nothing' });
    expect(openOf({ value: estimate(0.1, Number.NaN) })).toEqual({ kind: 'share_of_nothing' });
    expect(openOf({ value: estimate(0.1, Number.POSITIVE_INFINITY) })).toEqual({ kind: 'share_of_nothing' });
    expect(openOf({ value: estimate(Number.NaN), open: FEW })).toBe(FEW);
    expect(openOf({ open: FEW })).toBe(FEW);
  });
});

describe('what is found', () => {
  const reports = (rules: readonly EvidenceRule[], measurements: readonly Measurement[]) => {
    const made = claims(rules, measurements);
    return [gateReport(CHECK, rules, made, new Set(made), 0.95, [])];
  };
  const reach = studentQuantile(0.95, 50) * 0.01;

  it('is a level in its own unit, within what it cannot leave', () => {
    const [report, ...others] = reports([ruleOf('rate', 'max', '20%')], [measured()]);
    expect(others).toEqual([]);
    expect(report).toMatchObject({ check: 'serving-health', layer: 2, verdict: 'pass', rules: 1 });
    const [finding] = report!.findings;
    expect(finding).toMatchObject({ judged: 'value', unit: 'absolute', value: 0.1, margin: 0.2, threshold: '20%' });
    expect(finding!.lower).toBeCloseTo(0.1 - reach, 12);
    expect(finding!.upper).toBeCloseTo(0.1 + reach, 12);
    const low = reports([ruleOf('rate', 'min', '1%')], [measured({ value: estimate(0.001) })])[0]!.findings[0]!;
    expect([low.lower, low.upper > 0.001]).toEqual([0, true]);
    const high = reports([ruleOf('rate', 'min', '1%')], [measured({ value: estimate(0.999) })])[0]!.findings[0]!;
    expect([high.lower < 0.999, high.upper]).toEqual([true, 1]);
    // Outside of a range there is nothing to hold it to.
    const free = reports([ruleOf('millis', 'max', '9')], [measured({ metric: 'millis', value: estimate(0.001) })]);
    expect(free[0]!.findings[0]!.lower).toBeLessThan(0);
  });

  it('is a change in the unit of its rule, whatever the value may not leave', () => {
    const relative = reports([ruleOf('rate', 'max_increase', '50%')], [measured()])[0]!.findings[0]!;
    expect(relative).toMatchObject({ judged: 'change', unit: 'relative', value: 0.1, change: 0.25, verdict: 'pass' });
    const change = { absolute: estimate(-0.004), relative: estimate(-0.04) };
    const absolute = reports([ruleOf('rate', 'max_increase', '0.05')], [measured({ change })])[0]!.findings[0]!;
    expect(absolute).toMatchObject({ judged: 'change', unit: 'absolute', change: -0.004 });
    expect(absolute.lower).toBeCloseTo(-0.004 - reach, 12);
  });

  it('passes by the skewed bounds and convicts by the plain ones', () => {
    const skewed = (value: number) => measured({ value: { ...estimate(value), skewness: 3 } });
    const t = studentQuantile(0.95, 50);
    const wide = 0.01 * (t + (3 * (2 * t * t + 1)) / 6);
    const passing = reports([ruleOf('rate', 'max', '20%')], [skewed(0.1)])[0]!.findings[0]!;
    expect([passing.verdict, passing.upper]).toEqual(['pass', expect.closeTo(0.1 + wide, 12)]);
    const failing = reports([ruleOf('rate', 'max', '20%')], [skewed(0.3)])[0]!.findings[0]!;
    expect([failing.verdict, failing.lower]).toEqual(['fail', expect.closeTo(0.3 - reach, 12)]);
  });

  it('reads no table that its check does not list', async () => {
    const listed = { name: 'rates' } as TableSpec;
    const reads = (table: TableSpec) =>
      onEvidence({
        ...CHECK,
        tables: [listed],
        examine: (evidence) => examinedAs(evidence.table(table) ? [measured()] : []),
      })
        .plan({ diagnosis: [asked([])], confidence: 0.95 } as unknown as Policy, new Map())!
        .gather({ evidence: none } as Sources);
    const none = await Evidence.read({ evidence: new Map() } as unknown as ReleaseHead, []);
    await expect(reads(listed)).resolves.toBeDefined();
    await expect(reads({ name: 'others' } as TableSpec)).rejects.toThrow(
      /the table others is read by a check that does not list it/,
    );
  });

  it('says the facts once: here, or in the diagnosis', async () => {
    const check = onEvidence({ ...CHECK, examine: () => examinedAs([measured()]) });
    const rules = [ruleOf('rate', 'max', '20%')];
    const plan = check.plan({ diagnosis: [asked(rules)], confidence: 0.95 } as unknown as Policy, new Map());
    const evidence = await Evidence.read({ evidence: new Map() } as unknown as ReleaseHead, []);
    const gathered = await plan!.gather({ evidence } as Sources);
    const examination = (await gathered.run(() => undefined)).examine(undefined, evidence);
    expect(examination.report(new Set(), false)!.notices).toEqual(['serving-health: it is slow.']);
    expect(examination.report(new Set(), true)!.notices).toEqual([]);
  });
});
