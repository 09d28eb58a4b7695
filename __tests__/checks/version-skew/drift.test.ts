/** Why a family is sensitive: families whose drift is known by construction, judged by the whole gate. */
import { afterEach, describe, expect, it } from 'vitest';
import { lookupTower, onnx } from '../../support/onnx.js';
import { Project, VERSIONS } from '../../support/project.js';
import { generator } from '../../support/random.js';
import { sweepOf } from '../../support/sweep-report.js';

let project: Project;
afterEach(() => project.remove());

const D = 4;
type Table = number[][];

/** Turned by `angle` in the plane of the first two and of the last two coordinates. */
function turn(table: Table, angle: number): Table {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return table.map(([a, b, x, y]) => [c * a! - s * b!, s * a! + c * b!, c * x! - s * y!, s * x! + c * y!]);
}

/** How version k's towers come from the common ones, as [query, item]. */
type Drift = (k: number, queries: Table, items: Table, noise: () => number) => [Table, Table];

const FAMILIES = {
  'a rotation of both towers': (k, q, i) => [turn(q, 0.8 * k), turn(i, 0.8 * k)],
  'a scale that the towers share out differently': (k, q, i) => [
    q.map((row) => row.map((x) => x / 1.8 ** k)),
    i.map((row) => row.map((x) => x * 1.8 ** k)),
  ],
  'a linear change of basis': (k, q, i) => [
    q.map((row) => row.map((x, d) => (d % 2 === 0 ? x / 2 ** k : x * 2 ** k))),
    i.map((row) => row.map((x, d) => (d % 2 === 0 ? x * 2 ** k : x / 2 ** k))),
  ],
  'items that wander each by itself': (k, q, i, noise) => [q, i.map((row) => row.map((x) => x + 0.7 * k * noise()))],
  'nothing at all': (_, q, i) => [q, i],
} satisfies Record<string, Drift>;

function family(drift: Drift): Project {
  const fresh = new Project();
  const random = generator(7);
  const vectors = (count: number): Table =>
    Array.from({ length: count }, () => Array.from({ length: D }, () => random.normal() * 0.7));
  const queries = vectors(180);
  const items = vectors(50);
  for (const [k, version] of VERSIONS.entries()) {
    const [q, i] = drift(k, queries, items, () => random.normal());
    fresh.write(`models/query/${version}.onnx`, onnx(lookupTower(q, 'query_index')));
    fresh.write(`models/item/${version}.onnx`, onnx(lookupTower(i, 'item_index')));
  }
  return fresh;
}

async function driftOf(name: keyof typeof FAMILIES, oldQueries = true) {
  project = family(FAMILIES[name]).edit('gates/gate.yml', 'max_increase: 5%', 'max_increase: 0.2%');
  if (!oldQueries)
    project
      .edit('models/release.yml', 'query/{version}.onnx', 'query/v3.onnx')
      .edit('gates/gate.yml', 'from: -1', 'from: 0');
  const { report, message } = await project.judge();
  expect(message).toBe('');
  return { report: report!, drift: sweepOf(report).drift };
}

describe('the drift of', () => {
  it('a rotation of both towers is named one, and an orthogonal map repairs it', async () => {
    const { report, drift } = await driftOf('a rotation of both towers');
    expect(drift.map((d) => d.distance)).toEqual([1, 2]);
    for (const { alignable, cka, procrustesResidual, displacement, reading } of drift) {
      expect(alignable!.metric).toBe('log_loss');
      expect(alignable!.orthogonal).toBeCloseTo(1, 6);
      expect(alignable!.scale).toBeLessThan(0.7);
      // The old pair of towers is as good as the new one: all of it is incompatibility.
      expect(alignable!.ofIncompatible!.orthogonal).toBeCloseTo(1, 6);
      expect(cka).toBeCloseTo(1, 9);
      expect(procrustesResidual).toBeLessThan(1e-3);
      expect(displacement).toBeGreaterThan(0.5);
      expect(reading).toMatch(
        /^a rotation between retrains .*: an orthogonal map repairs all of the part of the loss in log_loss that is incompatibility/,
      );
    }
    expect(report.recommendation.options).toContainEqual(
      expect.objectContaining({
        action: 'serving_change',
        repair: expect.objectContaining({
          ...{ rung: 'orthogonal', share: expect.closeTo(1, 6), of: 'incompatible', metric: 'log_loss' },
          command: expect.stringMatching(/^skewgate map .* --from v2 --to v3 --kind orthogonal$/),
        }),
      }),
    );
  });

  it('a scale is named one, though CKA is blind to it', async () => {
    const { drift } = await driftOf('a scale that the towers share out differently');
    expect(drift[0]!.normRatio).toBeCloseTo(1.8 ** 2, 6);
    expect(drift[0]!.scaleRatio).toBeCloseTo(1.8, 6);
    expect(drift[0]!.cka).toBeCloseTo(1, 9);
    expect(drift[0]!.alignable!.scale).toBeCloseTo(1, 6);
    expect(drift[0]!.reading).toMatch(/^a change of scale: a scale map repairs all/);
  });

  it('a linear change of basis is repaired at the linear rung alone', async () => {
    const { drift } = await driftOf('a linear change of basis');
    expect(drift[0]!.alignable!.linear).toBeGreaterThan(0.99);
    expect(drift[0]!.alignable!.orthogonal).toBeLessThan(0.8);
    expect(drift[0]!.reading).toMatch(/^a linear change of basis between retrains: a linear map repairs/);
  });

  it('items that wander each by itself is no rotation, and no map repairs it', async () => {
    const { report, drift } = await driftOf('items that wander each by itself', false);
    for (const { alignable, reading } of drift) {
      expect(alignable!.orthogonal).toBeLessThan(0.3);
      expect(reading).not.toMatch(/rotation between/);
    }
    expect(drift[0]!.reading).toMatch(/^(an unstable representation|partly a (linear )?change)/);
    expect(report.recommendation.action).toBe('architecture_change');
  });

  it('items that wander under a query tower that stays is age, as the old pair is no better', async () => {
    const { drift } = await driftOf('items that wander each by itself');
    expect(drift[0]!.reading).toMatch(/^age, not skew: all of the loss/);
    expect(drift[0]!.alignable!.ofIncompatible).toBeNull();
  });

  it('nothing at all has nothing to repair', async () => {
    const { drift } = await driftOf('nothing at all');
    expect(drift[0]).toMatchObject({ displacement: 0, normRatio: 1, offsetSd: 0, scaleRatio: 1, neighbourOverlap: 1 });
    expect(drift[0]!.alignable!.orthogonal).toBeNaN();
    expect(drift[0]!.reading).toBe('no clear loss in log_loss: nothing to repair');
  });
});
