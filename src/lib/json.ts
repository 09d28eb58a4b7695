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

/**
 * The first key that stands twice in one object, with its offset in the text; undefined where none does. `text` must be valid JSON. Strings are skipped by their end, so that a line costs less than
 * parsing it does.
 */
export function doubledKey(text: string): { readonly key: string; readonly offset: number } | undefined {
  // Keys of the objects that are open, innermost last; undefined for a list.
  const open: (Set<string> | undefined)[] = [];
  let isKey = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) {
      const end = endOfString(text, i);
      const keys = isKey ? open[open.length - 1] : undefined;
      if (keys) {
        const raw = text.slice(i + 1, end);
        const key = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
        if (keys.has(key)) return { key, offset: i };
        keys.add(key);
        isKey = false;
      }
      i = end;
    } else if (code === 0x7b || code === 0x5b) {
      open.push(code === 0x7b ? new Set() : undefined);
      isKey = true;
    } else if (code === 0x7d || code === 0x5d) open.pop();
    else if (code === 0x2c) isKey = true;
  }
  return undefined;
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
