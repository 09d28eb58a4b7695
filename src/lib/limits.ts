/** How much memory a table may take, said before it is taken: a file of a few bytes can declare any number of rows. */
import { ConfigError, DataError } from '../errors.js';

/** Bytes that one table may decode to where nothing else is said: 500 million numbers. Judgement of this project. */
export const DEFAULT_MAX_DECODED = 8_000_000_000;
const VARIABLE = 'SKEWGATE_MAX_DECODED_BYTES';

/** What a number takes while it is read: as the reader has it, and as the column that is kept. */
const BYTES_A_VALUE = 16;
/** What a byte of text takes: the page, its text, and what refers to it. */
export const BYTES_A_TEXT_BYTE = 8;

/** What values take, given the bytes that their pages decompress to. */
export function decodedBytes(values: number, uncompressed: number, texts: boolean): number {
  return values * BYTES_A_VALUE + uncompressed * (texts ? BYTES_A_TEXT_BYTE : 1);
}

/** The limit, which the environment may set. */
export function maxDecodedBytes(environment: NodeJS.ProcessEnv = process.env): number {
  const written = environment[VARIABLE];
  if (written === undefined || written === '') return DEFAULT_MAX_DECODED;
  if (/^[1-9][0-9]{0,15}$/.test(written)) return Number(written);
  throw new ConfigError([
    {
      found: `${VARIABLE}=${written.slice(0, 40)}`,
      expected: 'a whole number of bytes above 0',
      mend: `Write: ${VARIABLE}=${DEFAULT_MAX_DECODED}`,
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
      mend: `Leave out rows or columns, or set the environment variable ${VARIABLE}=${Math.ceil(bytes)} where there is memory for it.`,
    },
  ]);
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toLocaleString('en-US', { maximumSignificantDigits: 3 });
}
