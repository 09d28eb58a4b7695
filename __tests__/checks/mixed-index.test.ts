/** A family whose pure versions all pass and whose mixed index breaks. */
import { afterEach, describe, expect, it } from 'vitest';
import { lookupTower, onnx } from '../support/onnx.js';
import { Project, VERSIONS } from '../support/project.js';
import { generator } from '../support/random.js';

let project: Project;
afterEach(() => project.remove());

/** Item scores shift by `offset` a version: an extra coordinate that every query has as 1. Rankings of one version do not notice. */
function shifted(offset: number, mix: string): Project {
  const fresh = new Project();
  const random = generator(7);
  const vectors = (count: number) =>
    Array.from({ length: count }, () => Array.from({ length: 4 }, () => random.normal() * 0.7));
  const queries = vectors(180);
  const items = vectors(50);
  for (const [k, version] of VERSIONS.entries()) {
    fresh.write(
      `models/query/${version}.onnx`,
      onnx(
        lookupTower(
          queries.map((row) => [...row, 1]),
          'query_index',
        ),
      ),
    );
    fresh.write(
      `models/item/${version}.onnx`,
      onnx(
        lookupTower(
          items.map((row) => [...row, k * offset]),
          'item_index',
        ),
      ),
    );
  }
  return fresh
    .edit(
      'gates/gate.yml',
      '{metric: log_loss, max_increase: 5%, at: production, slices: [all, tier]}',
      '{metric: recall@3, max_decrease: 3%, at: production}',
    )
    .edit(
      'gates/gate.yml',
      '- metric: calibration_shift\n        max_change: 5%\n        at: each',
      '- {metric: gauc, max_decrease: 2%, at: each}',
    )
    .edit('gates/gate.yml', 'per_request', mix)
    .edit('gates/gate.yml', '{0: 0.7, 1: 0.3}', '{0: 0.5, 1: 0.3, 2: 0.2}');
}

describe('an offset between versions', () => {
  it('passes where every request meets one version', async () => {
    project = shifted(2, 'per_request');
    const { report, message } = await project.judge();
    expect(message).toBe('');
    expect(report?.verdict).toBe('ready');
    expect(report?.notices.filter((n) => n.includes('mixed index'))).toEqual([]);
  });

  it('breaks the mixed index, and the report says so in one sentence', async () => {
    project = shifted(2, 'per_item');
    const { report, status } = await project.judge();
    expect([status, report?.verdict]).toEqual([1, 'not_ready']);
    expect(report?.headline).toMatch(
      /recall@3 at production: −\d+\.\d\d %, max_decrease 3%\. Every pure version passes, but items of different versions in one ranking do not/,
    );
    expect(report?.recommendation.action).toBe('serving_change');
    const point = report?.checks[0]?.curve.find((p) => p.metric === 'recall@3' && p.distance === 'production');
    expect(point?.mixed).toBe(true);
    expect(point?.averageOfPure).toBeCloseTo(point!.atZero, 12);
    expect(report?.notices).toContainEqual(
      expect.stringMatching(
        /^distance 1: scores are \d\.\d\d within-request standard deviations off and 1\.00 times as wide/,
      ),
    );
  });

  it('too small to matter raises no alarm', async () => {
    project = shifted(0.02, 'per_item');
    const { report } = await project.judge();
    expect(report?.verdict).toBe('ready');
    expect(report?.notices.filter((n) => n.includes('mixed index'))).toEqual([]);
  });
});
