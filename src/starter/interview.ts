/**
 * Settles every choice of a starter: what the files tell stands, what they leave open is asked on a terminal, guessed
 * where guesses are taken, and refused with what to pass elsewhere.
 */
import { ConfigError, type Problem } from '../errors.js';
import { printable, quoted } from '../lib/text.js';

/** A choice, and what the files say of it. */
export interface Choice<T> {
  /** Names it on one line, such as `item id`. */
  readonly what: string;
  /** The value that fits best; undefined where the files give none. */
  readonly value: T | undefined;
  /** True where the files leave no doubt worth a question. */
  readonly sure: boolean;
  /** Says by what it was found, or what is in doubt. */
  readonly why: string;
  /** The option that answers it, ready to paste. */
  readonly pass: string;
  /** Says the wanted form, and lines that make it, where no option answers. */
  readonly expected?: string | undefined;
  readonly mend?: string | undefined;
  /** Shows a value. */
  readonly show: (value: T) => string;
  /** Reads an answer; undefined where it is none. */
  readonly read: (text: string) => T | undefined;
}

/** A settled choice, for the reader of the output and of the files. */
export interface Settled {
  readonly what: string;
  readonly shown: string;
  readonly why: string;
  readonly how: 'given' | 'inferred' | 'guessed' | 'answered';
}

/** Asks on a terminal: the text that was typed. */
export type Ask = (question: string) => Promise<string>;

/** Answers that are no value are asked for again so often. */
const TRIES = 3;

export class Interview {
  readonly settled: Settled[] = [];
  /** Sentences on what a reader should know besides. */
  readonly notes: string[] = [];
  private readonly open: Problem[] = [];
  private lacking = false;

  /**
   * @param guesses take what fits best where nothing is sure
   * @param ask undefined where no terminal is there
   */
  constructor(
    private readonly guesses: boolean,
    private readonly ask: Ask | undefined,
  ) {}

  /** Notes a choice that the command line has made. */
  given(what: string, shown: string): void {
    this.settled.push({ what, shown: printable(shown), why: 'as given', how: 'given' });
  }

  /** Notes what the files tell beyond doubt. */
  tell(what: string, shown: string, why: string): void {
    this.settled.push({ what, shown: printable(shown), why, how: 'inferred' });
  }

  note(sentence: string): void {
    if (!this.notes.includes(sentence)) this.notes.push(sentence);
  }

  /**
   * The value of a choice. Without a terminal and without guesses an open one is kept as a problem and goes on with
   * what fits best, so that all of them are said together (`throwIfOpen`).
   *
   * @throws ConfigError where there is nothing to go on with
   */
  async settle<T>(choice: Choice<T>): Promise<T> {
    const settled = await this.attempt(choice);
    if (settled === undefined) throw new ConfigError(this.open);
    return settled;
  }

  /** The same, but undefined where there is nothing to go on with: the caller stops at `throwIfLacking`. */
  async attempt<T>(choice: Choice<T>): Promise<T | undefined> {
    const { what, value, sure, why, show } = choice;
    if (value !== undefined && (sure || this.guesses)) {
      this.settled.push({ what, shown: printable(show(value)), why, how: sure ? 'inferred' : 'guessed' });
      return value;
    }
    if (this.ask && !this.guesses) return this.answer(choice, this.ask);
    this.open.push({
      found: `${what} that cannot be told: ${why}`,
      expected:
        choice.expected ??
        (value === undefined ? 'it to be said' : `it to be said, or --yes to take ${quoted(show(value))}`),
      mend: choice.mend ?? `Add: ${choice.pass}`,
    });
    this.lacking ||= value === undefined;
    return value;
  }

  /** Throws ConfigError with a problem that no answer settles, before every choice that is still open. */
  refuse(problem: Problem): never {
    throw new ConfigError([problem, ...this.open]);
  }

  /** Throws ConfigError with every choice that is still open where one of them has no value at all. */
  throwIfLacking(): void {
    if (this.lacking) this.throwIfOpen();
  }

  /** Throws ConfigError with every choice that is still open. */
  throwIfOpen(): void {
    if (this.open.length > 0) throw new ConfigError(this.open);
  }

  private async answer<T>(choice: Choice<T>, ask: Ask): Promise<T> {
    const { what, value, why, show, read, pass } = choice;
    const offered = value === undefined ? '' : ` [${printable(show(value))}]`;
    for (let tries = 0; tries < TRIES; tries++) {
      const text = (await ask(`${what}: ${why}\n  ${what}${offered}? `)).trim();
      const answer = text === '' ? value : read(text);
      if (answer === undefined) continue;
      this.settled.push({ what, shown: printable(show(answer)), why: 'as answered', how: 'answered' });
      return answer;
    }
    throw new ConfigError([{ found: `no answer for ${what}`, expected: 'a value', mend: `Add: ${pass}` }]);
  }
}
