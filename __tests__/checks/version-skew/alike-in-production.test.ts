/** Versions that are alike: production stays open, anchors tell them apart, and a policy may mean them. */
import { afterEach, describe, expect, it } from 'vitest';
import type { IdenticalVersions } from '../../../src/checks/reason.js';
import { spelled } from '../../../src/checks/reason-words.js';
import { alikeDistances, alikeNotices, alikeReason } from '../../../src/checks/version-skew/identical-versions.js';
import type { CellMix } from '../../../src/data/production/mix.js';
import type { Alike } from '../../../src/models/drift/alike.js';
import { Project } from '../../support/project.js';
import { sweepOf } from '../../support/sweep-report.js';

let project: Project;
afterEach(() => project?.remove());
const POLICY = 'gates/gate.yml';

async function judged(spoil: (p: Project) => unknown) {
  project = new Project();
  spoil(project);
  const { report, message, status } = await project.judge();
  expect(message).toBe('');
  const { findings, curve } = sweepOf(report);
  const at = (metric: string, distance: number | 'production') =>
    findings.filter((f) => f.metric === metric && f.at === distance);
  return { status, report: report!, curve, at, notices: report!.notices.join('\n') };
}

const copy = (from: string, to: string) => (p: Project) => p.write(`models/${to}.onnx`, p.bytes(`models/${from}.onnx`));

describe('allow_identical_versions: true', () => {
  it.each([
    ['under the check', (p: Project) => p.edit(POLICY, '    sweep:', '    allow_identical_versions: true\n    sweep:')],
    [
      'at the top level',
      (p: Project) => p.edit(POLICY, 'policy: test-gate', 'policy: test-gate\nallow_identical_versions: true'),
    ],
  ])('accepts a frozen tower, %s, and says so', async (_, allow) => {
    const { report, notices } = await judged((p) => {
      copy('item/v3', 'item/v2')(p);
      allow(p);
    });
    expect(report.verdict).toBe('ready');
    expect(notices).toContain(
      'item versions v2 and v3 are one file (models/item/v2.onnx, models/item/v3.onnx), which the policy allows: nothing is measured between them.',
    );
  });

  it('of the check goes before that of the policy', async () => {
    const { report } = await judged((p) => {
      copy('item/v3', 'item/v2')(p);
      p.edit(POLICY, '    sweep:', '    allow_identical_versions: false\n    sweep:');
      p.edit(POLICY, 'policy: test-gate', 'policy: test-gate\nallow_identical_versions: true');
    });
    expect(report.verdict).toBe('inconclusive');
  });

  it('is refused where nothing is swept', async () => {
    project = new Project({
      [POLICY]: 'policy: readiness\nallow_identical_versions: true\nchecks:\n  feature-parity: {}\n',
      'models/release.yml': 'release: candidate\nlive: v3\n',
    });
    const { status, message } = await project.judge();
    expect(status).toBe(2);
    expect(message).toMatch(
      /^gates\/gate.yml:2:1: allow_identical_versions without a sweep; expected the check version-skew/,
    );
  });

  it('is true or false', async () => {
    project = new Project();
    project.edit(POLICY, '    sweep:', '    allow_identical_versions: yes please\n    sweep:');
    expect((await project.judge()).message).toMatch(
      /gate.yml:13:31: "allow_identical_versions" is "yes please"; expected true or false/,
    );
  });
});

describe('over anchors', () => {
  const pair = (a: number, b: number): Alike => ({
    side: 'item',
    versions: [a, b],
    names: [`v${9 - a}`, `v${9 - b}`],
    shown: [`v${9 - a}.onnx`, `v${9 - b}.onnx`],
    by: 'digest',
    displacement: 0,
  });

  it('a pair lies at as many distances as anchors see it', () => {
    expect([...alikeDistances([pair(2, 4)], 1).keys()].sort()).toEqual([2, 4]);
    expect([...alikeDistances([pair(2, 4)], 3).keys()].sort()).toEqual([1, 2, 3, 4]);
    expect([...alikeDistances([pair(0, 3)], 3).keys()]).toEqual([3]);
  });

  it('distance 0 is never open for that', () => {
    expect(alikeDistances([pair(0, 1), pair(1, 2)], 3).has(0)).toBe(false);
    expect(alikeReason(alikeDistances([pair(0, 1)], 1), 0, undefined)).toBeUndefined();
  });
});

describe('of versions that are alike is said', () => {
  const pair = (side: Alike['side'], a: number, b: number, by: Alike['by'] = 'digest'): Alike => ({
    side,
    versions: [a, b],
    names: [`v${9 - a}`, `v${9 - b}`],
    shown: [`v${9 - a}.onnx`, `v${9 - b}.onnx`],
    by,
    displacement: 0,
  });
  const said = (from: number, allowIdenticalVersions: boolean, ...alike: Alike[]) =>
    alikeNotices(alike, { from, allowIdenticalVersions });

  it('those of the query side that no swept distance rests on', () => {
    const NOTICE = (older: string, newer: string) =>
      `query versions ${older} and ${newer} are one file (${older}.onnx, ${newer}.onnx): nothing is measured between them.`;
    expect(said(-1, false, pair('query', 0, 1), pair('item', 0, 1), pair('item', 1, 2))).toEqual([]);
    expect(said(-2, false, pair('query', 0, 1), pair('query', 0, 2))).toEqual([]);
    // Distance -2 is not swept; versions 1 and 2 are never the live one's.
    expect(said(-1, false, pair('query', 0, 2))).toEqual([NOTICE('v7', 'v9')]);
    expect(said(-2, false, pair('query', 1, 2))).toEqual([NOTICE('v7', 'v8')]);
    expect(said(0, false, pair('query', 0, 1))).toEqual([NOTICE('v8', 'v9')]);
  });

  it('all, where the policy allows them', () => {
    expect(said(-1, true, pair('query', 0, 1), pair('item', 0, 2, 'embedding'))).toEqual([
      'query versions v8 and v9 are one file (v8.onnx, v9.onnx), which the policy allows: nothing is measured between them.',
      'item versions v7 and v9 embed alike (v7.onnx, v9.onnx), which the policy allows: nothing is measured between them.',
    ]);
  });
});

describe('production stays open for versions that are alike', () => {
  const same = (k: number): [number, IdenticalVersions] => [
    k,
    {
      kind: 'identical_versions',
      versions: [`v${4 - k}`, `v${3 - k}`],
      files: ['new.onnx', 'old.onnx'],
      distances: [k],
    },
  ];
  const why = new Map([same(1), same(3)]);
  const mix = (histogram: [number, number][]) =>
    ({ histogram: new Map(histogram), uncovered: 0 }) as unknown as CellMix;
  const open = (histogram: [number, number][]) => {
    const reason = alikeReason(why, 'production', mix(histogram));
    return reason && spelled(reason);
  };

  it('by the mass at their distances together, beyond the tolerance', () => {
    expect(
      open([
        [0, 0.6],
        [1, 0.3],
        [3, 0.1],
      ]),
    ).toMatch(
      /^v2 and v3 embed alike .*, and 40 % of production is at such distances; a tower that is frozen on purpose/,
    );
    expect(
      open([
        [0, 0.943],
        [3, 0.057],
      ]),
    ).toMatch(/^v0 and v1 embed alike .*, and 5\.7 % of production is at/);
    expect(
      open([
        [0, 0.995],
        [1, 0.003],
        [3, 0.002],
      ]),
    ).toBeUndefined();
    expect(
      open([
        [0, 0.994],
        [1, 0.003],
        [3, 0.003],
      ]),
    ).toMatch(/, and 0\.6 % of production/);
    expect(
      open([
        [0, 0.5],
        [2, 0.5],
      ]),
    ).toBeUndefined();
    expect(alikeReason(why, 'production', undefined)).toBeUndefined();
  });
});
