/**
 * A YAML file the user wrote, with the place of every key and value, checked against a JSON Schema.
 *
 * All mistakes of the file are found in one reading: syntax errors, duplicate keys, schema violations. Messages come
 * from the schema itself (`description`, `examples`), so that editors and the command line say the same thing.
 */
import type { ErrorObject, ValidateFunction } from 'ajv';
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { sha256 } from '../../data/artefacts/digests.js';
import { MAX_SHOWN, type Place, type Problem, ProblemList } from '../../errors.js';
import { compileGates } from '../../lib/gates-schema.js';
import { printable, quoted } from '../../lib/text.js';
import { missingKey, type Schema, schemaName, unknownKey, wrongKey, wrongValue } from './schema-words.js';

export const MAX_YAML_BYTES = 1024 * 1024;
const MAX_ALIASES = 100;

/** Keys from the root to a value; a number is an index of a list. */
export type Path = readonly (string | number)[];

/** Keys that the contract names but this version does not build, by the key's name: what to do meanwhile. */
export type NotBuilt = Readonly<Record<string, string>>;

export class YamlSource {
  readonly problems = new ProblemList();
  readonly sha256: string;
  /** The plain value; undefined when the file has syntax errors. */
  readonly value: unknown;
  private readonly root: Node | null = null;
  private readonly lines = new LineCounter();

  constructor(
    /** Path as shown to the user. */
    readonly file: string,
    readonly text: string,
  ) {
    this.sha256 = sha256(text);
    if (text.length > MAX_YAML_BYTES) {
      this.problems.add({
        place: { file, line: 1, column: 1 },
        found: `a file of ${text.length.toLocaleString('en-US')} characters`,
        expected: 'at most 1,048,576',
      });
      return;
    }
    // Duplicate keys are looked for below: the parser compares every key with every other.
    const document = parseDocument(text, {
      lineCounter: this.lines,
      version: '1.2',
      prettyErrors: false,
      uniqueKeys: false,
    });
    const errors = [...document.errors, ...document.warnings];
    for (const error of errors.slice(0, MAX_SHOWN)) this.addSyntax(error.pos[0], error.message);
    this.problems.count(Math.max(0, errors.length - MAX_SHOWN));
    this.addDuplicates(document);
    if (this.problems.any) return;
    this.root = document.contents;
    if (this.root === null) {
      this.problems.add({ place: { file, line: 1, column: 1 }, found: 'an empty file', expected: 'a YAML mapping' });
      return;
    }
    try {
      const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
      JSON.stringify(value); // throws where an alias stands inside its own anchor
      this.value = value;
    } catch (error) {
      this.problems.add({
        place: this.firstAlias(document),
        found: `YAML aliases that cannot be expanded (${printable((error as Error).message)})`,
        expected: `at most ${MAX_ALIASES} values from aliases, none of an anchor inside itself`,
        mend: 'Write the values out.',
      });
    }
  }

  private addSyntax(offset: number, message: string): void {
    const several = message.includes('parseAllDocuments');
    this.problems.add({
      place: this.placeAt(offset),
      found: several ? 'a second YAML document' : `YAML that cannot be read (${printable(message)})`,
      expected: several ? 'one document in a file' : 'valid YAML 1.2',
    });
  }

  /** Keys that are the same as texts, however they are written: 0 and "0" are one distance. */
  private addDuplicates(document: ReturnType<typeof parseDocument>): void {
    visit(document, {
      Map: (_, map) => {
        const seen = new Set<string>();
        for (const { key } of map.items) {
          const name = isScalar(key) ? String(key.value) : undefined;
          if (name !== undefined && seen.has(name) && isNode(key))
            this.problems.add({
              place: this.placeAt(key.range?.[0] ?? 0),
              found: `key ${quoted(name)}, a key that stands twice in this mapping`,
              expected: 'every key once',
              mend: 'Remove one of the two.',
            });
          if (name !== undefined) seen.add(name);
        }
      },
    });
  }

  private firstAlias(document: ReturnType<typeof parseDocument>): Place {
    let offset = 0;
    visit(document, {
      Alias(_, alias) {
        offset = alias.range?.[0] ?? 0;
        return visit.BREAK;
      },
    });
    return this.placeAt(offset);
  }

  private placeAt(offset: number): Place {
    const { line, col } = this.lines.linePos(offset);
    return { file: this.file, line, column: col };
  }

  /** Notes a problem of this file and is undefined, so that a reader can return it. */
  problem(place: Place, found: string, expected: string, mend?: string): undefined {
    this.problems.add({ place, found, expected, ...(mend === undefined ? {} : { mend }) });
    return undefined;
  }

  /** Gives the place of the value at `path`; for a path that does not exist, of the nearest enclosing value. */
  place(path: Path): Place {
    return this.find(path).value;
  }

  /** Gives the place of the key at the end of `path` (of the value, for an index of a list). */
  keyPlace(path: Path): Place {
    return this.find(path).key;
  }

  private find(path: Path): { key: Place; value: Place } {
    let node: unknown = this.root;
    let place = this.placeAt(this.root?.range?.[0] ?? 0);
    let key = place;
    for (const part of path) {
      const below = childOf(node, part);
      if (!below) break;
      if (isNode(below.key) && below.key.range) key = this.placeAt(below.key.range[0]);
      if (!isNode(below.child)) break;
      node = below.child;
      if (below.child.range) place = this.placeAt(below.child.range[0]);
    }
    return { key, value: place };
  }

  /** Gives the text of the scalar at `path` as it is written; undefined where none stands there. */
  written(path: Path): string | undefined {
    let node: unknown = this.root;
    for (const part of path) node = childOf(node, part)?.child;
    return isScalar(node) ? node.source : undefined;
  }

  /** Checks the file against a schema; every violation becomes one problem at its place. */
  check(validate: ValidateFunction, notBuilt: NotBuilt): void {
    if (this.value === undefined || validate(this.value)) return;
    // A failing `if` is reported by its branch, the members of `anyOf` by the `anyOf`, a key's pattern by its object.
    const errors = (validate.errors ?? []).filter(
      ({ keyword, schemaPath, propertyName }) =>
        keyword !== 'if' && !schemaPath.includes('/anyOf/') && propertyName === undefined,
    );
    for (const error of errors.slice(0, MAX_SHOWN)) this.addSchemaError(error, notBuilt);
    this.problems.count(Math.max(0, errors.length - MAX_SHOWN));
  }

  private valueAt(path: readonly string[]): unknown {
    return path.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], this.value);
  }

  private addUnbuilt(key: string, place: Place, notBuilt: NotBuilt): boolean {
    if (!Object.hasOwn(notBuilt, key)) return false;
    const mend = notBuilt[key]!;
    const found = `${quoted(key)}, which this version does not build yet`;
    this.problems.add({ place, found, expected: 'a key that it builds', mend });
    return true;
  }

  private addSchemaError(error: ErrorObject, notBuilt: NotBuilt): void {
    const path = pointerToPath(error.instancePath);
    const schema = (error.parentSchema ?? {}) as Schema;
    const inList = Array.isArray(this.valueAt(path.slice(0, -1)));
    const params = error.params as Record<string, unknown>;
    switch (error.keyword) {
      case 'additionalProperties':
      case 'unevaluatedProperties': {
        const key = String(params.additionalProperty ?? params.unevaluatedProperty);
        this.addKey([...path, key], key, notBuilt, unknownKey(key, schema));
        break;
      }
      case 'propertyNames': {
        const key = String(params.propertyName);
        this.addKey([...path, key], key, notBuilt, wrongKey(key, schema));
        break;
      }
      case 'required': {
        const owner = path.length === 0 ? undefined : schemaName(path, inList);
        this.problems.add({
          place: this.keyPlace(path),
          ...missingKey(String(params.missingProperty), owner, schema),
        });
        break;
      }
      default:
        this.problems.add({ place: this.place(path), ...wrongValue(error, schema, path, inList) });
    }
  }

  /** A key that should not be there: one that is not built yet, or else the words that are given. */
  private addKey(path: Path, key: string, notBuilt: NotBuilt, words: Omit<Problem, 'place'>): void {
    const place = this.keyPlace(path);
    if (!this.addUnbuilt(key, place, notBuilt)) this.problems.add({ place, ...words });
  }
}

/**
 * Gives what stands under a key of a mapping, or at an index of a list: undefined where nothing does, or where the node
 * is an alias. An entry of a list is its own key.
 */
function childOf(node: unknown, part: string | number): { readonly key: unknown; readonly child: unknown } | undefined {
  if (isAlias(node)) return undefined;
  if (isMap(node)) {
    const pair = node.items.find((p) => isScalar(p.key) && String(p.key.value) === String(part));
    return pair && { key: pair.key, child: pair.value ?? pair.key };
  }
  if (!isSeq(node)) return undefined;
  const child: unknown = node.items[Number(part)];
  return { key: child, child };
}

function pointerToPath(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replace(/~1/g, '/').replace(/~0/g, '~'));
}

/**
 * Compiles a schema when it is first asked for, and once; errors keep the schema that was violated, for its description
 * and example.
 */
export function lazySchema(schema: object): () => ValidateFunction {
  let compiled: ValidateFunction | undefined;
  return () => {
    compiled ??= compileGates(dereference(schema, schema as Schema) as object, { allErrors: true, verbose: true });
    return compiled;
  };
}

/**
 * Puts `#/definitions/…` in the place of its `$ref`; what stands beside the `$ref` wins. So each key's schema has its
 * own example.
 */
function dereference(value: unknown, root: Schema): unknown {
  if (Array.isArray(value)) return value.map((member) => dereference(member, root));
  if (typeof value !== 'object' || value === null) return value;
  const { $ref, ...rest } = value as { $ref?: string };
  const own = Object.fromEntries(Object.entries(rest).map(([key, member]) => [key, dereference(member, root)]));
  if ($ref === undefined) return own;
  const definitions = root.definitions as Record<string, unknown>;
  return { ...(dereference(definitions[$ref.replace('#/definitions/', '')], root) as object), ...own };
}
