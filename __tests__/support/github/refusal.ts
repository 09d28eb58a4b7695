/** Answers of the server, and those that refuse. */

export const DOCS = 'https://docs.github.com/rest';

export interface Answer {
  readonly status: number;
  /** JSON, or a page where it is text. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export class Refusal extends Error {
  readonly answer: Answer;

  constructor(status: number, message: string, errors?: readonly object[]) {
    super(message);
    const details = errors === undefined ? {} : { errors };
    this.answer = { status, body: { message, ...details, documentation_url: DOCS, status: String(status) } };
  }
}

export const invalidRequest = (problems: readonly string[]) =>
  new Refusal(422, `Invalid request.\n\n${problems.join('\n')}`);
