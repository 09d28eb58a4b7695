/** A report that has something under every key. */

import type { CurvePoint, Finding, SweepReport } from '../../src/checks/check-report.js';
import type { PinGain, Repair } from '../../src/checks/remedies.js';
import type { Diagnosis } from '../../src/verdict/diagnosis/diagnosis.js';
import type { Report } from '../../src/verdict/report-object.js';

export const SHA = 'a'.repeat(64);
const bounds = { value: 0.2, lower: 0.1, upper: Number.NaN };

export const POINT: CurvePoint = {
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
  bins: [{ share: 1, predicted: 0.2, actual: 0.3 }],
};

export const FINDING: Finding = {
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
  queriesToSettle: 40,
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

export const SWEEP: SweepReport = {
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
    worst: { metric: 'recall@10', slice: { at_zero: 'maxHours' }, at: 2 },
    repair: null,
    pin: PIN,
  },
  notices: ['a notice'],
};

export const DIAGNOSIS: Diagnosis = {
  gap: {
    ledger: 'prediction',
    metric: 'log_loss',
    words: 'log loss',
    bothServed: true,
    production: bounds,
    ...bounds,
    offline: bounds,
    online: bounds,
    rows: 100,
    lost: bounds,
    open: { kind: 'too_few_clusters', side: 'item', count: 3, least: 30 },
  },
  joins: {
    rows: [{ logSource: 'feed', scored: 10, served: 7 }],
    reported: 0.1,
    reportedError: true,
    scored: bounds,
    served: bounds,
    steps: [{ from: 'reported', to: 'scored', ...bounds }],
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
  splits: [
    {
      by: 'served_version',
      parts: [
        {
          value: 'at_zero',
          rows: 80,
          share: 0.8,
          offline: 0.1,
          online: Number.NaN,
          gap: bounds,
          excess: bounds,
          contribution: null,
        },
        {
          value: '3 others',
          values: 3,
          rows: 20,
          share: 0.2,
          offline: 0.1,
          online: 0.05,
          gap: bounds,
          excess: bounds,
          contribution: 0.1,
        },
      ],
      mix: 0.01,
      reading: 'cannot tell',
    },
  ],
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
      question: 'Did serving have the features?',
      sole: 'open',
      owner: 'the owner of the features',
      next: 'a column s2',
      query: 'SELECT 1',
    },
  ],
  notAsked: ['metric-mismatch'],
  next: [
    {
      layer: 2,
      cost: 'replay',
      table: 'ledger',
      what: 'columns',
      columns: ['s2'],
      settles: ['feature-parity'],
      shows: ['label-leakage'],
      why: 'what serving loses',
      query: 'SELECT 2',
    },
  ],
  residual: undefined,
  waterfall: {
    unit: 'ledger',
    words: 'log loss',
    bars: [
      { kind: 'level', id: 'offline', label: 'gain offline', ...bounds },
      { kind: 'step', id: 'feature-parity', label: 'feature parity gap', ...bounds },
    ],
  },
  since: {
    path: 'earlier/report.json',
    live: 'v41',
    startedAt: '2026-01-01T00:00:00Z',
    movement: 'smaller',
    gap: bounds,
    causes: [
      { id: 'feature-parity', state: 'new', before: null, now: 'contributing', shareBefore: null, shareNow: 0.4 },
    ],
  },
  notices: ['of the diagnosis'],
};

/** A report with something under every key. */
export const FULL: Report = {
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
      { action: 'gather_evidence', why: 'rows', rows: 1000, queries: 40 },
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
  evalSet: {
    rows: 10,
    positives: 4,
    queries: 3,
    items: 5,
    rankedCatalogue: 9,
    sha256: { rows: SHA, items: undefined },
  },
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
