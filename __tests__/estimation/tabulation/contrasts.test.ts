/** Changes, and contrasts of two of them. */
import { describe, expect, test } from 'vitest';
import type { Estimate } from '../../../src/estimation/statistics/noninferiority.js';
import { cellOf, coded, evalSetOf, expectNear, TABULATED, tabulation } from '../../fixtures/metrics.js';
import { smallSet } from '../../support/tabulations.js';

describe('a change', () => {
  const { evalSet, scores } = smallSet(
    Array.from({ length: 40 }, (_, r) => ({
      query: r % 6,
      item: (r * 3) % 8,
      label: r % 4 === 0 ? 1 : 0,
      weight: 1,
      scores: [((r * 5) % 11) - 6, ((r * 7) % 11) - 6],
    })),
  );

  test('at distance 0 is exactly 0 with a standard error of 0', () => {
    const { tab, cells } = tabulation(evalSet, scores, { metrics: TABULATED });
    for (const metric of TABULATED)
      for (let cell = 0; cell < cells.count; cell++)
        expect(tab.change(metric, cell, 0, false)).toMatchObject({ value: 0, standardError: 0 });
  });

  test('between identical columns is 0 with no error but rounding', () => {
    const { tab } = tabulation(evalSet, [scores[0]!, scores[0]!], { metrics: TABULATED });
    for (const metric of TABULATED) {
      expect(tab.change(metric, 0, 1, false).value).toBe(0);
      expect(tab.change(metric, 0, 1, false).standardError).toBeLessThan(1e-8);
    }
  });

  test('under a mix that is all of one version is that version’s change', () => {
    const histogram = new Int32Array(evalSet.rows);
    const only = (mass: number) => ({ histogram, mass: Float64Array.of(mass) });
    const { tab } = tabulation(evalSet, scores, {
      metrics: TABULATED,
      states: [
        { parts: [{ column: 0 }] },
        { parts: [{ column: 1 }] },
        {
          parts: [
            { column: 0, mass: only(0) },
            { column: 1, mass: only(1) },
          ],
        },
      ],
    });
    for (const metric of TABULATED) {
      const pure = tab.change(metric, 0, 1, false);
      const mixed = tab.change(metric, 0, 2, false);
      expectNear(mixed.value, pure.value, metric, 1e-13);
      expect(Number.isNaN(mixed.standardError), metric).toBe(Number.isNaN(pure.standardError));
      if (!Number.isNaN(pure.standardError)) expectNear(mixed.standardError, pure.standardError, metric, 1e-9);
    }
  });

  test('under a mix of a summed metric is the histogram average of the pure changes, unlike AUC', () => {
    const histogram = new Int32Array(evalSet.rows);
    const part = (column: number, mass: number) => ({ column, mass: { histogram, mass: Float64Array.of(mass) } });
    const { tab } = tabulation(evalSet, scores, {
      metrics: ['log_loss', 'brier', 'calibration', 'recall@3', 'gauc', 'roc_auc'],
      states: [{ parts: [{ column: 0 }] }, { parts: [{ column: 1 }] }, { parts: [part(0, 0.3), part(1, 0.7)] }],
    });
    for (const metric of ['log_loss', 'brier', 'calibration', 'recall@3', 'gauc'])
      expectNear(tab.change(metric, 0, 2, false).value, 0.7 * tab.change(metric, 0, 1, false).value, metric, 1e-12);
    expect(
      Math.abs(tab.change('roc_auc', 0, 2, false).value - 0.7 * tab.change('roc_auc', 0, 1, false).value),
    ).toBeGreaterThan(1e-4);
  });
});

describe('a contrast', () => {
  const { evalSet, scores } = smallSet(
    Array.from({ length: 60 }, (_, r) => ({
      query: r % 6,
      item: (r * 3) % 8,
      label: r % 4 === 0 ? 1 : 0,
      weight: 1 + (r % 2),
      scores: [((r * 5) % 11) - 6, ((r * 7) % 11) - 6],
    })),
  );
  const third = scores[0]!.map((s, r) => s + ((r * 13) % 7) / 5);
  const columns = [...scores, third];
  const run = (metrics: readonly string[], list: readonly (readonly number[])[] = columns) =>
    tabulation(evalSet, list, { metrics }).tab;
  const near = (found: number, expected: number, what: string, tolerance: number) =>
    Number.isFinite(expected) ? expectNear(found, expected, what, tolerance) : expect(found, what).toBe(expected);
  const same = (found: Estimate, expected: Estimate, what: string) => {
    near(found.value, expected.value, `${what}, value`, 1e-12);
    near(found.standardError, expected.standardError, `${what}, standard error`, 1e-9);
    near(found.skewness!, expected.skewness!, `${what}, skewness`, 1e-6);
    expect(found.df, what).toBe(expected.df);
  };

  test.each(TABULATED)('of %s is what its terms say: a value, a change, or one relative to distance 0', (metric) => {
    const tab = run([metric]);
    for (const state of [1, 2]) {
      same(tab.contrast(metric, 0, [{ state, weight: 1, as: 'value' }]), tab.level(metric, 0, state), 'value');
      same(
        tab.contrast(metric, 0, [
          { state, weight: 1, as: 'value' },
          { state: 0, weight: -1, as: 'value' },
        ]),
        tab.change(metric, 0, state, false),
        'difference of values',
      );
      same(
        tab.contrast(metric, 0, [{ state, weight: 1, as: 'absolute' }]),
        tab.change(metric, 0, state, false),
        'change',
      );
      same(
        tab.contrast(metric, 0, [{ state, weight: 1, as: 'relative' }]),
        tab.change(metric, 0, state, true),
        'relative change',
      );
    }
  });

  test('adds its terms up by their weights', () => {
    const tab = run(['log_loss', 'roc_auc']);
    for (const metric of ['log_loss', 'roc_auc']) {
      const [one, two] = [1, 2].map((state) => tab.change(metric, 0, state, false));
      const found = tab.contrast(metric, 0, [
        { state: 1, weight: 0.25, as: 'absolute' },
        { state: 2, weight: -3, as: 'absolute' },
      ]);
      expectNear(found.value, 0.25 * one!.value - 3 * two!.value, metric, 1e-12);
      const thrice = tab.contrast(metric, 0, [{ state: 2, weight: -3, as: 'absolute' }]);
      expectNear(thrice.standardError, 3 * two!.standardError, metric, 1e-12);
    }
  });

  test('that cancels has no error', () => {
    const terms = [0.1, 0.2, -0.3].map((weight, state) => ({ state, weight, as: 'value' as const }));
    for (const metric of ['log_loss', 'roc_auc', 'gauc', 'mrr']) {
      const { value, standardError } = run([metric], [scores[0]!, scores[0]!, scores[0]!]).contrast(metric, 0, terms);
      expectNear(value, 0, metric, 1e-15);
      expect(standardError, metric).toBe(0);
    }
  });

  test('without an error is exact where no score of the cell differs, and is not known where some do', () => {
    // Within no query does an order change: of a copy, of scores that are all larger by 1, of those of one query alone.
    const own = evalSetOf({
      query: coded(['a', 'a', 'b', 'b']),
      item: coded(['w', 'x', 'y', 'z']),
      label: [1, 0, 1, 0],
      slices: { tier: coded(['s', 's', 't', 't']) },
    });
    const versions = [
      [2, 1, 2, 1],
      [2, 1, 2, 1],
      [3, 2, 3, 2],
      [3, 2, 2, 1],
    ];
    const { tab, cells } = tabulation(own, versions, { metrics: ['gauc'] });
    const errors = (tier: string | undefined) => {
      const cell = tier === undefined ? 0 : cellOf(cells, { tier });
      return [1, 2, 3].map((state) => {
        const terms = [
          { state, weight: 1, as: 'value' as const },
          { state: 0, weight: -1, as: 'value' as const },
        ];
        const all = [
          tab.change('gauc', cell, state, false),
          tab.change('gauc', cell, state, true),
          tab.mixedChange('gauc', cell, [[state, 1]], false),
          tab.contrast('gauc', cell, terms),
          tab.contrast('gauc', cell, [{ state, weight: 1, as: 'absolute' }]),
        ];
        expect(all.map(({ value }) => value)).toEqual([0, 0, 0, 0, 0]);
        const found = new Set(all.map(({ standardError }) => standardError));
        expect(found.size).toBe(1);
        return [...found][0];
      });
    };
    expect(errors(undefined)).toEqual([0, Number.NaN, Number.NaN]);
    expect(errors('s')).toEqual([0, Number.NaN, Number.NaN]);
    expect(errors('t')).toEqual([0, Number.NaN, 0]);
    // Of one state alone there is nothing that could differ.
    expect(tab.contrast('gauc', 0, [{ state: 2, weight: 1, as: 'value' }]).standardError).toBe(0);
    expect(tab.level('gauc', 0, 2).standardError).toBe(0);
  });

  test('a mix of states is the average of theirs, with the error of that average', () => {
    const tab = run(['roc_auc', 'log_loss', 'recall@3']);
    const mix = [
      [1, 0.3],
      [2, 0.7],
    ] as const;
    for (const metric of ['roc_auc', 'log_loss', 'recall@3']) {
      const terms = (as: 'value' | 'absolute') => mix.map(([state, weight]) => ({ state, weight, as }));
      same(tab.mixedLevel(metric, 0, mix), tab.contrast(metric, 0, terms('value')), `level of ${metric}`);
      same(tab.mixedChange(metric, 0, mix, false), tab.contrast(metric, 0, terms('absolute')), `change of ${metric}`);
      const zero = tab.value(metric, 0, 0);
      expectNear(
        tab.mixedChange(metric, 0, mix, true).value,
        tab.mixedChange(metric, 0, mix, false).value / zero,
        `relative change of ${metric}`,
        1e-12,
      );
    }
  });
});
