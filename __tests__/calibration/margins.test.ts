/** Margins for a wanted rate, how they are written, and the patch that writes them. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { allowances, marginAllowing, patchOf } from '../../src/calibration/margins.js';
import type { Rule } from '../../src/documents/policy/policy.js';
import { withScalar } from '../../src/documents/yaml/edits.js';
import { findMetric } from '../../src/estimation/metrics/registry.js';
import { present } from '../../src/lib/lookup.js';
import { Project } from '../support/project.js';

const PLACE = { file: 'gates/gate.yml', line: 1, column: 1 };

function rule(own: Partial<Rule>): Rule {
  return {
    ...{ index: 0, metric: 'log_loss', operator: 'max_increase', threshold: 0.01, thresholdText: '1%', relative: true },
    ...{ claim: 'checkpoint', at: 'production', slices: [[]], level: 'fail' },
    ...{ place: PLACE, metricPlace: PLACE, atPlace: PLACE, slicesPlace: PLACE },
    ...own,
  };
}

const margin = (own: Partial<Rule>, allowed: number) => {
  const made = rule(own);
  return marginAllowing(made, present(findMetric(made.metric), made.metric), allowed)?.text;
};

describe('allowances', () => {
  it('are exceeded by no more draws than are wanted, and by more where any were tighter', () => {
    const draws = fc.integer({ min: 40, max: 120 });
    const cases = draws.chain((n) =>
      fc.tuple(
        fc.array(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: n, maxLength: n }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.constantFrom(0.05, 0.1, 0.3),
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 }),
      ),
    );
    fc.assert(
      fc.property(cases, ([needs, wanted, written]) => {
        const own = needs.map((values) => Float64Array.from(values));
        const allowed = written.slice(0, own.length);
        const { smallest, chosen } = allowances(own, allowed, wanted);
        const exceeding = (limits: readonly number[]) =>
          needs[0]!.filter((_, d) => needs.some((values, r) => values[d]! > limits[r]!)).length / needs[0]!.length;
        expect(exceeding(smallest)).toBeLessThanOrEqual(wanted);
        expect(exceeding(chosen)).toBeLessThanOrEqual(wanted);
        for (const [r, limit] of chosen.entries()) expect(limit).toBeGreaterThanOrEqual(allowed[r]!);
        // Of one rule it is the quantile.
        if (own.length === 1) {
          const sorted = needs[0]!.toSorted((a, b) => b - a);
          const above = needs[0]!.filter((value) => value > smallest[0]!).length;
          const tighter = sorted.find((value) => value < smallest[0]!);
          expect(above / sorted.length).toBeLessThanOrEqual(wanted);
          if (tighter !== undefined) expect(exceeding([tighter])).toBeGreaterThan(above / sorted.length);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('a margin', () => {
  it('is written as the policy writes it, rounded to what is looser', () => {
    expect(margin({}, 0.01231)).toBe('1.3%');
    expect(margin({}, 0.012)).toBe('1.2%');
    expect(margin({ relative: false }, 0.000312)).toBe('0.00032');
    expect(margin({ metric: 'roc_auc', operator: 'max_decrease', relative: false }, 0.00412)).toBe('0.0042');
    expect(margin({ metric: 'roc_auc', operator: 'min', relative: false }, -0.75128)).toBe('0.7512');
    expect(margin({ metric: 'calibration', operator: 'max', relative: false }, 1.05123)).toBe('1.052');
    // The scale of a shift is the logarithm of a ratio: ln 1.02 is 2 %.
    expect(margin({ metric: 'calibration_shift', operator: 'max_change' }, Math.log(1.0199))).toBe('2%');
  });

  it('is none where a model without skill would keep it, and none of a share', () => {
    expect(margin({ metric: 'roc_auc', operator: 'max_decrease', relative: false }, 0.6)).toBeUndefined();
    expect(margin({ operator: 'min_retained_gain' }, 0.4)).toBeUndefined();
    expect(margin({}, Number.NaN)).toBeUndefined();
  });
});

describe('the patch', () => {
  let project: Project;
  afterEach(() => project.remove());

  it('changes the margins alone, keeps every comment, and is taken by git', () => {
    project = new Project({});
    const text = [
      'policy: a # the gate',
      'checks:',
      '  version-skew:',
      '    sweep: {from: 0,   to: 1}     # odd blanks stay',
      '    require:',
      '      # why one percent',
      "      - {metric: log_loss, max_increase: '1%', at: each}   # a quarter's gain",
      '      - metric: brier',
      '        max_increase: 1%    # as above',
      '',
    ].join('\n');
    project.write('gates/a gate.yml', text);
    const changed = [
      { rule: rule({}), margin: { text: '1.3%', threshold: 0.013 } },
      { rule: rule({ index: 1 }), margin: { text: '2%', threshold: 0.02 } },
    ];
    const patch = patchOf('gates/a gate.yml', text, changed);
    execFileSync('git', ['init', '-q'], { cwd: project.folder });
    execFileSync('git', ['apply', '-'], { cwd: project.folder, input: patch });
    expect(project.read('gates/a gate.yml')).toBe(
      text.replace("max_increase: '1%'", 'max_increase: 1.3%').replace('1%    # as', '2%    # as'),
    );
    expect(patchOf('a.yml', text, [])).toBe('');
  });

  it('leaves alone what is no scalar of its own', () => {
    expect(withScalar('a: &x 1\nb: *x\n', ['b'], '2')).toBeUndefined();
    expect(withScalar('a: {b: 1}\n', ['a'], '2')).toBeUndefined();
    expect(withScalar('a: [1, 2]\n', ['a', 1], '3')).toBe('a: [1, 3]\n');
  });
});
