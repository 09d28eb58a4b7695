/**
 * Limits of the memory that a table may take, said before it is taken, and of the time of a model: a file of a few
 * bytes can declare any number of rows, or loop.
 */
import { ConfigError, DataError } from '../../errors.js';

/** Bytes that one table may decode to where nothing else is said: 500 million numbers. Judgement of this project. */
export const DEFAULT_MAX_DECODED = 8_000_000_000;
const VARIABLE = 'SKEWGATE_MAX_DECODED_BYTES';

/** Bytes that a number takes while it is read: as the reader has it, and as the column that is kept. */
const BYTES_A_VALUE = 16;
/** Bytes that a byte of text takes: the page, its text, and what refers to it. */
export const BYTES_A_TEXT_BYTE = 8;

/** Gives the bytes that values take, from the bytes that their pages decompress to. */
export function decodedBytes(values: number, uncompressed: number, texts: boolean): number {
  return values * BYTES_A_VALUE + uncompressed * (texts ? BYTES_A_TEXT_BYTE : 1);
}

/**
 * Seconds that one checkpoint may take to embed what is asked of it, where nothing else is said. Judgement of this
 * project.
 */
const DEFAULT_MAX_MODEL_SECONDS = 3600;
export const MODEL_VARIABLE = 'SKEWGATE_MAX_MODEL_SECONDS';

/** The limit, which the environment may set. */
export function maxDecodedBytes(environment: NodeJS.ProcessEnv = process.env): number {
  return limitOf(environment, VARIABLE, DEFAULT_MAX_DECODED, 'bytes');
}

/**
 * The limit of a checkpoint's time in seconds, which the environment may set. It is looked at between batches, as the
 * runtime cannot be interrupted within one.
 */
export function maxModelSeconds(environment: NodeJS.ProcessEnv = process.env): number {
  return limitOf(environment, MODEL_VARIABLE, DEFAULT_MAX_MODEL_SECONDS, 'seconds');
}

/** Rows from which on those of scores are read in parts. Judgement of this project. */
const DEFAULT_STREAMED_FROM = 2_000_000;
/** Rows of a part: with all that is computed of them they take some hundred megabytes. Judgement of this project. */
const DEFAULT_PART_ROWS = 125_000;

/** Rows from which on those of scores are read in parts, which the environment may set. */
export function streamedFrom(environment: NodeJS.ProcessEnv = process.env): number {
  return limitOf(environment, 'SKEWGATE_STREAM_FROM_ROWS', DEFAULT_STREAMED_FROM, 'rows');
}

/** Rows of a part, more or less, which the environment may set. */
export function partRows(environment: NodeJS.ProcessEnv = process.env): number {
  return limitOf(environment, 'SKEWGATE_PART_ROWS', DEFAULT_PART_ROWS, 'rows');
}

function limitOf(environment: NodeJS.ProcessEnv, variable: string, otherwise: number, unit: string): number {
  const written = environment[variable];
  if (written === undefined || written === '') return otherwise;
  if (/^[1-9][0-9]{0,15}$/.test(written)) return Number(written);
  throw new ConfigError([
    {
      found: `${variable}=${written.slice(0, 40)}`,
      expected: `a whole number of ${unit} above 0`,
      mend: `Write: ${variable}=${otherwise}`,
    },
  ]);
}

/** Refuses what would decode to more than the limit. `what`: `20,000,000 rows of 3 columns`. */
export function refuseBeyondLimit(bytes: number, shown: string, what: string): void {
  const limit = maxDecodedBytes();
  if (bytes <= limit) return;
  throw new DataError([
    {
      place: { file: shown },
      found: `${what}, which take about ${gigabytes(bytes)} GB to decode`,
      expected: `at most ${gigabytes(limit)} GB`,
      mend:
        `Leave out rows or columns, or set the environment variable ${VARIABLE}=${Math.ceil(bytes)} where there ` +
        'is memory for it.',
    },
  ]);
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toLocaleString('en-US', { maximumSignificantDigits: 3 });
}
