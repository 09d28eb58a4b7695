/**
 * Records between the names of the program (`atZero`) and those of its files (`at_zero`): one level, so that keys that
 * are data stay as they are.
 */

/** `atZero` → `at_zero`. */
type SnakeCase<S extends string> = S extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${SnakeCase<Tail>}`
  : S;

/** `at_zero` → `atZero`. */
type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

/** A record as a file has it: its own keys in snake_case, and a number that may be null. */
export type Snaked<T> = { [K in keyof T as SnakeCase<K & string>]: T[K] };

/** A record of a file as the program has it: a null is NaN, but under the keys `N`. */
export type Cameled<T, N> = {
  [K in keyof T as CamelCase<K & string>]: K extends N ? T[K] : null extends T[K] ? Exclude<T[K], null> | number : T[K];
};

/**
 * The record with its own keys in snake_case. A number that is not finite becomes null, as JSON has none; a key of
 * undefined is left out.
 */
export function snake<T extends object>(record: T): Snaked<T> {
  const entries = Object.entries(record)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), finite(value)]);
  return Object.fromEntries(entries) as Snaked<T>;
}

/**
 * The record with its own keys in camelCase, null read as NaN.
 *
 * @param nullable the keys (of the file) under which a null says that there is nothing, and stays one
 */
export function camel<T extends object, const N extends keyof T = never>(
  record: T,
  nullable: readonly N[] = [],
): Cameled<T, N> {
  const stays = new Set<string>(nullable.map(String));
  const entries = Object.entries(record).map(([key, value]) => [
    key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    value === null && !stays.has(key) ? Number.NaN : value,
  ]);
  return Object.fromEntries(entries) as Cameled<T, N>;
}

/**
 * Takes a value of the form `W` that has no other keys: in an object literal with spreads the compiler lets those
 * through.
 *
 * @example exactly<Form>()({ ...snake(record), list: [] })
 */
export function exactly<W extends object>(): <V extends W>(
  value: V & { readonly [K in Exclude<keyof V, keyof W>]: never },
) => W {
  return (value) => value;
}

function finite(value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? null : value;
}
