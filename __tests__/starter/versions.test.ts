/** Versions are what stands in the place of {version}, in the order of their numbers. */
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { naturalOrder, versionsAt } from '../../src/starter/versions.js';
import { Project } from '../support/project.js';

describe('natural order', () => {
  it.each([
    [['v9', 'v10', 'v11'], 'numbers by their value'],
    [['2026-08-01', '2026-09-01', '2026-10-01'], 'dates'],
    [['step-900', 'step-1000', 'step-12345678901234567890123'], 'numbers of any length'],
    [['1.9.2', '1.10.0', '2.0.0'], 'parts of versions'],
    [['v1', 'v1-b', 'v2'], 'a longer name after its beginning'],
  ])('%j: %s', (sorted) => {
    expect(sorted.toReversed().toSorted(naturalOrder)).toEqual(sorted);
  });

  it('is an order: of two names one comes first, whichever is asked for first', () => {
    const name = fc.stringMatching(/^[a-c0-3.-]{1,6}$/);
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        expect(Math.sign(naturalOrder(a, b)) + Math.sign(naturalOrder(b, a))).toBe(0);
        expect(naturalOrder(a, b) === 0).toBe(a === b);
        if (naturalOrder(a, b) < 0 && naturalOrder(b, c) < 0) expect(naturalOrder(a, c)).toBeLessThan(0);
      }),
    );
  });
});

describe('the versions of a path', () => {
  let project: Project;
  afterEach(() => project.remove());
  it.each([
    ['a/{version}.onnx', ['v1', 'v2']],
    ['b/tower-{version}/model.onnx', ['7', '8']],
    ['c/{version}/{version}.onnx', ['x1']],
    ['d/q_{version}_{version}.onnx', ['5']],
    ['e/{version}', ['p1']],
    ['none/{version}.onnx', []],
  ])('%s: %j', (pattern, versions) => {
    project = new Project({
      'a/v1.onnx': '1',
      'a/v2.onnx': '1',
      'a/v2.onnx.data': '1',
      'a/.v3.onnx': '1',
      'a/readme.md': '1',
      'b/tower-7/model.onnx': '1',
      'b/tower-8/model.onnx': '1',
      'b/tower-9/other.onnx': '1',
      'c/x1/x1.onnx': '1',
      'c/x2/x1.onnx': '1',
      'd/q_5_5.onnx': '1',
      'd/q_5_6.onnx': '1',
      'e/p1/part-0.parquet': '1',
      'e/p2/_SUCCESS': '1',
    });
    expect(versionsAt(join(project.folder, pattern)).sort()).toEqual(versions);
  });
});
