/** The text of `skewgate --help`, from what the commands declare. */
import type { Command } from './command.js';

export function usageOf(commands: readonly Command[]): string {
  return `skewgate: is this two-tower model ready to ship?

${commands.map(entryOf).join('\n')}
  skewgate --version | --help

Exit status: 0 ready, 1 judged and not ready, 2 could not judge (yours to mend), 3 a bug of skewgate.
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
