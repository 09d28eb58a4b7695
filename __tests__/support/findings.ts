/** Findings of a sweep, and checks that have them. */
import type { Finding, SweepReport, Verdict } from '../../src/checks/check-report.js';
import type { Remedies } from '../../src/checks/remedies.js';

/** A required rule on a change of log loss at production, that passes. */
export function finding(own: Partial<Finding> = {}): Finding {
  return {
    check: 'version-skew',
    rule: 0,
    metric: 'log_loss',
    slice: {},
    at: 'production',
    operator: 'max_increase',
    value: 0.5,
    change: 0.004,
    unit: 'relative',
    judged: 'change',
    lower: 0.002,
    upper: 0.006,
    margin: 0.01,
    mde: 0.003,
    verdict: 'pass',
    reason: { kind: 'within_margin' },
    level: 'fail',
    place: { file: 'gates/gate.yml', line: 9, column: 5 },
    threshold: '1%',
    ...own,
  };
}

export const failing = (own: Partial<Finding> = {}) => finding({ verdict: 'fail', change: 0.03, ...own });

export function verdictOf(findings: readonly Finding[]): Verdict {
  const required = findings.filter(({ level }) => level === 'fail');
  if (required.some(({ verdict }) => verdict === 'fail')) return 'fail';
  return required.every(({ verdict }) => verdict === 'pass') ? 'pass' : 'inconclusive';
}

export function check(findings: readonly Finding[], own: Partial<SweepReport> = {}): SweepReport {
  return {
    kind: 'sweep',
    check: 'version-skew',
    layer: 2,
    verdict: verdictOf(findings),
    rules: 1,
    curve: [],
    production: [],
    drift: [],
    coverage: [],
    findings,
    remedies: REMEDIES,
    notices: [],
    ...own,
  };
}

export const REMEDIES: Remedies = {
  safeDistance: 1,
  deepest: 5,
  suspects: [],
  mixedIndexAlone: false,
  indexAges: [],
  passingSlices: [],
  incompatibleShare: null,
  repair: null,
};
