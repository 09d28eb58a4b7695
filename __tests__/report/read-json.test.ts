/**
 * report.json reads back into the report that it was written from. Every report of a project in the tests is held to
 * that too (support/project.ts).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CurvePoint, Finding, SweepReport } from '../../src/checks/check-report.js';
import type { PinGain, Repair } from '../../src/checks/remedies.js';
import { ConfigError } from '../../src/errors.js';
import { renderJson, toJson } from '../../src/report/json.js';
import { parsePosted } from '../../src/report/posted.js';
import { readReport } from '../../src/report/read-json.js';
import type { Diagnosis } from '../../src/verdict/diagnosis/diagnosis.js';
import type { Report } from '../../src/verdict/report-object.js';
import { sound } from '../support/report-schema.js';

const SHA = 'a'.repeat(64);
const bounds = { value: 0.2, lower: 0.1, upper: Number.NaN };

const POINT: CurvePoint = {
  metric: 'recall@10',
  slice: { at_zero: 'maxHours' },
  distance: -1,
  value: 0.5,
  atZero: 0.4,
  change: 0.1,
  unit: 'relative',
  lower: 0.05,
  upper: 0.15,
  stale: null,
  incompatible: 0.02,
  mde: 0.01,
  rows: 10,
  positives: 4,
  queries: 3,
  averageOfPure: 0.4,
  mixed: true,
  realisationSd: 0.001,
  family: { anchors: 3, change: 0.1, lower: 0, upper: 0.2, betweenSd: 0.03 },
  retainedGain: { aligned: 0.1, skewed: 0.05, share: 0.5, lower: 0.4, upper: 0.6 },
};

const FINDING: Finding = {
  check: 'version-skew',
  rule: 0,
  metric: 'recall@10',
  slice: { at_zero: 'maxHours' },
  at: 'production',
  operator: 'max_decrease',
  value: 0.5,
  change: Number.NaN,
  unit: 'relative',
  judged: 'change',
  lower: Number.NaN,
  upper: Number.NaN,
  margin: 0.01,
  mde: Number.NaN,
  verdict: 'inconclusive',
  reason: { kind: 'no_skill', yardstick: 'gauc', value: Number.NaN, chance: 0.5, better: 'higher' },
  rowsToSettle: 1200,
  level: 'fail',
  queries: 3,
  unskilled: true,
  place: { file: 'gates/a.yml', line: 7, column: 9 },
  threshold: '1%',
};

const REPAIR: Repair = { rung: 'orthogonal', share: 0.9, of: 'loss', metric: 'recall@10' };
const PIN: PinGain = {
  metric: 'recall@10',
  slice: {},
  at: 2,
  change: 0.1,
  incompatible: 0.06,
  stale: 0.04,
  unit: 'absolute',
  passes: true,
};
const LEVERS = [
  { name: 'build_period', maxHours: 12, nowHours: 24 },
  { name: 'build_duration', maxHours: null, nowHours: 36 },
] as const;

const SWEEP: SweepReport = {
  kind: 'sweep',
  check: 'version-skew',
  layer: 2,
  verdict: 'inconclusive',
  rules: 1,
  curve: [POINT],
  compared: { release: 'b', path: 'models/b.yml', live: 'v2', curve: [{ ...POINT, distance: 'production' }] },
  tonight: {
    version: 'v2',
    at: 1,
    entries: [
      {
        metric: 'log_loss',
        unit: 'absolute',
        better: 'lower',
        served: 0.4,
        promoted: { change: 0.1, lower: 0, upper: 0.2 },
        aligned: { change: -0.1, lower: -0.2, upper: 0 },
      },
    ],
  },
  production: [
    {
      slice: {},
      histogram: new Map([
        [-1, 0.1],
        [0, 0.2],
        [10, 0.7],
      ]),
      source: 'counts',
      uncoveredMass: 0.1,
    },
  ],
  drift: [
    {
      distance: 1,
      normRatio: 1.1,
      displacement: 0.2,
      procrustesResidual: 0.1,
      cka: Number.NaN,
      neighbourOverlap: 0.8,
      offsetSd: 0,
      scaleRatio: 1,
      alignable: { metric: 'log_loss', scale: 0.1, orthogonal: 0.9, linear: Number.NaN, ofIncompatible: null },
      repair: REPAIR,
      reading: 'turned',
    },
  ],
  coverage: [{ distance: 2, version: 'v1', missingRows: 3, share: 0.98 }],
  findings: [FINDING],
  remedies: {
    safeDistance: 1,
    deepest: 3,
    suspects: [2],
    mixedIndexAlone: false,
    indexAges: [{ slice: { tier: 'a' }, maxHours: null, nowHours: 80, passesNow: false, levers: LEVERS }],
    passingSlices: [{ tier: 'b' }],
    incompatibleShare: null,
    repair: null,
    pin: PIN,
  },
  notices: ['a notice'],
};

const DIAGNOSIS: Diagnosis = {
  gap: {
    ledger: 'prediction',
    metric: 'log_loss',
    ...bounds,
    offline: bounds,
    online: bounds,
    rows: 100,
    lost: bounds,
    open: { kind: 'too_few_clusters', side: 'item', count: 3, least: 30 },
  },
  outcome: {
    ledger: 'outcome',
    metric: 'online_delta',
    ...bounds,
    predicted: bounds,
    observed: bounds,
    slope: bounds,
    arms: 8,
    residual: bounds,
  },
  hypotheses: [
    {
      id: 'feature-parity',
      layer: 2,
      verdict: 'not_tested',
      ledger: null,
      alone: null,
      fix: 0.1,
      contribution: null,
      share: null,
      lower: null,
      upper: null,
      evidence: [{ path: 'gap/ledger.parquet', sha256: SHA }],
      why: 'no column',
      settle: 'a column s2',
      query: 'SELECT 1',
    },
  ],
  residual: undefined,
  notices: ['of the diagnosis'],
};

/** A report with something under every key. */
const FULL: Report = {
  verdict: 'inconclusive',
  headline: 'open',
  recommendation: {
    action: 'serving_change',
    why: 'so',
    options: [
      {
        action: 'serving_change',
        why: 'age',
        maxIndexAgeHours: 31,
        nowHours: 80,
        appliesTo: { tier: 'a' },
        levers: LEVERS,
      },
      { action: 'serving_change', why: 'pin', maxDistance: 1, pin: PIN },
      { action: 'serving_change', why: 'map', repair: REPAIR },
      { action: 'scope_change', why: 'part', passing: [{ tier: 'b' }] },
      { action: 'gather_evidence', why: 'rows', rows: 1000 },
    ],
  },
  policy: {
    path: 'gates/a.yml',
    sha256: SHA,
    name: 'a',
    from: 'base',
    difference: '-x\n+y',
    confidence: 0.95,
    onInconclusive: 'warn',
  },
  release: {
    path: 'models/a.yml',
    sha256: SHA,
    name: 'm',
    live: 'v3',
    place: { file: 'models/a.yml', line: 2, column: 7 },
    chain: ['v3', 'v2', 'v1'],
    checkpoints: [{ tower: 'item', version: 'v3', sha256: SHA }],
    difference: '-compare_with: b.yml',
  },
  evalSet: { rows: 10, positives: 4, queries: 3, items: 5, sha256: { rows: SHA, items: undefined } },
  checks: [
    SWEEP,
    {
      kind: 'evidence',
      check: 'serving-health',
      layer: 2,
      verdict: 'inconclusive',
      rules: 1,
      findings: [
        {
          ...FINDING,
          check: 'serving-health',
          reason: { kind: 'not_tested', by: 'evidence', check: 'serving-health', needs: 'the table latency' },
        },
      ],
      notices: [],
    },
  ],
  diagnosis: DIAGNOSIS,
  notices: ['of the diagnosis', 'a notice'],
  run: { version: '0.1.0', startedAt: '2026-01-01T00:00:00.000Z', durationMs: 12, host: 'h' },
};

describe('a report', () => {
  it('reads back as it was written, with something under every key', () => {
    expect(sound(FULL)).toBe(FULL);
  });

  it('reads back without whatever may be left out', () => {
    const { evalSet: _, diagnosis: __, ...rest } = FULL;
    const { compared: ___, tonight: ____, ...sweep } = SWEEP;
    sound({ ...rest, checks: [{ ...sweep, curve: [], production: [], drift: [], coverage: [] }] });
    sound({ ...FULL, diagnosis: { ...DIAGNOSIS, gap: undefined, outcome: undefined, unknown: 'ledger' } });
  });

  it('keeps names that are data, whatever they are like', () => {
    const name = fc.oneof(fc.string(), fc.constantFrom('at_zero', 'atZero', '__proto__x', 'constructor', 'a_b_C'));
    const slice = fc.dictionary(name, fc.string(), { noNullPrototype: true });
    fc.assert(
      fc.property(slice, fc.dictionary(name, fc.constant(SHA), { noNullPrototype: true }), (slice, sha256) => {
        const curve = [{ ...POINT, slice }];
        const evalSet = { rows: 10, positives: 4, queries: 3, items: 5, sha256 };
        const checks = [{ ...SWEEP, curve, findings: [{ ...FINDING, slice }] }];
        sound({ ...FULL, evalSet, checks });
      }),
      { numRuns: 50 },
    );
  });

  it('is posted from its file, by whatever check is registered', () => {
    expect(parsePosted(renderJson(FULL))).toEqual(JSON.parse(renderJson(FULL)));
  });
});

describe('what is no report', () => {
  const problem = (text: string): string => {
    try {
      readReport(text, 'out/report.json');
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      expect((error as ConfigError).problems).toHaveLength(1);
      return (error as ConfigError).message;
    }
    return '';
  };

  it('is refused in one line, with its path', () => {
    expect(problem('{')).toMatch(
      /^out\/report\.json: a file that is no JSON; expected a report\.json that this version/,
    );
    expect(problem('[]')).toMatch(/^out\/report\.json: no report \(the whole must be object\); expected/);
    const { verdict: _, ...rest } = toJson(FULL);
    expect(problem(JSON.stringify(rest))).toContain("must have required property 'verdict'");
  });

  it('is refused for a check that is not registered', () => {
    const text = renderJson(FULL).replaceAll('"check": "serving-health"', '"check": "tarot"');
    expect(problem(text)).toMatch(/\/checks\/1\/check must be equal to one of the allowed values/);
    expect(parsePosted(text)).toBeUndefined();
  });
});
