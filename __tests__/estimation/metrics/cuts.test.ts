/** One walk over the rows for several cuts gives what a walk a cut gives, to the bit. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { METRICS } from '../../../src/estimation/metrics/registry.js';
import { rowInputs } from '../../fixtures/metrics.js';

const together = METRICS.flatMap((metric) => (metric.kind === 'rows' && metric.evaluateCuts ? [metric] : []));

const row = fc.record({
  // Some alone, some tied.
  score: fc.oneof(fc.constantFrom(0.2, 0.5, 0.7), fc.double({ min: 0.01, max: 0.99, noNaN: true })),
  label: fc.constantFrom(0, 0, 1, 0.25),
  weights: fc.tuple(fc.constantFrom(0, 0.5, 1, 3.7), fc.constantFrom(0, 1, 2)),
  cells: fc.tuple(fc.constant(0), fc.nat({ max: 2 }), fc.nat({ max: 400 })),
});

test('there is a metric of several cuts', () => {
  expect(together.map(({ id }) => id)).toContain('roc_auc');
});

test.each(together)('$id', (metric) => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 2, maxLength: 60 }), fc.boolean(), (rows, mixed) => {
      const parts = (mixed ? [0, 1] : [0]).flatMap((n) => [
        ...rowInputs({
          scores: rows.map(({ score }) => (n === 0 ? score : 1 - score)),
          label: rows.map(({ label }) => label),
          weight: rows.map(({ weights }) => weights[n]!),
        }).parts,
      ]);
      const label = Float64Array.from(rows, (own) => own.label);
      const bins = { edges: new Float64Array(0), alignedBin: new Uint8Array(0) };
      const cuts = [1, 3, 401].map((cells, n) => ({ cell: Int32Array.from(rows, (own) => own.cells[n]!), cells }));
      expect(metric.evaluateCuts?.({ parts, label, ...bins }, cuts)).toEqual(
        cuts.map((cut) => metric.evaluate({ parts: [...parts], label, ...bins, ...cut })),
      );
    }),
  );
});
