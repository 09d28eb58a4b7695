/** Some rows of a column of codes, with the names that they have alone. */
import type { Coded } from '../tables/identity.js';

/** By column of codes: the number that a name was given last, and in which round; used again for every part. */
const scratch = new WeakMap<
  readonly string[],
  { readonly code: Int32Array; readonly round: Int32Array; now: number }
>();

/** Codes by order of first appearance among `rows`. */
export function mapCodes({ codes, names }: Coded, rows: Int32Array): Coded {
  let own = scratch.get(names);
  if (!own) {
    own = { code: new Int32Array(names.length), round: new Int32Array(names.length), now: 0 };
    scratch.set(names, own);
  }
  const { code, round } = own;
  const now = ++own.now;
  const kept: string[] = [];
  const found = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const c = codes[rows[i]!]!;
    if (round[c] !== now) {
      round[c] = now;
      code[c] = kept.push(names[c]!) - 1;
    }
    found[i] = code[c]!;
  }
  return { codes: found, names: kept };
}
