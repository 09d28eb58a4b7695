/** Metrics of rows in order or in bins, against the values of scikit-learn and the derivatives by the weights. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildCells } from '../../../src/data/evalset/cells.js';
import type { RowInputs, RowMetric, ScorePart } from '../../../src/estimation/metrics/metric.js';
import { METRICS } from '../../../src/estimation/metrics/registry.js';
import { sigmoid } from '../../../src/models/scores/link.js';
import {
  cellOf,
  coded,
  expectNear,
  fixture,
  fixtureStates,
  randomEvalSet,
  rowInputs,
  uniform,
} from '../../fixtures/metrics.js';
import { arbitraryRows, bothClasses, expectSame, inputsOf } from '../../support/rows-of-scores.js';

const rowMetrics = METRICS.filter((metric): metric is RowMetric => metric.kind === 'rows');

/** The fixture's rows in the cells of `tier`, at one state. */
function tierInputs(state: number): { inputs: RowInputs; slices: readonly string[] } {
  const evalSet = randomEvalSet();
  const cut = buildCells(evalSet, []).cuts.find(({ columns }) => columns[0] === 'tier')!;
  const { scores, histograms, slices } = fixture.random;
  const aligned = rowInputs({ scores: scores[0]!, label: evalSet.label, prediction: sigmoid });
  const parts = fixtureStates(scores.length, coded(slices.tier!), histograms)[state]!.parts.map(
    ({ column, mass }): ScorePart => ({
      scores: Float64Array.from(scores[column]!),
      weight: mass ? evalSet.weight.map((w, r) => w * mass.mass[mass.histogram[r]!]!) : evalSet.weight,
      prediction: (r) => sigmoid(scores[column]![r]!),
    }),
  );
  return {
    inputs: { ...aligned, parts, cell: cut.cell, cells: cut.slices.length },
    slices: cut.slices.map((slice) => slice.tier!),
  };
}

const MIX = 4;

describe.each(rowMetrics.map((metric) => [metric.id, metric] as const))('%s', (id, metric) => {
  test.each([0, 1, 2, 3, MIX])(
    'agrees with scikit-learn or its definition in several cells at once (state %d)',
    (state) => {
      const { inputs, slices } = tierInputs(state);
      const { value } = metric.evaluate(inputs);
      for (const [c, tier] of slices.entries()) {
        const cell = fixture.random.links.sigmoid.find(
          ({ slice }) => Object.keys(slice).length === 1 && slice.tier === tier,
        )!;
        expectNear(value[c]!, cell.metrics[id]![state]![0]!, tier);
      }
    },
  );

  test.each([
    ['a version', 1, 0],
    ['a production mix', MIX, 1],
  ])('has the influences that complex-step derivatives by the rows’ masses give, at %s', (_, state, which) => {
    const expected = fixture.random.influences[id]![which]!;
    const { influence } = metric.evaluate(tierInputs(state).inputs);
    expect(influence.length).toBe(expected.length);
    for (const [r, e] of influence.entries()) expectNear(e, expected[r]!, `row ${r}`);
  });

  test('does not depend on the order of the rows', () => {
    fc.assert(
      fc.property(arbitraryRows(), fc.infiniteStream(uniform(0, 1)), (rows, random) => {
        const order = rows.map((_, r) => ({ r, key: random.next().value as number })).sort((a, b) => a.key - b.key);
        const shuffled = order.map(({ r }) => rows[r]!);
        const before = metric.evaluate(inputsOf(rows));
        const after = metric.evaluate(inputsOf(shuffled));
        expectSame(after.value[0]!, before.value[0]!, 1e-12);
        for (const [i, { r }] of order.entries()) expectSame(after.influence[i]!, before.influence[r]!, 1e-12);
      }),
    );
  });

  test('evaluates each cell as if it stood alone', () => {
    fc.assert(
      fc.property(arbitraryRows(), arbitraryRows(), (one, two) => {
        // Bins come from all rows in use; given the same edges, cells know nothing of each other.
        const together = inputsOf([...one, ...two]);
        const cell = Int32Array.from([...one.map(() => 0), ...two.map(() => 1)]);
        const both = metric.evaluate({ ...together, cell, cells: 2 });
        for (const [c, rows] of [one, two].entries()) {
          const first = c === 0 ? 0 : one.length;
          const alone = metric.evaluate({
            ...inputsOf(rows),
            edges: together.edges,
            alignedBin: together.alignedBin.slice(first, first + rows.length),
          });
          expectSame(both.value[c]!, alone.value[0]!, 1e-12);
          for (let r = 0; r < rows.length; r++) expectSame(both.influence[first + r]!, alone.influence[r]!, 1e-12);
        }
      }),
    );
  });

  test('an empty cell has no finite value unless nothing is to be said', () => {
    const inputs = { ...inputsOf([{ score: 0.3, label: 1, weight: 1 }]), cells: 2 };
    expect(Number.isFinite(metric.evaluate(inputs).value[1]!)).toBe(false);
  });
});

describe.each([...rowMetrics.map((metric) => [metric.id, metric] as const)])(
  'influence of a row of %s',
  (_, metric) => {
    test('is the derivative by the row’s weight, times that weight (numerical perturbation)', () => {
      fc.assert(
        fc.property(
          // Real labels here: ECE and log MAE have a kink where a bin is exactly calibrated, which such data avoid.
          arbitraryRows(fc.constantFrom(0, 1)).filter(bothClasses),
          fc.nat(),
          (rows, pick) => {
            const base = inputsOf(rows);
            const r = pick % rows.length;
            const { weight } = rows[r]!;
            if (weight === 0) {
              expect(Math.abs(metric.evaluate(base).influence[r]!)).toBe(0);
              return;
            }
            const at = (factor: number) => {
              const moved = base.parts[0]!.weight.slice();
              moved[r] = weight * factor;
              return metric.evaluate({ ...base, parts: [{ ...base.parts[0]!, weight: moved }] }).value[0]!;
            };
            const h = 1e-4;
            const numeric = (8 * (at(1 + h / 2) - at(1 - h / 2)) - (at(1 + h) - at(1 - h))) / (6 * h);
            expectNear(metric.evaluate(base).influence[r]!, numeric, `row ${r}`, 1e-9);
          },
        ),
      );
    });
  },
);

test('the cells of the fixture are the cells of the cut', () => {
  const cells = buildCells(randomEvalSet(), [['tier', 'source']]);
  for (const { slice } of fixture.random.links.sigmoid) expect(cellOf(cells, slice)).toBeLessThan(cells.count);
  expect(cells.count).toBe(fixture.random.links.sigmoid.length);
});
