/** JSON whose whole numbers stay exact, and whose objects have every key once. */
import { parse as parseExact } from 'lossless-json';

/** A whole number that float64 might not hold. */
const LONG_INTEGER = /(?<![0-9.eE"+-])-?[0-9]{16,}(?![0-9.eE])/;

/**
 * Whole numbers beyond 2^53 become bigints. Throws SyntaxError, as JSON.parse does.
 *
 * @param parsed the same text as JSON.parse gives it, where that is known already
 */
export function parseExactJson(text: string, parsed: unknown = JSON.parse(text)): unknown {
  return LONG_INTEGER.test(text) ? parseExact(text, undefined, { parseNumber: exactNumber }) : parsed;
}

function exactNumber(text: string): number | bigint {
  return /^-?[0-9]+$/.test(text) && !Number.isSafeInteger(Number(text)) ? BigInt(text) : Number(text);
}

const QUOTATION_MARK = 0x22;
const COMMA = 0x2c;
const [OPEN_BRACKET, CLOSE_BRACKET] = [0x5b, 0x5d];
const [OPEN_BRACE, CLOSE_BRACE] = [0x7b, 0x7d];

/**
 * The first key that stands twice in one object, with its offset in the text; undefined where none does. `text` must
 * be valid JSON. Strings are skipped by their end, so that a line costs less than parsing it does.
 */
export function doubledKey(text: string): { readonly key: string; readonly offset: number } | undefined {
  // Keys of the objects that are open, innermost last; undefined for a list.
  const open: (Set<string> | undefined)[] = [];
  let isKey = false;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTATION_MARK: {
        const offset = i;
        i = endOfString(text, offset);
        const keys = isKey ? open[open.length - 1] : undefined;
        if (!keys) break;
        const key = stringBetween(text, offset, i);
        if (keys.has(key)) return { key, offset };
        keys.add(key);
        isKey = false;
        break;
      }
      case OPEN_BRACE:
      case OPEN_BRACKET:
        open.push(text.charCodeAt(i) === OPEN_BRACE ? new Set() : undefined);
        isKey = true;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        open.pop();
        break;
      case COMMA:
        isKey = true;
    }
  }
  return undefined;
}

/** The string whose quotation marks stand at two offsets. */
function stringBetween(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end);
  return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
}

/** The index of the closing quotation mark of the string that starts at `from`. */
function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}
