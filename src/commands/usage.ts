/** The texts of `--help`, from what the commands declare. */
import { list } from '../lib/text.js';
import type { Command } from './command.js';

export function usageOf(commands: readonly Command[]): string {
  return `skewgate: is this two-tower model ready to ship?

${commands.map(entryOf).join('\n')}
  skewgate --version | --help

Exit status: 0 ready, 1 judged and not ready, 2 could not judge (yours to mend), 3 a bug of skewgate.
`;
}

/** The text of `skewgate COMMAND --help`: that command, with every option on a line of its own. */
export function usageOfOne(command: Command): string {
  const options = Object.entries(command.options).map(([name, { value, ...option }]) => {
    const written = `--${name}${value === undefined ? '' : ` ${value}`}`;
    const said = [
      ...(option.required ? ['required'] : []),
      ...(option.repeats ? ['may be repeated'] : []),
      ...(option.expected === undefined ? [] : [option.expected]),
      ...(option.choices ? [`one of ${list(option.choices)}`] : []),
      ...(option.example === undefined ? [] : [`such as ${option.example}`]),
    ];
    return { written, said: said.join('; ') };
  });
  const width = options.reduce((most, { written }) => Math.max(most, written.length), 0);
  const lines = options.map(({ written, said }) => `  ${written.padEnd(width)}  ${said}`.trimEnd());
  return `${entryOf(command)}
${lines.length > 0 ? `\n${lines.join('\n')}\n` : ''}
All commands: skewgate --help
`;
}

function entryOf({ name, options, argument, does }: Command): string {
  const parts = Object.entries(options).map(([option, { value, required }]) => {
    const written = `--${option}${value === undefined ? '' : ` ${value}`}`;
    return required ? written : `[${written}]`;
  });
  const lines = wrapped(['skewgate', name, ...parts, ...(argument ? [argument.name] : [])]);
  return [...lines.map((line) => `  ${line}`), ...does.map((text) => `      ${text}`)].join('\n');
}

/** Columns of a line, beside its indent; a command that takes more goes on below its options. */
const WIDTH = 128;

function wrapped(words: readonly string[]): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = '   ';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}
