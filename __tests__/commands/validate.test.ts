/** `skewgate validate` is a run that stops: it says what would be judged, and refuses what a run refuses before a tower runs at scale. */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { validate } from '../../src/commands/validate.js';
import { stepInWords } from '../../src/verdict/next-words.js';
import { KeepingHost } from '../support/host.js';
import { lookupTower, onnx } from '../support/onnx.js';
import { Project } from '../support/project.js';

const POLICY = 'gates/gate.yml';
const MODEL = 'models/release.yml';

let project: Project;
afterEach(() => project.remove());

async function validated(release: string | undefined = MODEL) {
  const host = new KeepingHost(project.folder);
  const files = {
    policy: join(project.folder, POLICY),
    ...(release === undefined ? {} : { release: join(project.folder, release) }),
  };
  return { status: await validate.run(files, host), message: host.message, lines: host.printed.split('\n') };
}

describe('a waiver that is over', () => {
  const waived = (until: string) => {
    project = new Project();
    const own = `waive:\n  - {rule: calibration_shift max_change, until: ${until}, owner: ads-ranking, reason: a refit}\n`;
    project.write(POLICY, `${project.read(POLICY)}${own}`);
  };
  const line =
    /^gates\/gate\.yml:\d+:\d+: warning: the waiver of "calibration_shift max_change" \(ads-ranking\) expired after 2020-01-01: /;

  it.each([[MODEL], [undefined]])('is warned of, and is no mistake (release: %s)', async (release) => {
    waived('2020-01-01');
    const { status, lines } = await validated(release);
    expect(status).toBe(0);
    expect(lines.filter((one) => line.test(one))).toHaveLength(1);
    expect(lines.at(-2)).toBe('valid');
  });

  it('is not spoken of on its last day, by the clock of the run', async () => {
    waived('2020-01-01');
    for (const [time, count] of [['2020-01-01T23:59:59Z', 0] as const, ['2020-01-02T00:00:00Z', 1] as const]) {
      const host = Object.assign(new KeepingHost(project.folder), { clock: () => new Date(time) });
      await validate.run({ policy: join(project.folder, POLICY) }, host);
      expect(host.printed.split('\n').filter((one) => line.test(one))).toHaveLength(count);
    }
  });
});

describe('what will be judged', () => {
  it('is said rule by rule, with the rows and the checkpoints', async () => {
    project = new Project();
    const { status, lines } = await validated();
    expect(status).toBe(0);
    expect(lines).toEqual([
      'gates/gate.yml: 2 rules over 2 metrics, eval set as pinned',
      'version-skew: log_loss max_increase 5%, at production, on all rows and each tier',
      'version-skew: calibration_shift max_change 5%, at each distance, on all rows',
      expect.stringMatching(/^eval set: 3,600 rows, [\d,]+ positives, 180 queries, 50 items$/),
      'models/release.yml: 3 query checkpoints and 3 item checkpoints load, take the eval set, and give embeddings of one dimension',
      'valid',
      '',
    ]);
  });

  it('is said of a policy alone, whose eval set must be the pinned one', async () => {
    project = new Project();
    const host = new KeepingHost(project.folder);
    expect(await validate.run({ policy: join(project.folder, POLICY) }, host)).toBe(0);
    expect(host.printed).toMatch(/^gates\/gate.yml: 2 rules[\s\S]*\neval set: 3,600 rows[^\n]*\nvalid\n$/);
    project.write('eval/rows.csv', `${project.read('eval/rows.csv')}r0,i0,1,1,u0,small,feed,0,0\n`);
    const changed = new KeepingHost(project.folder);
    expect(await validate.run({ policy: join(project.folder, POLICY) }, changed)).toBe(2);
    expect(changed.message).toMatch(/^gates\/gate.yml:\d+:\d+: sha256 [\s\S]*rows/);
  });

  it('is said of checks on evidence: rules, hypotheses, and what will stay open', async () => {
    project = new Project({
      [POLICY]:
        'policy: g\nchecks:\n  feature-parity: {}\n  serving-health:\n    require:\n      - {metric: success_rate, max_decrease: 2%}\n      - {metric: latency_p99, max_increase: 10%, level: warn}\n',
      [MODEL]: 'release: r\nlive: v1\nevidence:\n  serving_health: health.csv\n',
      'models/health.csv': 'arm,tower,stage,requests,successes\ncontrol,q,s,100000,99900\ntreatment,q,s,100000,99900\n',
    });
    const { status, lines } = await validated();
    expect(status).toBe(0);
    expect(lines).toContain('serving-health: success_rate max_decrease 2%');
    expect(lines).toContain('serving-health: latency_p99 max_increase 10% (warns)');
    expect(lines.join('\n')).toMatch(/feature-parity: its hypothesis will not be tested: /);
    expect(lines.join('\n')).toMatch(/serving-health: the rule on latency_p99 will stay inconclusive: not tested/);
  });
});

describe('what next', () => {
  it('is foretold in the order of the report, and by the same words', async () => {
    project = new Project({
      [POLICY]: 'policy: g\nchecks: {feature-parity: {}, label-leakage: {}, recall-saturation: {}}\n',
      [MODEL]: 'release: r\nlive: v1\n',
    });
    const { status, lines } = await validated();
    expect(status).toBe(0);
    const at = lines.indexOf('what next, in order:');
    expect(lines.slice(at, -2)).toEqual([
      'what next, in order:',
      '  1. layer 1, a query over logs: the ledger; shows something of label-leakage',
      '  2. layer 1, a replay: the ledger’s column s0_pit; settles label-leakage',
      '  3. layer 2, a query over logs: the table features_offline',
      '  4. layer 2, a query over logs: the table features_online; shows something of feature-parity',
      '  5. layer 2, a replay: the ledger’s column s2; settles feature-parity',
      '  6. layer 3, a query over logs: the table stage_log; settles recall-saturation',
    ]);
    const { report } = await project.judge();
    expect(report?.diagnosis?.next.map(stepInWords)).toEqual(
      lines.slice(at + 1, -2).map((line) => line.replace(/^ +\d+\. /, '')),
    );
  });

  it('is not said of rules alone, where no diagnosis is asked', async () => {
    project = new Project({
      [POLICY]: 'policy: g\nchecks: {serving-health: {require: [{metric: success_rate, max_decrease: 2%}]}}\n',
      [MODEL]: 'release: r\nlive: v1\n',
    });
    const { lines } = await validated();
    expect(lines.join('\n')).not.toMatch(/what next/);
  });

  it('leaves to a sweep what the sweep will tell', async () => {
    project = new Project();
    project.edit(POLICY, 'checks:\n', 'checks:\n  all: {}\n');
    const { status, lines } = await validated();
    expect(status).toBe(0);
    expect(lines).toContain(
      'version-skew: its hypothesis will be tested by the sweep alone: the release has no evidence ledger',
    );
    expect(lines.filter((line) => /^ +\d+\. .*version-skew/.test(line))).toEqual([]);
    expect(lines.filter((line) => /^ +\d+\. .*metric-mismatch/.test(line))).toHaveLength(1);
  });
});

describe('what a run would notice before its sweep', () => {
  it.each<[string, () => void, RegExp]>([
    [
      'rows that repeat a pair',
      () => {
        project = new Project();
        const lines = project.read('eval/rows.csv').trimEnd().split('\n');
        project.rows(`${[...lines, lines[1]].join('\n')}\n`);
      },
      /^1 row repeats a \(query, item\) pair of an earlier row/,
    ],
    [
      'a rule that compares distance 0 with itself',
      () => {
        project = new Project();
        project.edit(POLICY, 'distances: {0: 0.7, 1: 0.3}', 'distances: {0: 1}');
      },
      /^gates\/gate.yml:\d+: all of production is at distance 0, where calibration_shift does not change/,
    ],
    [
      'production where no rule looks',
      () => {
        project = new Project();
        project.edit(POLICY, 'at: each', 'at: [2]').edit(POLICY, 'at: production', 'at: [2]');
      },
      /^30 % of production is at distances that no required rule judges \(1\)/,
    ],
    [
      'labels that a softmax does not expect',
      () => {
        project = new Project();
        project.edit(MODEL, 'link: sigmoid', 'link: softmax').edit(POLICY, 'calibration_shift', 'calibration');
      },
      /^link: softmax spreads a prediction of 1 over the rows of a query/,
    ],
  ])('is said: %s', async (_, spoil, notice) => {
    spoil();
    const { status, lines } = await validated();
    expect(status).toBe(0);
    const said = lines.filter((line) => notice.test(line));
    expect(said, lines.join('\n')).toHaveLength(1);
    const { report } = await project.judge();
    expect(report?.checks.flatMap(({ notices }) => notices)).toEqual(expect.arrayContaining(said));
  });

  it('is said of a metric that a softmax fixes', async () => {
    project = new Project();
    project.edit(MODEL, 'link: sigmoid', 'link: softmax');
    const { lines } = await validated();
    expect(lines.join('\n')).toMatch(
      /^calibration_shift on all rows cannot move: under link: softmax .* inconclusive/m,
    );
  });
});

/** A release whose live version is served from files of its own, which a check compares. */
function asServed(): Project {
  project = new Project();
  project.edit(
    POLICY,
    'checks:\n',
    'checks:\n  precision-parity:\n    require:\n      - {metric: log_loss, max_increase: 5%}\n',
  );
  project.edit(
    MODEL,
    'onnx: item/{version}.onnx',
    'onnx: item/{version}.onnx\n  served: {onnx: "item/{version}.int8.onnx"}',
  );
  project.write('models/item/v3.int8.onnx', project.bytes('models/item/v3.onnx'));
  return project;
}

describe('refuses what a run refuses, in the same words', () => {
  it.each<[string, () => void, RegExp]>([
    [
      'rows that are not the pinned ones',
      () => {
        project = new Project();
        project.write('eval/rows.csv', `${project.read('eval/rows.csv')}r0,i0,1,1,u0,small,feed,0,0\n`);
      },
      /sha256/,
    ],
    [
      'a slice value without a histogram',
      () => {
        project = new Project();
        project.edit(POLICY, 'distances: {0: 0.7, 1: 0.3}', 'distances: {by: tier, slices: {small: {0: 1}}}');
      },
      /large/,
    ],
    [
      'a graph that reads a column which is not there',
      () => {
        project = new Project();
        project.write('models/item/v2.onnx', onnx(lookupTower(Array(50).fill([1, 2, 3, 4]), 'item_row')));
      },
      /item_row/,
    ],
    [
      'a file that is no graph',
      () => {
        project = new Project();
        project.write('models/item/v2.onnx', 'garbage');
      },
      /no ONNX model/,
    ],
    [
      'a served file that is no graph',
      () => {
        asServed().write('models/item/v3.int8.onnx', 'garbage');
      },
      /no ONNX model/,
    ],
    [
      'a query graph as served item tower',
      () => {
        asServed().write('models/item/v3.int8.onnx', onnx(lookupTower(Array(180).fill([1, 2, 3, 4]), 'query_row')));
      },
      /query_row/,
    ],
    [
      'a table of evidence that lacks a column',
      () => {
        project = new Project();
        project.edit(
          POLICY,
          'checks:\n',
          'checks:\n  serving-health:\n    require:\n      - {metric: success_rate, max_decrease: 2%}\n',
        );
        project.write(MODEL, `${project.read(MODEL)}evidence: {serving_health: health.csv}\n`);
        project.write('models/health.csv', 'arm,tower\ncontrol,q\n');
      },
      /health.csv/,
    ],
    [
      'an outcome without an error',
      () => {
        project = new Project({
          [POLICY]: 'policy: g\nchecks:\n  serving-health: {}\n',
          [MODEL]: 'release: r\nlive: v1\nevidence: {outcome: outcome.csv}\n',
          'models/outcome.csv': 'online_delta,online_se\n-0.40,0\n',
        });
      },
      /outcome.csv:2:1: row 1, column "online_se" is 0/,
    ],
    [
      'a production whose versions are counted in a file that is none',
      () => {
        project = new Project();
        project.edit(POLICY, 'distances: {0: 0.7, 1: 0.3}', 'distances: {counts: ../eval/counts.csv}');
        project.write('eval/counts.csv', 'query_version\nv3\n');
      },
      /counts.csv/,
    ],
  ])('%s', async (_, spoil, names) => {
    spoil();
    const { status, message } = await validated();
    const judged = await project.judge();
    expect([status, judged.status]).toEqual([2, 2]);
    expect(message).toBe(judged.message);
    expect(message).toMatch(names);
  });
});
