/** Linear and exponential gain of graded labels, against scikit-learn (make_gains.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { buildCells } from '../../../src/data/evalset/cells.js';
import { withGain } from '../../../src/estimation/metrics/registry.js';
import { type State, Tabulation } from '../../../src/estimation/tabulation/tabulate.js';
import { coded, evalSetOf, expectNear, metricRef, sweepOf } from '../../fixtures/metrics.js';

interface GainsFixture {
  readonly grades: number;
  /** The share of the items that version 1 still holds in the mixed index. */
  readonly stale: number;
  readonly query: number[];
  readonly item: number[];
  readonly grade: number[];
  readonly scores: [number[], number[]];
  /** By metric and gain: at version 0, at version 1, in the mixed index. */
  readonly expected: Readonly<Record<string, Readonly<Record<'linear' | 'exponential', [number, number, number]>>>>;
}

const gains = JSON.parse(readFileSync(new URL('../../fixtures/gains.json', import.meta.url), 'utf8')) as GainsFixture;
const { grade, grades, stale, scores, expected } = gains;
const evalSet = {
  ...evalSetOf({ query: coded(gains.query), item: coded(gains.item), label: grade.map((g) => g / grades) }),
  grades,
};
const one = new Int32Array(evalSet.rows);
const states: State[] = [
  { parts: [{ column: 0 }] },
  { parts: [{ column: 1 }] },
  {
    parts: [1 - stale, stale].map((mass, column) => ({
      column,
      mass: { histogram: one, mass: Float64Array.of(mass) },
    })),
    mixedIndex: {},
  },
];

function values(id: string, gain: 'linear' | 'exponential'): number[] {
  const named = metricRef(id);
  const ref = gain === 'linear' ? named : withGain(named, gain)!;
  const tab = new Tabulation({
    evalSet,
    sweep: sweepOf(evalSet, scores),
    cells: buildCells(evalSet, []),
    metrics: [ref],
    states,
    aligned: 0,
    weightQueries: false,
    distinctItems: false,
  });
  return states.map((_, state) => tab.value(id, 0, state));
}

describe.each(Object.keys(expected))('%s of grades from 0 to 4', (id) => {
  test.each(['linear', 'exponential'] as const)('with %s gain is scikit-learn’s, mixed index included', (gain) => {
    for (const [state, value] of values(id, gain).entries())
      expectNear(value, expected[id]![gain][state]!, `state ${state}`, 1e-12);
  });

  test('differs by the gain', () => {
    expect(Math.abs(expected[id]!.linear[0] - expected[id]!.exponential[0])).toBeGreaterThan(1e-3);
  });
});

test('only metrics that have gains can be asked for another one', () => {
  for (const id of ['recall@3', 'hit@3', 'mrr', 'gauc', 'log_loss'])
    expect(withGain(metricRef(id), 'exponential')).toBeUndefined();
});
