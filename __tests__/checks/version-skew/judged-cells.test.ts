/** The cells that rules judge, from a grid alone: a rule that matches none is refused before anything is swept. */
import { afterEach, describe, expect, it } from 'vitest';
import { cellsOf, type Grid, requireCells } from '../../../src/checks/version-skew/judged-cells.js';
import { Workspace } from '../../../src/data/artefacts/files.js';
import type { SkewPolicy } from '../../../src/documents/policy/policy.js';
import { readPolicy } from '../../../src/documents/policy/read.js';
import { Project } from '../../support/project.js';

let project: Project;
afterEach(() => project.remove());

function policy(): SkewPolicy {
  project = new Project();
  const { skew } = readPolicy(`${project.folder}/gates/gate.yml`, new Workspace(project.folder));
  if (!skew) throw new Error('the project sweeps');
  return skew;
}

/** All rows, and two tiers, which see these mixes of production. */
function gridOf(mixes: Grid['mixes']): Grid {
  const cell = Int32Array.of(0, 0);
  const cuts = [
    { columns: [], cell, slices: [{}], first: 0 },
    { columns: ['tier'], cell: Int32Array.of(0, 1), slices: [{ tier: 'large' }, { tier: 'small' }], first: 1 },
  ];
  return { cells: { cuts, count: 3 }, mixes, distances: [-1, 0, 1, 2] };
}

const mixOf = (...distances: number[]) => ({
  histogram: new Map(distances.map((k) => [k, 1 / distances.length] as const)),
  uncovered: 0,
});

describe('the cells of a rule', () => {
  it('are at production in each of its slices', () => {
    const [rule] = policy().versionSkew.rules;
    expect(cellsOf(rule!, gridOf([mixOf(1), mixOf(1), mixOf(1)]))).toEqual([
      { cell: 0, at: 'production' },
      { cell: 1, at: 'production' },
      { cell: 2, at: 'production' },
    ]);
  });

  it('are at each distance that has mass, and at the nearest one of those outside the sweep', () => {
    const [, rule] = policy().versionSkew.rules;
    const at = (mixes: Grid['mixes']) => cellsOf(rule!, gridOf(mixes)).map((one) => one.at);
    expect(at([mixOf(0, 2), mixOf(0), mixOf(2)])).toEqual([0, 2]);
    expect(at([{ ...mixOf(1), uncovered: 0.2, outside: 5 }, mixOf(0), mixOf(2)])).toEqual([1, 5]);
    expect(at(undefined)).toEqual([-1, 0, 1, 2]);
  });

  it('are refused where there are none', () => {
    const asked = policy();
    const nowhere = { histogram: new Map<number, number>(), uncovered: 0 };
    expect(() => requireCells(asked, gridOf([mixOf(1), mixOf(1), mixOf(1)]))).not.toThrow();
    expect(() => requireCells(asked, gridOf([nowhere, mixOf(1), mixOf(1)]))).toThrow(
      /gates\/gate.yml:18:13: a rule that matches no cell; expected production mass at a distance that is swept/,
    );
  });
});
