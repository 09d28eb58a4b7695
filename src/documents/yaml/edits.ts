/**
 * Edits of a YAML file that keep its comments, its order and its quotation marks (blanks before a comment become one).
 * Keys are compared by their texts.
 */
import {
  type Document,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  type Scalar,
  YAMLMap,
} from 'yaml';
import type { Path } from './source.js';

/** A value that a file may be given. */
export type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };

/**
 * The place of one digest below the mapping `owner`:
 * - `own`   owner: {sha256: …}
 * - `keyed` owner: {sha256: {key: …}}
 * - `table` owner: {key: {path: …, sha256: …}}, which may stand as `key: path` so far
 */
export type PinSlot =
  | { readonly form: 'own'; readonly owner: Path }
  | { readonly form: 'keyed' | 'table'; readonly owner: Path; readonly key: string };

export class YamlEdits {
  private readonly document: Document;

  /** @param text of a file that YamlSource has no problem with */
  constructor(text: string) {
    this.document = parseDocument(text, { uniqueKeys: false });
  }

  /**
   * Gives the key at the end of a path a value, which replaces the one that is there or is added as the last. A list or
   * a mapping is written as the one before it was, in brackets or in lines.
   *
   * @returns true where the file changes
   * @throws Error where no mapping stands at the path's parent: a bug
   */
  set(path: Path, value: Value): boolean {
    const key = path.at(-1);
    if (key === undefined) throw new Error('a file as a whole is no value of a key');
    return this.put(this.mapping(path.slice(0, -1)), String(key), value);
  }

  /**
   * Puts a value before the first of a list, or under a key before the first key of a mapping, in the form that the
   * others have; comments stay with what they stand beside.
   *
   * @param key of a mapping; left out: the path leads to a list
   * @throws Error where neither stands there, or the key does already: a bug
   */
  putFirst(path: Path, value: string | number, key?: string): void {
    const found = this.at(path);
    if (key === undefined && isSeq(found)) {
      found.items.unshift(this.like(found.items[0], value));
      return;
    }
    if (key === undefined || !isMap(found) || pairOf(found, key)) throw new Error(`no place at ${path.join('.')}`);
    const first = found.items[0];
    const made = this.document.createPair(key, value);
    if (first && isScalar(first.key) && isScalar(made.key)) made.key = this.like(first.key, key);
    found.items.unshift(made);
  }

  /**
   * Takes out an entry of a list or the key of a mapping.
   *
   * @returns true where it was there
   */
  remove(path: Path): boolean {
    const owner = this.at(path.slice(0, -1));
    const last = path.at(-1);
    if (isSeq(owner)) return owner.items.splice(Number(last), 1).length > 0;
    if (!isMap(owner)) return false;
    const pair = pairOf(owner, String(last));
    if (!pair) return false;
    owner.items.splice(owner.items.indexOf(pair), 1);
    return true;
  }

  /** A scalar that is written as another one is: with its quotation marks, without its comments. */
  private like(other: unknown, value: string | number): Scalar {
    const made = this.document.createNode(value) as Scalar;
    if (isScalar(other) && typeof value === 'string' && typeof other.value === 'string' && other.type)
      made.type = other.type;
    return made;
  }

  /** True where `setPin` can write there: false of an alias, as what it stands for belongs to another key too. */
  canPin(slot: PinSlot): boolean {
    if (!isMap(this.at(slot.owner))) return false;
    if (slot.form !== 'table') return true;
    const table = this.at([...slot.owner, slot.key]);
    return isMap(table) || isScalar(table);
  }

  /**
   * Writes a digest; one that differs by upper case alone stays as it is written.
   *
   * @param digest 64 lower-case hexadecimal digits
   * @returns true where the file changes
   * @throws Error where `canPin` is false: a bug
   */
  setPin(slot: PinSlot, digest: string): boolean {
    const owner = this.mapping(slot.owner);
    switch (slot.form) {
      case 'own':
        return this.putDigest(owner, 'sha256', digest);
      case 'keyed':
        return this.putDigest(pinsOf(owner), slot.key, digest);
      case 'table':
        return this.putTable(owner, slot.key, digest);
    }
  }

  /** The plain value of the file as it is now. */
  value(): unknown {
    return this.document.toJS({ maxAliasCount: 100 });
  }

  /** The text of the file as it is now. */
  toString(): string {
    return this.document.toString({ lineWidth: 0, flowCollectionPadding: false });
  }

  private putTable(tables: YAMLMap, name: string, digest: string): boolean {
    const pair = pairOf(tables, name);
    const written = pair?.value;
    if (isMap(written)) return this.putDigest(written, 'sha256', digest);
    if (!pair || !isScalar(written)) throw new Error(`${name} is no table`);
    const pinned = new YAMLMap();
    pinned.flow = true;
    pinned.set('path', String(written.value));
    pinned.set('sha256', digest);
    if (written.comment) pinned.comment = written.comment;
    pair.value = pinned;
    return true;
  }

  private putDigest(owner: YAMLMap, key: string, digest: string): boolean {
    const written = pairOf(owner, key)?.value;
    if (isScalar(written) && String(written.value).toLowerCase() === digest) return false;
    return this.put(owner, key, digest);
  }

  private put(owner: YAMLMap, key: string, value: Value): boolean {
    const pair = pairOf(owner, key);
    if (!pair) {
      owner.set(key, this.document.createNode(value));
      return true;
    }
    const old = pair.value;
    if (isScalar(old) && typeof value !== 'object') {
      const changed = old.value !== value;
      old.value = value;
      return changed;
    }
    if (isCollection(old) && JSON.stringify(old) === JSON.stringify(value)) return false;
    const made = this.document.createNode(value);
    if (isCollection(old) || isScalar(old)) {
      if (old.comment) made.comment = old.comment;
      if (old.commentBefore) made.commentBefore = old.commentBefore;
    }
    if (isCollection(old) && isCollection(made) && old.flow !== undefined) made.flow = old.flow;
    pair.value = made;
    return true;
  }

  private mapping(path: Path): YAMLMap {
    const found = this.at(path);
    if (!isMap(found)) throw new Error(`no mapping at ${path.join('.')}`);
    return found;
  }

  private at(path: Path): unknown {
    return path.reduce<unknown>((node, part) => {
      if (isMap(node)) return pairOf(node, String(part))?.value;
      return isSeq(node) ? node.items[Number(part)] : undefined;
    }, this.document.contents);
  }
}

/**
 * A text with one scalar replaced where it stands, so that nothing else of the file changes; undefined where no scalar
 * stands at the path, or an alias does.
 *
 * @param value a plain scalar, such as `1.3%`
 */
export function withScalar(text: string, path: Path, value: string): string | undefined {
  const node: unknown = parseDocument(text, { uniqueKeys: false }).getIn(path, true);
  if (!isScalar(node) || !node.range) return undefined;
  const [from, to] = node.range;
  return text.slice(0, from) + value + text.slice(to);
}

function pairOf(owner: YAMLMap, key: string): Pair | undefined {
  // A key that was added is a text, one that was read a node.
  return owner.items.find((pair) => String(isScalar(pair.key) ? pair.key.value : pair.key) === key);
}

/** The mapping of digests, made in braces where there is none. */
function pinsOf(owner: YAMLMap): YAMLMap {
  const pair = pairOf(owner, 'sha256');
  if (isMap(pair?.value)) return pair.value;
  const made = new YAMLMap();
  made.flow = true;
  if (pair) pair.value = made;
  else owner.set('sha256', made);
  return made;
}
