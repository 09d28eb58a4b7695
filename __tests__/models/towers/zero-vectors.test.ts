/** An item of which nothing is known has a vector of zeros: a score of 0 under dot, no direction under cosine. */
import { describe, expect, it } from 'vitest';
import { lookupTower, onnx } from '../../support/onnx.js';
import { Project } from '../../support/project.js';
import { judged, MODEL, refusal, removedAfterEach, TABLE } from '../../support/served-towers.js';
import { sweepOf } from '../../support/sweep-report.js';

removedAfterEach();

const COLD = lookupTower(
  TABLE.map((row, i) => (i === 7 ? [0, 0, 0, 0] : row)),
  'item_index',
);
/** A vector that is as good as none, under dot. */
const NEARLY = lookupTower(
  TABLE.map((row, i) => (i === 7 ? [1e-30, 0, 0, 0] : row)),
  'item_index',
);

describe('a zero vector', () => {
  it('scores 0 under dot', async () => {
    expect((await judged(COLD)).value).toBe((await judged(NEARLY)).value);
  });

  it('is refused under cosine, which has no direction to see', async () => {
    expect(await refusal(COLD, (p) => p.edit(MODEL, 'similarity: dot', 'similarity: cosine'))).toMatch(
      /models\/item\/v3.onnx: a zero embedding of item "i7" in version "v3"; expected a vector with a length above 0 for every id, as cosine needs/,
    );
  });

  it('of every item of one version is measured: no map is learned of it', async () => {
    const project = new Project();
    try {
      project.write(
        'models/item/v2.onnx',
        onnx(
          lookupTower(
            TABLE.map(() => [0, 0, 0, 0]),
            'item_index',
          ),
        ),
      );
      const { status, report } = await project.judge();
      expect(status).toBe(1);
      const drift = sweepOf(report).drift.find(({ distance }) => distance === 1);
      expect(drift?.displacement).toBe(1);
    } finally {
      project.remove();
    }
  });
});
