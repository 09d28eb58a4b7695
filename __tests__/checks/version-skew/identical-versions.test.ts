/** Two versions that are the same measure nothing: their distances stay open, by name, unless the policy means it. */

import { afterEach, describe, expect, it } from 'vitest';
import type { IdenticalVersions } from '../../../src/checks/reason.js';
import { reasonOf, spelled } from '../../../src/checks/reason-words.js';
import { alikeDistances, alikeNotices, alikeReason } from '../../../src/checks/version-skew/identical-versions.js';
import type { CellMix } from '../../../src/data/production/mix.js';
import type { Alike } from '../../../src/models/drift/alike.js';
import { externalBytes, lookupTower, onnx } from '../../support/onnx.js';
import { Project } from '../../support/project.js';
import { generator } from '../../support/random.js';
import { sweepOf } from '../../support/sweep-report.js';

let project: Project;
afterEach(() => project?.remove());

const POLICY = 'gates/gate.yml';
const RULES = `      - {metric: log_loss, max_increase: 5%, at: production, slices: [all, tier]}
      - metric: calibration_shift
        max_change: 5%
        at: each
`;

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
const REASON = (older: string, newer: string, what: string, side = 'item') =>
  `v${older} and v${newer} embed alike (models/${side}/v${older}.onnx, models/${side}/v${newer}.onnx): ${what}`;

/** An item tower whose every weight is that of v3, moved by one unit in the last place. */
function oneUlp(p: Project): void {
  const table = Array.from({ length: 50 }, () => [0, 0, 0, 0]);
  const random = generator(3);
  for (const row of table) for (let d = 0; d < 4; d++) row[d] = Math.fround(random.normal());
  const bits = new DataView(new ArrayBuffer(4));
  const next = (x: number) => {
    bits.setFloat32(0, x);
    bits.setUint32(0, bits.getUint32(0) + 1);
    return bits.getFloat32(0);
  };
  p.write('models/item/v3.onnx', onnx(lookupTower(table, 'item_index')));
  p.write(
    'models/item/v2.onnx',
    onnx(
      lookupTower(
        table.map((row) => row.map(next)),
        'item_index',
      ),
    ),
  );
}

/** Three names for one file of weights. */
function oneDataFile(p: Project): void {
  const model = lookupTower(
    Array.from({ length: 50 }, (_, i) => [Math.sin(i), Math.cos(i), 0.2, i / 50]),
    'item_index',
  );
  const external = { ...model.initializers![0]!, external: 'model.onnx.data' };
  p.write('models/item/model.onnx.data', externalBytes(external));
  for (const version of ['v3', 'v2'])
    p.write(`models/item/${version}.onnx`, onnx({ ...model, initializers: [external] }));
}

/** Item towers that differ in the last number alone, which every query multiplies by 0. */
function unseen(p: Project): void {
  const random = generator(5);
  const numbers = (count: number) => Array.from({ length: count }, () => [0, 0, 0, 0].map(() => random.normal()));
  const [queries, items] = [numbers(400), numbers(50)];
  for (const [k, version] of ['v3', 'v2', 'v1'].entries()) {
    const write = (side: string, table: number[][]) =>
      p.write(`models/${side}/${version}.onnx`, onnx(lookupTower(table, `${side}_index`)));
    write(
      'query',
      queries.map((row) => [...row, 0]),
    );
    write(
      'item',
      items.map((row, i) => [...row, k * Math.sin(i)]),
    );
  }
}

describe('an item version whose every score is the live one’s', () => {
  const reason = (k: number) => `distance ${k} measures nothing: every score is what it is at distance 0`;

  it('measures nothing, whatever it embeds', async () => {
    const { report, at } = await judged(unseen);
    expect(report.verdict).toBe('inconclusive');
    expect(reasonOf(at('calibration_shift', 1)[0]!)).toContain(reason(1));
    expect(reasonOf(at('log_loss', 'production')[0]!)).toContain(`${reason(1)}, and 30 % of production`);
  });

  it('is the policy’s word where versions may be the same', async () => {
    const { at } = await judged((p) => {
      unseen(p);
      p.edit(POLICY, 'sweep: {from: -1, to: 2}', 'sweep: {from: -1, to: 2}\n    allow_identical_versions: true');
    });
    expect(reasonOf(at('calibration_shift', 1)[0]!)).not.toContain('measures nothing');
  });
});

describe('an item version that is the live one', () => {
  it.each<[string, (p: Project) => unknown]>([
    ['as a copy of its bytes', copy('item/v3', 'item/v2')],
    ['as another name of its external data', oneDataFile],
    ['up to the last bit of every weight', oneUlp],
  ])('%s measures nothing at its distance', async (_, spoil) => {
    const { status, report, at } = await judged(spoil);
    expect([status, report.verdict]).toEqual([1, 'inconclusive']);
    const [shift] = at('calibration_shift', 1);
    expect(shift!.verdict).toBe('inconclusive');
    expect(reasonOf(shift!)).toBe(
      `${REASON('2', '3', 'distance 1 measures nothing')}; a tower that is frozen on purpose: allow_identical_versions: true`,
    );
    // 30 % of production is there.
    for (const finding of at('log_loss', 'production'))
      expect(reasonOf(finding)).toContain(
        `${REASON('2', '3', 'distance 1 measures nothing')}, and 30 % of production is at such distances`,
      );
    // Distance 0 is measured, whatever these towers know.
    expect(reasonOf(at('calibration_shift', 0)[0]!)).not.toMatch(/embed alike/);
  });

  it('by a path that leads to one file', async () => {
    const { at } = await judged((p) =>
      p.edit('models/release.yml', 'item/{version}.onnx', 'item/{version}/../v3.onnx'),
    );
    expect(reasonOf(at('calibration_shift', 1)[0]!)).toMatch(
      /^v2 and v3 embed alike \(models\/item\/v3.onnx, models\/item\/v3.onnx\): distance 1 measures nothing/,
    );
  });

  it('leaves production judged where next to none of it is there', async () => {
    const { at } = await judged((p) => {
      copy('item/v3', 'item/v1')(p);
      p.edit(POLICY, '{0: 0.7, 1: 0.3}', '{0: 0.7, 1: 0.297, 2: 0.003}');
    });
    expect(at('log_loss', 'production').map((f) => f.verdict)).toEqual(['pass', 'pass', 'pass']);
    expect(at('calibration_shift', 2)[0]!.verdict).toBe('inconclusive');
  });

  it('leaves a level at distance 0 judged', async () => {
    const { at } = await judged((p) => {
      copy('item/v3', 'item/v2')(p);
      p.edit(POLICY, RULES, `${RULES}      - {metric: log_loss, max: 5, at: [0, 1]}\n`);
    });
    expect(at('log_loss', 0)[0]!.verdict).toBe('pass');
    expect(at('log_loss', 1)[0]!.verdict).toBe('inconclusive');
  });
});

it('two old item versions that are one leave both of their distances open', async () => {
  const { at } = await judged((p) => {
    copy('item/v2', 'item/v1')(p);
    p.edit(POLICY, '{0: 0.7, 1: 0.3}', '{0: 0.7, 1: 0.2, 2: 0.1}');
  });
  for (const k of [1, 2])
    expect(reasonOf(at('calibration_shift', k)[0]!)).toContain(REASON('1', '2', 'distances 1 and 2 measure the same'));
  expect(at('log_loss', 'production')[0]!.verdict).toBe('inconclusive');
});

it('a query version that is the live one leaves the negative distance open', async () => {
  const { at } = await judged((p) => {
    copy('query/v3', 'query/v2')(p);
    p.edit(POLICY, RULES, '      - {metric: log_loss, max_increase: 5%, at: [-1, 1]}\n');
  });
  expect(reasonOf(at('log_loss', -1)[0]!)).toContain(REASON('2', '3', 'distance -1 measures nothing', 'query'));
  expect(at('log_loss', 1)[0]!.verdict).toBe('pass');
});

it('old query versions that are one are a notice', async () => {
  const { report, notices } = await judged(copy('query/v2', 'query/v1'));
  expect(report.verdict).toBe('ready');
  expect(notices).toContain(
    'query versions v1 and v2 are one file (models/query/v1.onnx, models/query/v2.onnx): nothing is measured between them.',
  );
});

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
