/** Versions that score alike are found in parts as they are in one pass, whatever rows fall to a part. */
import { describe, expect, it } from 'vitest';
import { AlikeParts, alikeScores } from '../../../src/models/scores/alike-scores.js';
import type { ScoreColumn } from '../../../src/models/scores/sweep.js';

const current = new Map([
  [0, 0],
  [1, 1],
  [2, 2],
]);
const named = (k: number) => ({ version: `v${3 - k}`, column: `score_v${3 - k}` });
const columnOf = (item: number, scores: readonly number[]): ScoreColumn => ({
  query: 0,
  item,
  link: 'sigmoid',
  scores: Float64Array.from(scores),
});

/** v2 scores nearly as v3 does, v1 otherwise. */
const scores = Array.from({ length: 60 }, (_, r) => Math.sin(r) * 2 - 0.4);
const all = [scores, scores.map((z, r) => z + 1e-6 * Math.cos(r)), scores.map((z, r) => z + 0.3 * Math.cos(3 * r))];
const partsOf = (bounds: readonly number[]) =>
  bounds.slice(1).map((to, n) => all.map((column, k) => columnOf(k, column.slice(bounds[n], to))));

describe('versions that score alike', () => {
  const whole = alikeScores(
    all.map((column, k) => columnOf(k, column)),
    current,
    named,
  );

  it('are told in one pass', () => {
    expect(whole.map(({ versions }) => versions)).toEqual([[0, 1]]);
  });

  it.each([
    ['one part', [0, 60]],
    ['several parts', [0, 7, 8, 31, 60]],
    ['a first part without a row', [0, 0, 30, 60]],
    ['a part in between and a last one without a row', [0, 20, 20, 60, 60]],
  ] as const)('are told in %s', (_, bounds) => {
    const parts = new AlikeParts();
    for (const columns of partsOf(bounds)) parts.add(columns, current);
    const found = parts.alike(named);
    expect(found.map(({ displacement: __, ...rest }) => rest)).toEqual(
      whole.map(({ displacement: __, ...rest }) => rest),
    );
    expect(found[0]!.displacement).toBeCloseTo(whole[0]!.displacement, 12);
  });
});
