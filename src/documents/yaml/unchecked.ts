/** Values of a file that its schema has not been held against: it may still lack what a command is to fill in. */

/** A mapping with the keys of a form, of whose values nothing is known. */
export type Unchecked<T> = { readonly [K in keyof T]?: unknown };

/** A value as such a mapping; undefined where it is none. */
export function unchecked<T>(value: unknown): Unchecked<T> | undefined {
  return typeof value === 'object' && value !== null ? (value as Unchecked<T>) : undefined;
}
