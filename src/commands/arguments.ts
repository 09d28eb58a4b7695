/** argv → a command and its values. Every mistake is one clear error; nothing is guessed. */
import { parseArgs } from 'node:util';
import { ConfigError } from '../errors.js';
import { didYouMean, list, plural, quoted } from '../lib/text.js';
import { asksForHelp, asksForVersion } from './asks.js';
import type { Command, Values } from './command.js';

export type Parsed =
  | 'help'
  | 'version'
  | { readonly helpOn: Command }
  | { readonly command: Command; readonly values: Values };

/**
 * @param notBuilt names of commands that are refused as such
 * @throws ConfigError on anything that the command has not declared
 */
export function parseArguments(
  argv: readonly string[],
  commands: readonly Command[],
  notBuilt: readonly string[],
): Parsed {
  const [name, ...rest] = argv;
  if (name === undefined || name === 'help' || asksForHelp(argv)) {
    const helpOn = commands.find((one) => one.name === (name === 'help' ? rest[0] : name));
    return helpOn ? { helpOn } : 'help';
  }
  if (asksForVersion(argv)) return 'version';
  const command = commands.find((one) => one.name === name);
  if (command) return { command, values: valuesOf(command, rest) };
  const names = commands.map((one) => one.name);
  if (notBuilt.includes(name))
    throw usage(`command ${quoted(name)}, which this version does not build yet`, `one of ${list(names)}`);
  const near = didYouMean(name, names);
  throw usage(
    `command ${quoted(name)}`,
    `one of ${list(names)}`,
    near ? `Did you mean "${near}"?` : 'See: skewgate --help',
  );
}

/** The report folders that a command line names, whatever else is wrong with it. */
export function namedFolders([name, ...argv]: readonly string[], commands: readonly Command[]): string[] {
  const { options = {} } = commands.find((one) => one.name === name) ?? {};
  const folders = Object.keys(options)
    .filter((option) => options[option]?.reportFolder)
    .flatMap((option) =>
      argv.flatMap((argument, i) => {
        if (argument === `--${option}`) return argv[i + 1] ?? [];
        return argument.startsWith(`--${option}=`) ? argument.slice(`--${option}=`.length) : [];
      }),
    );
  return folders.filter((folder) => folder !== '' && !folder.startsWith('-'));
}

function valuesOf(command: Command, written: readonly string[]): Values {
  const { name, options, argument } = command;
  const argv = withNumbers(command, written);
  refuseUnknown(command, argv);
  const { tokens, positionals } = parse(command, argv);
  const given = tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []));
  const twice = given.find((option, i) => given.indexOf(option) !== i && !options[option]?.repeats);
  if (twice !== undefined) throw usage(`--${twice} a second time`, `--${twice} once`, 'Remove one of the two.');
  const values = collected(tokens.flatMap((token) => (token.kind === 'option' ? [token] : [])));
  for (const [option, declared] of Object.entries(options)) {
    const written = values[option];
    const value = Array.isArray(written) && written.includes('') ? '' : written;
    const { required, choices, example = option, expected = 'a value' } = declared;
    if (required && (value === undefined || value === ''))
      throw usage(`${name} without --${option}`, expected, `Write: --${option} ${example}`);
    if (choices && value !== undefined && !choices.includes(String(value)))
      throw usage(`--${option} ${quoted(String(value))}`, choices.join(' or '));
    if (value === '') throw usage(`--${option} ""`, 'a value that is not empty', `Write: --${option} ${example}`);
  }
  return argument ? { ...values, argument: argumentOf(name, argument, positionals) } : values;
}

/** The value of each option; of one that stands more than once all of them. */
function collected(tokens: readonly { readonly name: string; readonly value?: string | undefined }[]) {
  const values: Partial<Record<string, string | true | string[]>> = {};
  for (const { name, value = true } of tokens) {
    const before = values[name];
    values[name] = before === undefined ? value : [before, value].flat().map(String);
  }
  return values;
}

function argumentOf(
  name: string,
  { several, expected, example }: NonNullable<Command['argument']>,
  written: readonly string[],
): string | readonly string[] {
  if (several && written.length > 0) return written;
  const [only] = written;
  if (only !== undefined && written.length === 1) return only;
  throw usage(
    `${name} with ${plural(written.length, several ? 'folder' : 'file')}`,
    expected,
    `Write: skewgate ${name} ${example}`,
  );
}

/** Joins a negative number with the option before it (`--bias -3.1`), so that it is none by itself. */
function withNumbers({ options }: Command, argv: readonly string[]): string[] {
  const joined: string[] = [];
  for (const argument of argv) {
    const before = joined.at(-1);
    const takes = before?.startsWith('--') === true && options[before.slice(2)]?.value !== undefined;
    if (takes && /^-[.\d]/.test(argument)) joined[joined.length - 1] = `${before}=${argument}`;
    else joined.push(argument);
  }
  return joined;
}

function refuseUnknown({ name: command, options }: Command, argv: readonly string[]): void {
  const all = Object.keys(options);
  for (const argument of argv) {
    if (!argument.startsWith('-')) continue;
    const name = argument.replace(/^--?/, '').split('=')[0] ?? '';
    if (all.includes(name)) continue;
    const near = didYouMean(name, all);
    const known = all.length > 0 ? `one of ${list(all.map((n) => `--${n}`))}` : 'no options';
    throw usage(`option ${quoted(argument)} of ${command}`, known, near ? `Did you mean "--${near}"?` : undefined);
  }
}

function parse({ options, argument }: Command, argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: Object.fromEntries(
        Object.entries(options).map(([name, { value }]) => [
          name,
          { type: value === undefined ? ('boolean' as const) : ('string' as const) },
        ]),
      ),
      allowPositionals: argument !== undefined,
      strict: true,
      tokens: true,
    });
  } catch (error) {
    throw usage((error as Error).message.split('\n')[0]?.replace(/\.$/, '') ?? '', 'arguments as in skewgate --help');
  }
}

function usage(found: string, expected: string, mend?: string): ConfigError {
  return new ConfigError([{ found, expected, ...(mend === undefined ? {} : { mend }) }]);
}
