/** Random eval sets and their parts, for the tests of states. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { buildCells, cellKeys, placeCells } from '../../../src/data/evalset/cells.js';
import type { EvalSet } from '../../../src/data/evalset/evalset.js';
import { ItemNumbers } from '../../../src/data/evalset/streamed/item-numbers.js';
import { partOfClusters } from '../../../src/data/evalset/streamed/part-of.js';
import type { Link } from '../../../src/documents/release/release.js';
import type { InParts } from '../../../src/estimation/streamed/tabulate-parts.js';
import type { Estimates } from '../../../src/estimation/tabulation/estimates.js';
import type { State, TabulateInputs } from '../../../src/estimation/tabulation/tabulate.js';
import { coded, evalSetOf, expectNear, metricRef, sweepOf } from '../../fixtures/metrics.js';

/** Every metric that a state holds. */
export const HELD = [
  'log_loss',
  'normalized_entropy',
  'information_retained',
  'calibration',
  'calibration_shift',
  'brier',
];

/** A row of the eval set; numbers are eighths, so that sums of products of three of them are exact. */
export interface Row {
  readonly user: number;
  readonly query: number;
  readonly item: number;
  readonly tier: string;
  readonly source: string;
  readonly label: number;
  readonly weight: number;
  /** One score a version. */
  readonly scores: readonly number[];
}

export const VERSIONS = 3;
const eighths = (from: number, to: number) => fc.integer({ min: from * 8, max: to * 8 }).map((x) => x / 8);
const row: fc.Arbitrary<Row> = fc.record({
  user: fc.nat({ max: 11 }),
  query: fc.nat({ max: 1 }),
  item: fc.nat({ max: 7 }),
  tier: fc.constantFrom('small', 'large', 'ä'),
  source: fc.constantFrom('feed', 'search'),
  label: fc.constantFrom(0, 0, 1, 0.5),
  weight: eighths(0, 2),
  scores: fc.array(
    fc.integer({ min: 1, max: 7 }).map((x) => x / 8),
    { minLength: VERSIONS, maxLength: VERSIONS },
  ),
});
export const rowList = fc
  .array(row, { minLength: 12, maxLength: 50 })
  .filter((rows) => rows.some(({ weight }) => weight > 0));

export function evalSetFrom(rows: readonly Row[]): EvalSet {
  return evalSetOf({
    query: coded(rows.map(({ user, query }) => `u${user}/q${query}`)),
    item: coded(rows.map(({ item }) => `item ${item}`)),
    cluster: coded(rows.map(({ user }) => `u${user}`)),
    label: rows.map(({ label }) => label),
    weight: rows.map(({ weight }) => weight),
    slices: { tier: coded(rows.map(({ tier }) => tier)), source: coded(rows.map(({ source }) => source)) },
  });
}

const MIX: Readonly<Record<string, readonly [number, number]>> = { small: [0.25, 0.75], large: [0.5, 0.5], ä: [1, 0] };

/** Each version, a mix of the later two by tier, and the second one against itself. */
export function statesOf(rows: readonly Row[]): State[] {
  const tiers = Object.keys(MIX);
  const histogram = Int32Array.from(rows, ({ tier }) => tiers.indexOf(tier));
  const part = (column: number, n: 0 | 1) => ({
    column,
    mass: { histogram, mass: Float64Array.from(tiers, (tier) => MIX[tier]![n]), names: tiers },
  });
  return [
    ...Array.from({ length: VERSIONS }, (_, column): State => ({ parts: [{ column }] })),
    { parts: [part(1, 0), part(2, 1)] },
    { parts: [{ column: 1 }], aligned: 4 },
  ];
}

export interface Options {
  readonly link?: Link;
  readonly metrics?: readonly string[];
  /** The order in which the states are asked for; the first is the aligned one. */
  readonly order?: readonly number[];
}

export function inputsOf(rows: readonly Row[], options: Options = {}): TabulateInputs {
  const { link = 'identity', metrics = HELD } = options;
  const evalSet = evalSetFrom(rows);
  const states = statesOf(rows);
  const order = options.order ?? states.map((_, s) => s);
  const scores = Array.from({ length: VERSIONS }, (_, k) => rows.map((one) => one.scores[k]!));
  return {
    evalSet,
    sweep: sweepOf(evalSet, scores, link),
    cells: buildCells(evalSet, [['tier', 'source']]),
    metrics: metrics.map(metricRef),
    states: order.map((s) => {
      const state = states[s]!;
      return state.aligned === undefined ? state : { ...state, aligned: order.indexOf(state.aligned) };
    }),
    aligned: order.indexOf(0),
    weightQueries: false,
    distinctItems: false,
  };
}

/** The rows of each part, by query cluster. */
export function cut(rows: readonly Row[], of: number): Row[][] {
  const part = partOfClusters(
    rows.map(({ user }) => `u${user}`),
    of,
  );
  return Array.from({ length: of }, (_, i) => rows.filter((__, r) => part[r] === i));
}

/** The rows in parts, as a run has them that reads them one after the other; a part without rows is left out. */
export function inParts(rows: readonly Row[], of: number, options: Options = {}): InParts {
  const names = cellKeys(buildCells(evalSetFrom(rows), [['tier', 'source']]));
  const parts = cut(rows, of).filter((own) => own.length > 0);
  const numbers = new ItemNumbers();
  const read = parts.map((own) => {
    const evalSet = evalSetFrom(own);
    const inputs = { ...inputsOf(own, options), cells: placeCells(evalSet, names) };
    return { inputs, items: numbers.of(evalSet.item).numbers };
  });
  return { parts: parts.length, rows: rows.length, part: (part) => read[part]! };
}

/**
 * Values, changes, mixes and contrasts with their errors and degrees of freedom, floors and counts: in every cell and
 * state, to the bit.
 */
export function expectEstimates(found: Estimates, expected: Estimates): void {
  const cells = expected.state.census.cells.length;
  const states = expected.state.columns.length;
  for (let cell = 0; cell < cells; cell++) {
    const counts = expected.countsOf(cell);
    expect(found.countsOf(cell)).toEqual(counts);
    const evidence = expected.evidence(HELD[0]!, cell);
    expectNear(found.evidence(HELD[0]!, cell).queryClusters, evidence.queryClusters, 'query clusters', 1e-12);
    expectNear(found.evidence(HELD[0]!, cell).itemClusters, evidence.itemClusters, 'item clusters', 1e-12);
    for (const metric of HELD)
      for (let s = 0; s < states; s++) {
        const all = (of: Estimates) => [
          of.level(metric, cell, s),
          of.change(metric, cell, s, false),
          of.change(metric, cell, s, true),
          of.mixedChange(
            metric,
            cell,
            [
              [s, 0.25],
              [1, 0.75],
            ],
            false,
          ),
          of.contrast(metric, cell, [
            { state: s, weight: 1, as: 'absolute' },
            { state: 2, weight: -1, as: 'value' },
          ]),
        ];
        expect(all(found), `${metric} of cell ${cell}`).toEqual(all(expected));
      }
  }
}
