/** Jobs of a tabulation, done where nothing but their cloned input is known, give what one thread gives, to the bit. */
import { describe, expect, it } from 'vitest';
import { buildCells } from '../../../src/data/evalset/cells.js';
import { withGain } from '../../../src/estimation/metrics/registry.js';
import { jobsOf, runJob } from '../../../src/estimation/tabulation/jobs.js';
import type { State } from '../../../src/estimation/tabulation/metric-table.js';
import { RowContext } from '../../../src/estimation/tabulation/row-context.js';
import { Filling, Tabulation } from '../../../src/estimation/tabulation/tabulate.js';
import { plainInputs, TABULATE } from '../../../src/estimation/tabulation/tabulate-task.js';
import { Share } from '../../../src/lib/progress.js';
import { inSharedMemory, movable } from '../../../src/lib/shared-memory.js';
import { fixture, fixtureStates, metricRef, randomEvalSet, sweepOf } from '../../fixtures/metrics.js';

const ids = [
  ...['log_loss', 'normalized_entropy', 'calibration', 'ece', 'log_mae', 'roc_auc', 'average_precision'],
  ...['gauc', 'recall@2', 'mrr'],
];

function inputs(mixedIndex?: State['mixedIndex']) {
  const evalSet = randomEvalSet();
  const { scores, histograms } = fixture.random;
  const states = fixtureStates(scores.length, evalSet.slices.get('tier')!, histograms);
  return {
    evalSet,
    sweep: sweepOf(evalSet, scores, 'sigmoid' as const),
    cells: buildCells(evalSet, []),
    metrics: [...ids.map(metricRef), withGain(metricRef('ndcg@3'), 'exponential')!],
    states: mixedIndex ? states.map((state, s) => (s < scores.length ? state : { ...state, mixedIndex })) : states,
    aligned: 0,
    weightQueries: false,
    distinctItems: false,
  };
}

describe.each([
  ['versions a query', undefined],
  ['a mixed index', {}],
  ['a mixed index by shard', { shards: 3 }],
] as const)('%s', (_, mixedIndex) => {
  it('is the same done by threads, part by part', async () => {
    const asked = inputs(mixedIndex);
    const context = new RowContext(asked);
    const plain = structuredClone(inSharedMemory(plainInputs(context)));
    const parts = [];
    for (const job of jobsOf(asked)) {
      const done = await TABULATE.run({ asked: plain, job });
      parts.push(...structuredClone(done, { transfer: [...movable(done)] }));
    }
    const filling = new Filling(context, () => undefined);
    while (filling.step());
    const [alone, shared] = [new Tabulation(asked), new Tabulation(asked, filling.done(parts))];
    let compared = 0;
    for (const { id } of asked.metrics)
      for (let cell = 0; cell < asked.cells.count; cell++)
        for (let state = 0; state < asked.states.length; state++) {
          expect(shared.level(id, cell, state)).toEqual(alone.level(id, cell, state));
          expect(shared.change(id, cell, state, true)).toEqual(alone.change(id, cell, state, true));
          expect(shared.evidence(id, cell)).toEqual(alone.evidence(id, cell));
          expect(shared.realisation(id, cell, state)).toEqual(alone.realisation(id, cell, state));
          expect(shared.reliability?.bins(id, cell, state)).toEqual(alone.reliability?.bins(id, cell, state));
          if (Number.isFinite(alone.level(id, cell, state).standardError)) compared++;
        }
    expect(compared).toBeGreaterThan(100);
  });

  it('tells in one thread how far each job is, within it too, and never back', () => {
    const heard: { done: number; total: number }[] = [];
    const asked = inputs(mixedIndex);
    new Tabulation({ ...asked, progress: ({ done = 0, total = 0 }) => heard.push({ done, total }) });
    const [total] = heard.map((step) => step.total);
    expect(heard.every((step, i) => step.total === total && step.done >= (heard[i - 1]?.done ?? 0))).toBe(true);
    expect([heard[0]!.done, heard.at(-1)!.done]).toEqual([0, total]);
    // A walk over all orders is told state by state, cut by cut; the context comes first.
    const ordered = heard.filter(({ done }) => done > 1 && done < 2);
    expect(ordered.length).toBeGreaterThan(asked.states.length);
  });

  it('tells of every job its end, and of one that takes several walks the way there', () => {
    const asked = inputs(mixedIndex);
    for (const job of jobsOf(asked)) {
      const heard: number[] = [];
      runJob(new RowContext(asked, new Share((share) => heard.push(share))), job);
      expect([job.kind, heard.at(-1)]).toEqual([job.kind, 1]);
      expect(heard).toEqual(heard.toSorted((a, b) => a - b));
      if (job.kind !== 'sums') expect(new Set(heard).size).toBeGreaterThan(2);
    }
  });
});
