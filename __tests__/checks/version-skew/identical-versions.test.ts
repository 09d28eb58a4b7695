/** Two versions that are the same measure nothing: their distances stay open, by name. */
import { afterEach, describe, expect, it } from 'vitest';
import { reasonOf } from '../../../src/checks/reason-words.js';
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
