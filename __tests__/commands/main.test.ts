/** A command line in process: understood, followed, or refused in one line. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseArguments } from '../../src/commands/arguments.js';
import { main } from '../../src/commands/main.js';
import { COMMANDS, NOT_BUILT } from '../../src/commands/registry.js';
import { usageOf } from '../../src/commands/usage.js';
import { list } from '../../src/lib/text.js';
import { KeepingHost } from '../support/host.js';
import { Project } from '../support/project.js';

const BUILT = list(COMMANDS.map(({ name }) => name));

let project: Project | undefined;
afterEach(() => {
  project?.remove();
  project = undefined;
});

async function said(argv: readonly string[], folder = process.cwd()) {
  const host = new KeepingHost(folder);
  const status = await main(argv, host);
  return { status, host, printed: host.printed, message: host.message };
}

describe('the usage', () => {
  it.each([[[]], [['help']], [['--help']], [['help', 'me']], [['judge', '-h']]])('is printed for %j', async (argv) => {
    expect(await said(argv)).toMatchObject({ status: 0, printed: usageOf(COMMANDS) });
  });

  it.each([[['init', '--help']], [['init', '--rows', 'r.csv', '-h']], [['help', 'init']]])(
    'of one command is that command’s alone: %j',
    async (argv) => {
      const { status, printed } = await said(argv);
      expect(status).toBe(0);
      expect(printed).toMatch(/^ {2}skewgate init --rows F /);
      expect(printed.match(/^ *skewgate /gm)).toHaveLength(1);
      expect(printed).toMatch(
        /^ {2}--item-tower P +required; a path with \{version\}; such as 'item\/\{version\}.onnx'$/m,
      );
      expect(printed).toMatch(/^ {2}--similarity S +one of dot, cosine and max_sim$/m);
    },
  );

  it.each(COMMANDS.map((command) => [command.name, command] as const))(
    'of %s has each of its options on a line',
    async (name, { options }) => {
      const { printed } = await said([name, '--help']);
      for (const option of Object.keys(options)) expect(printed).toMatch(new RegExp(`^  --${option}( |$)`, 'm'));
    },
  );

  it('has every command with every one of its options, those that may be left out in brackets', () => {
    // A command with many options goes on below them.
    const usage = usageOf(COMMANDS).replace(/\n {6}(?=\[--)/g, ' ');
    for (const { name, options } of COMMANDS) {
      const line = usage.split('\n').find((one) => one.startsWith(`  skewgate ${name} `));
      for (const [option, { required }] of Object.entries(options))
        expect([name, option, line !== undefined && new RegExp(`\\[--${option}[ \\]]`).test(line)]).toEqual([
          name,
          option,
          required !== true,
        ]);
    }
  });

  it('names no command twice, and builds none that it calls not built', () => {
    const names = COMMANDS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => NOT_BUILT.includes(name))).toEqual([]);
  });
});

describe('a negative number', () => {
  const promote = (...argv: string[]) =>
    parseArguments(['promote', 'v4', '--release', 'r.yml', ...argv], COMMANDS, NOT_BUILT);
  it.each(['-3.1', '-.5', '-1e3'])('is the value of the option before it: %s', (number) => {
    for (const argv of [['--bias', number], [`--bias=${number}`]])
      expect(promote(...argv)).toMatchObject({ values: { argument: 'v4', release: 'r.yml', bias: number } });
  });

  it('is none of a flag, and an option is none', () => {
    expect(() => promote('--bias', '--scale', '2')).toThrow(/--bias/);
    expect(() => parseArguments(['init', '--yes', '-1'], COMMANDS, NOT_BUILT)).toThrow(/option "-1" of init/);
  });
});

describe('a command line that cannot be followed', () => {
  it('that names a command of a later version is told so', () => {
    expect(() => parseArguments(['later'], COMMANDS, ['later'])).toThrow(
      `command "later", which this version does not build yet; expected one of ${BUILT}.`,
    );
  });

  it.each([
    [['rnu'], `command "rnu"; expected one of ${BUILT}. Did you mean "run"?`],
    [['judge'], `command "judge"; expected one of ${BUILT}. See: skewgate --help`],
    [
      ['run', '--polcy=x'],
      'option "--polcy=x" of run; expected one of --policy, --release, --out, --format, --policy-ref, --cache, --state, --threads and --quiet. Did you mean "--policy"?',
    ],
    [
      ['run', '--policy', 'p', '--policy', 'q', '--release', 'r'],
      '--policy a second time; expected --policy once. Remove one of the two.',
    ],
    [
      ['run', '--policy', 'p'],
      'run without --release; expected the path of a YAML file. Write: --release models/my-model.yml',
    ],
    [
      ['validate', '--policy='],
      'validate without --policy; expected the path of a YAML file. Write: --policy gates/my-model.yml',
    ],
    [
      ['validate', '--policy', 'p', '--release='],
      '--release ""; expected a value that is not empty. Write: --release models/my-model.yml',
    ],
    [['run', '--policy', 'p', '--release', 'r', '--format', 'xml'], '--format "xml"; expected text or json.'],
    [
      ['run', '--policy', 'p', '--release', 'r', '--out='],
      '--out ""; expected a value that is not empty. Write: --out skewgate-report',
    ],
    [['pin'], 'pin with 0 files; expected one file. Write: skewgate pin gates/my-model.yml'],
    [['pin', 'a', 'b'], 'pin with 2 files; expected one file. Write: skewgate pin gates/my-model.yml'],
    [
      ['merge', '--policy', 'p', '--release', 'r'],
      'merge with 0 folders; expected the folder of every shard. Write: skewgate merge shards/*',
    ],
    [['pin', '--out', 'x', 'a'], 'option "--out" of pin; expected no options.'],
  ])('%j', async (argv, message) => {
    expect(await said(argv)).toMatchObject({ status: 2, printed: '', message });
  });

  it('leaves no report of an earlier run in the folder that it names', async () => {
    project = new Project();
    const out = join(project.folder, 'out');
    for (const name of ['report.json', 'summary.md', 'report.html']) project.write(`out/${name}`, 'ready');
    project.write('out/mine.txt', 'kept');
    expect((await said(['run', '--polcy', 'x', `--out=${out}`], project.folder)).status).toBe(2);
    expect(['report.json', 'summary.md', 'report.html', 'mine.txt'].map((name) => existsSync(join(out, name)))).toEqual(
      [false, false, false, true],
    );
  });
});

describe('run', () => {
  it('judges, and with --format json prints the report as it is written', async () => {
    project = new Project();
    const files = [
      '--policy',
      join(project.folder, 'gates/gate.yml'),
      '--release',
      join(project.folder, 'models/release.yml'),
    ];
    const { status, host, printed } = await said(
      ['run', ...files, '--format', 'json', '--out', join(project.folder, 'out')],
      project.folder,
    );
    expect(status).toBe(0);
    expect(host.report?.verdict).toBe('ready');
    expect(printed).toBe(project.read('out/report.json'));
  });
});
