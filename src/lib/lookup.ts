/** Lookups of what must be there: that it is missing is a bug of this program, and is said as one. */

/** The value of a key that the map must have. */
export function lookUp<K, V>(map: ReadonlyMap<K, V>, key: K, what: string): V {
  const value = map.get(key);
  if (value === undefined) throw new Error(`no ${what} for ${String(key)}`);
  return value;
}

/** The value itself, where the caller knows that there is one. */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`no ${what}`);
  return value;
}
