/** Rules that GitHub's reference states in prose alone. */
import { invalidRequest, Refusal } from './refusal.js';
import type { Annotation, CheckRunBody, CommentBody } from './types.js';

const CHARACTERS_OF_A_COMMENT = 65_536;
const CHARACTERS_OF_A_TITLE = 255;
const BYTES_OF_A_MESSAGE = 64 * 1024;

/** What GitHub's reference says of an annotation in prose alone. */
function problemsOfAnnotation(annotation: Annotation): string[] {
  const { start_line, end_line, start_column, end_column, message, title, raw_details } = annotation;
  const problems: string[] = [];
  const numbers = [start_line, end_line, start_column, end_column];
  if (numbers.some((number) => number !== undefined && number < 1)) problems.push('lines and columns start at 1');
  if (start_line > end_line) problems.push('start_line must not be after end_line');
  if (start_line !== end_line && (start_column !== undefined || end_column !== undefined))
    problems.push('start_column and end_column need start_line and end_line to be the same');
  if (start_column !== undefined && end_column !== undefined && start_column > end_column)
    problems.push('start_column must not be after end_column');
  if (Buffer.byteLength(message) > BYTES_OF_A_MESSAGE) problems.push('message is too long (maximum is 64 KB)');
  if (Buffer.byteLength(raw_details ?? '') > BYTES_OF_A_MESSAGE)
    problems.push('raw_details is too long (maximum is 64 KB)');
  if ([...(title ?? '')].length > CHARACTERS_OF_A_TITLE) problems.push('title is too long (maximum is 255 characters)');
  return problems;
}

/** What GitHub's reference says of a check run in prose alone. */
export function checkProse({ head_sha, conclusion, completed_at, output }: Partial<CheckRunBody>): void {
  if (completed_at !== undefined && conclusion === undefined) throw invalidRequest(['"conclusion" wasn\'t supplied.']);
  if (conclusion === 'stale') throw invalidRequest(['Only GitHub can set the conclusion "stale".']);
  if (head_sha !== undefined && !/^[0-9a-f]{40}$/.test(head_sha))
    throw new Refusal(422, `No commit found for SHA: ${head_sha}`);
  const errors = (output?.annotations ?? []).flatMap((annotation, index) =>
    problemsOfAnnotation(annotation).map((message) => ({
      resource: 'CheckRun',
      code: 'invalid',
      field: 'annotations',
      index,
      message,
    })),
  );
  if (errors.length > 0) throw new Refusal(422, 'Validation Failed', errors);
}

export function checkComment({ body }: CommentBody): void {
  const refuse = (message: string) =>
    new Refusal(422, 'Validation Failed', [
      { resource: 'IssueComment', code: 'unprocessable', field: 'data', message },
    ]);
  if (body.trim() === '') throw refuse('Body cannot be blank');
  if ([...body].length > CHARACTERS_OF_A_COMMENT)
    throw refuse(`Body is too long (maximum is ${CHARACTERS_OF_A_COMMENT} characters)`);
}
