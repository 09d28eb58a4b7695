/** `skewgate calibrate` over whole projects: what it prints, writes and refuses. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { calibrate } from '../../src/commands/calibrate.js';
import { KeepingHost } from '../support/host.js';
import { goodFiles, Project } from '../support/project.js';

const ROOT = resolve(import.meta.dirname, '../..');

describe('calibrate', () => {
  let project: Project;
  afterEach(() => project?.remove());

  async function calibrated(options: Record<string, string> = {}) {
    const host = new KeepingHost(project.folder);
    const [policy, release] = [join(project.folder, 'gates/gate.yml'), join(project.folder, 'models/release.yml')];
    const status = await calibrate.run({ policy, release, ...options }, host);
    return { status, message: host.message, output: host.printed };
  }

  it('puts every version that has its towers in the role of the live one', async () => {
    project = new Project(goodFiles());
    const { status, output } = await calibrated({ format: 'json' });
    expect(status).toBe(0);
    const found = JSON.parse(output);
    // Production is at distances 0 and 1: of three versions two have what stood behind them.
    expect(found.versions).toEqual([
      { version: 'v3', verdict: 'pass', open: {} },
      { version: 'v2', verdict: 'pass', open: {} },
    ]);
    expect(found).toMatchObject({ schema: 'skewgate.calibration/1', wanted_rate: 0.05, patch: '' });
    expect(found.not_passed.rate).toBeLessThan(0.05);
    expect(found.rules.map((rule: { cells: number }) => rule.cells)).toEqual([3, 2]);
    expect((await calibrated({ format: 'json' })).output).toBe(output);
  });

  it('says that one version tells of the rows’ noise alone', async () => {
    project = new Project(goodFiles());
    project
      .edit('models/release.yml', 'versions: [v3, v2, v1]', 'versions: [v3, v2]')
      .edit('gates/gate.yml', 'sweep: {from: -1, to: 2}', 'sweep: {from: 0, to: 1}');
    const { output } = await calibrated();
    expect(output).toMatch(/1 version in the role of the live one/);
    expect(output).toMatch(/no older query checkpoint: how versions differ is not known/);
  });

  it('proposes margins as a patch where a good release would be blocked, and writes all of it', async () => {
    project = new Project(goodFiles());
    project.edit('gates/gate.yml', 'max_increase: 5%', 'max_increase: 0.001%');
    const { output } = await calibrated({ out: join(project.folder, 'out') });
    expect(output).toMatch(/-.*max_increase: 0\.001%.*\n[+].*max_increase: 0\.0\d+%/);
    expect(project.read('out/margins.patch')).toContain('+++ b/gates/gate.yml');
    expect(project.read('out/calibration.txt')).toBe(output);
    expect(JSON.parse(project.read('out/calibration.json')).patch).toBe(project.read('out/margins.patch'));
  });

  it('counts apart the cells that stay open whatever is released', async () => {
    project = new Project(goodFiles());
    const rows = project.read('eval/rows.csv').split('\n');
    project.rows(rows.map((row, i) => (i > 0 && i <= 30 ? row.replace(/,(small|large),/, ',tiny,') : row)).join('\n'));
    expect((await calibrated()).output).toMatch(/1 required cell stays inconclusive whatever is released/);
  });

  it('says of rules on evidence, one by one, that they are not replayed', async () => {
    project = new Project(goodFiles());
    project.edit(
      'gates/gate.yml',
      'checks:\n',
      'checks:\n  serving-health:\n    require:\n      - {metric: success_rate, max_decrease: 2%}\n      - {metric: latency_p99, max_increase: 10%, level: warn}\n',
    );
    const { output } = await calibrated();
    expect(output).toMatch(/an unchanged release .*\n +1 rule on evidence not counted: what it blocks comes on top\n/);
    expect(output).toMatch(
      /gates\/gate\.yml:\d+ serving-health: success_rate max_decrease 2%\n {2}not replayed +no table of past releases: how often it blocks a good one is not known\n/,
    );
    expect(output).toMatch(/latency_p99 max_increase 10% \(warns\)\n {2}not replayed +no table of past releases\n/);
    expect(JSON.parse((await calibrated({ format: 'json' })).output).not_replayed).toMatchObject([
      {
        check: 'serving-health',
        rule: 0,
        metric: 'success_rate',
        operator: 'max_decrease',
        threshold: '2%',
        level: 'fail',
      },
      { check: 'serving-health', rule: 1, metric: 'latency_p99', level: 'warn' },
    ]);
  });

  it.each([
    [{ 'false-alarms': '5' }, /--false-alarms "5"; expected a percentage above 0% and below 100%/],
    [{ 'false-alarms': '0%' }, /--false-alarms "0%"/],
    [{ out: '/elsewhere' }, /--out "\/elsewhere", outside the workspace/],
  ])('refuses %j', async (options, message) => {
    project = new Project(goodFiles());
    const { status, message: said } = await calibrated(options as Record<string, string>);
    expect([status, said]).toEqual([2, expect.stringMatching(message)]);
  });

  it('refuses a policy without a sweep', async () => {
    project = new Project({ ...goodFiles(), 'gates/gate.yml': 'policy: a\nchecks: {feature-parity: {}}\n' });
    const { status, message } = await calibrated();
    expect([status, message]).toEqual([2, expect.stringMatching(/^gates\/gate\.yml: a policy without a sweep/)]);
  });

  it('prints of the example what docs/choosing-margins.md shows', async () => {
    const host = new KeepingHost(ROOT);
    const at = (path: string) => join(ROOT, 'examples/online-retail', path);
    await calibrate.run({ policy: at('policy.yml'), release: at('release.warm.yml') }, host);
    const page = readFileSync(join(ROOT, 'docs/choosing-margins.md'), 'utf8');
    const shown = /<!-- output:calibrate -->\n```text\n([\s\S]*?)\n```/.exec(page)?.[1];
    expect(host.printed.trimEnd()).toBe(shown);
  }, 120_000);
});
