/** argv → a command. Every mistake is one clear error; nothing is guessed. */
import { parseArgs } from 'node:util';
import { ConfigError } from '../errors.js';
import { didYouMean, list, quoted } from '../lib/text.js';

export const USAGE = `skewgate: is this two-tower model ready to ship?

  skewgate run --policy P --release R [--out DIR] [--format text|json] [--policy-ref REF] [--quiet]
      judge the release; DIR (inside the workspace) gets report.json, summary.md and report.html;
      REF: the branch, tag or commit whose policy, and whose past of the release, judge; --quiet: the result alone
  skewgate validate --policy P [--release R]
      check both files, digests, columns, ONNX inputs and shapes, without running the sweep
  skewgate pin FILE
      fill in or refresh the sha256 pins of a policy or a release, comments kept
  skewgate --version | --help

Exit status: 0 ready, 1 judged and not ready, 2 could not judge (yours to mend), 3 a bug of skewgate.
`;

export type Command =
  | { readonly name: 'help' | 'version' }
  | {
      readonly name: 'run';
      readonly policy: string;
      readonly release: string;
      readonly out?: string;
      readonly format: 'text' | 'json';
      /** head, or the name of a branch, tag or commit. */
      readonly policyRef?: string;
      readonly quiet: boolean;
    }
  | { readonly name: 'validate'; readonly policy: string; readonly release?: string }
  | { readonly name: 'pin'; readonly file: string };

const COMMANDS = ['run', 'validate', 'pin'];
/** Commands of the contract that later versions build. */
const NOT_BUILT = ['init', 'shard', 'merge', 'calibrate', 'history', 'sql', 'promote'];

export function parseArguments(argv: readonly string[]): Command {
  const [name, ...rest] = argv;
  if (name === undefined || name === 'help' || argv.some((a) => a === '--help' || a === '-h')) return { name: 'help' };
  if (name === '--version' || name === '-V') return { name: 'version' };
  switch (name) {
    case 'run': {
      const { values, flags } = options(name, rest, ['policy', 'release', 'out', 'format', 'policy-ref'], false, [
        'quiet',
      ]);
      const format = values.format ?? 'text';
      if (format !== 'text' && format !== 'json') throw usage(`--format ${quoted(format)}`, 'text or json');
      for (const [option, form] of [
        ['out', 'skewgate-report'],
        ['policy-ref', 'origin/main'],
      ] as const)
        if (values[option] === '')
          throw usage(`--${option} ""`, 'a value that is not empty', `Write: --${option} ${form}`);
      return {
        name,
        policy: needed(name, values, 'policy', 'gates/my-model.yml'),
        release: needed(name, values, 'release', 'models/my-model.yml'),
        ...(values.out === undefined ? {} : { out: values.out }),
        ...(values['policy-ref'] === undefined ? {} : { policyRef: values['policy-ref'] }),
        format,
        quiet: flags.has('quiet'),
      };
    }
    case 'validate': {
      const { values } = options(name, rest, ['policy', 'release'], false);
      return {
        name,
        policy: needed(name, values, 'policy', 'gates/my-model.yml'),
        ...(values.release === undefined ? {} : { release: values.release }),
      };
    }
    case 'pin': {
      const { positionals } = options(name, rest, [], true);
      if (positionals.length !== 1)
        throw usage(`pin with ${positionals.length} files`, 'one file', 'Write: skewgate pin gates/my-model.yml');
      return { name, file: positionals[0]! };
    }
    default: {
      if (NOT_BUILT.includes(name))
        throw usage(`command ${quoted(name)}, which this version does not build yet`, `one of ${list(COMMANDS)}`);
      const near = didYouMean(name, COMMANDS);
      throw usage(
        `command ${quoted(name)}`,
        `one of ${list(COMMANDS)}`,
        near ? `Did you mean "${near}"?` : 'See: skewgate --help',
      );
    }
  }
}

/** The report folders that a command line names, whatever else is wrong with it. */
export function namedFolders(argv: readonly string[]): string[] {
  if (argv[0] !== 'run') return [];
  const folders = argv.flatMap((argument, i) => {
    if (argument === '--out') return argv[i + 1] ?? [];
    return argument.startsWith('--out=') ? argument.slice('--out='.length) : [];
  });
  return folders.filter((folder) => folder !== '' && !folder.startsWith('-'));
}

type Values = Partial<Record<string, string>>;

function options(
  command: string,
  argv: readonly string[],
  names: readonly string[],
  allowPositionals: boolean,
  flags: readonly string[] = [],
): { values: Values; flags: ReadonlySet<string>; positionals: string[] } {
  const all = [...names, ...flags];
  for (const argument of argv) {
    if (!argument.startsWith('-')) continue;
    const name = argument.replace(/^--?/, '').split('=')[0]!;
    if (all.includes(name)) continue;
    const near = didYouMean(name, all);
    const known = all.length > 0 ? `one of ${list(all.map((n) => `--${n}`))}` : 'no options';
    throw usage(`option ${quoted(argument)} of ${command}`, known, near ? `Did you mean "--${near}"?` : undefined);
  }
  const parsed = parse(argv, names, flags, allowPositionals);
  const given = parsed.tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []));
  const twice = given.find((name, i) => given.indexOf(name) !== i);
  if (twice !== undefined) throw usage(`--${twice} a second time`, `--${twice} once`, 'Remove one of the two.');
  const values = Object.entries(parsed.values).filter(([, value]) => typeof value === 'string');
  return {
    values: Object.fromEntries(values) as Values,
    flags: new Set(given.filter((name) => flags.includes(name))),
    positionals: parsed.positionals,
  };
}

function parse(argv: readonly string[], names: readonly string[], flags: readonly string[], allowPositionals: boolean) {
  try {
    return parseArgs({
      args: [...argv],
      options: Object.fromEntries([
        ...names.map((name) => [name, { type: 'string' as const }]),
        ...flags.map((name) => [name, { type: 'boolean' as const }]),
      ]) as Record<string, { type: 'string' | 'boolean' }>,
      allowPositionals,
      strict: true,
      tokens: true,
    });
  } catch (error) {
    throw usage((error as Error).message.split('\n')[0]!.replace(/\.$/, ''), 'arguments as in skewgate --help');
  }
}

function needed(command: string, values: Values, name: string, form: string): string {
  const value = values[name];
  if (value !== undefined && value !== '') return value;
  throw usage(`${command} without --${name}`, 'the path of a YAML file', `Write: --${name} ${form}`);
}

function usage(found: string, expected: string, mend?: string): ConfigError {
  return new ConfigError([{ found, expected, ...(mend === undefined ? {} : { mend }) }]);
}
