/** The one interface of every command: its name, its options, what it does. */
import type { CommandHost, ExitStatus } from '../gate.js';

/** Something that is written as `--name`, with a value unless it is a flag. */
export interface CommandOption {
  /** The usage shows this in place of the value, such as `DIR`; left out: a flag. */
  readonly value?: string;
  readonly required?: true;
  /** The only values that are taken; the first is meant where none is given. */
  readonly choices?: readonly string[];
  /** May stand more than once; its values are a list where it does. */
  readonly repeats?: true;
  /** Errors call the value by the first, and show the second as one that may be written. */
  readonly expected?: string;
  readonly example?: string;
  /**
   * The folder of a report: what an earlier run has left there is removed whatever else is wrong with the command
   * line.
   */
  readonly reportFolder?: true;
}

/**
 * Values by option; of a flag `true`; of an option that stands more than once the list of them; of the argument without
 * a name, or the list of them, under `argument`.
 */
export type Values = Readonly<Partial<Record<string, string | true | readonly string[]>>>;

export interface Command {
  readonly name: string;
  /** The usage says these lines of it. */
  readonly does: readonly string[];
  readonly options: Readonly<Record<string, CommandOption>>;
  /** The argument that stands without a name; left out: none does. */
  readonly argument?: {
    readonly name: string;
    readonly expected: string;
    readonly example: string;
    /** One or more. */
    readonly several?: true;
  };
  /** Does it, and writes through the host alone. */
  run(values: Values, host: CommandHost): Promise<ExitStatus>;
}

/** The value of an option that takes one. Throws on an option that the command has not declared as required: a bug. */
export function required(values: Values, name: string): string {
  const value = values[name];
  if (typeof value !== 'string') throw new Error(`--${name} is not declared as required`);
  return value;
}

/** The value of an option that may be left out. */
export function optional(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** The values of an option that may stand more than once, in their order. */
export function repeated(values: Values, name: string): readonly string[] {
  const value = values[name];
  return typeof value === 'string' ? [value] : Array.isArray(value) ? value : [];
}

/** The arguments without a name, where there may be several. */
export function several({ argument }: Values): readonly string[] {
  return Array.isArray(argument) ? argument : [];
}
