/**
 * The one rule of digests (docs/digests.md). That of a file is the sha256 of its bytes. That of a folder or a glob is
 * the sha256 of the lines `<sha256>  <relative path>\n` of its parts, sorted by the bytes of the path: what
 * `sha256sum` prints of them, in that order.
 */
import { createHash } from 'node:crypto';
import { createReadStream, realpathSync, statSync } from 'node:fs';
import type { Artefact } from './artefact.js';

/** sha256 of bytes or of a text in UTF-8, as 64 lower-case hexadecimal digits. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** sha256 of a file's bytes, as 64 lower-case hexadecimal digits. */
async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}

/**
 * The digest of several files: that of the lines `<sha256>  <path>\n`, sorted by the bytes of the path.
 *
 * @param digests by path
 */
export function manifestDigest(digests: ReadonlyMap<string, string>): string {
  const lines = [...digests].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return sha256(lines.map(([path, digest]) => `${digest}  ${path}\n`).join(''));
}

/** A file is itself while its real path, its size and the times of its last changes stay. */
export function identityOf(path: string): string {
  const { size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
  return [realpathSync(path), size, mtimeNs, ctimeNs].join('\0');
}

/** Milliseconds within which two changes of a file may bear one time, by the coarsest clock of a file system. */
const TICK = 2000;

/**
 * The identity of a file that is about to be read; undefined where its last change is so young that another could bear
 * the same time.
 */
export function settledIdentity(path: string): string | undefined {
  const identity = identityOf(path);
  return Date.now() - statSync(path).ctimeMs > TICK ? identity : undefined;
}

/** Makes something of files, once a file; nothing is kept beyond the run whose workspace owns this. */
export class OncePerFile<T> {
  private readonly made = new Map<string, Promise<T>>();

  constructor(private readonly make: (path: string) => Promise<T>) {}

  of(path: string): Promise<T> {
    const key = identityOf(path);
    const known = this.made.get(key);
    if (known) return known;
    const made = this.make(path);
    this.made.set(key, made);
    return made;
  }
}

/** The digests of one run: every file is hashed once, whoever asks. */
export class Digests {
  private readonly files = new OncePerFile(sha256File);

  /** The digest of one file. */
  ofFile(path: string): Promise<string> {
    return this.files.of(path);
  }

  /** The digest of an artefact, by the rule above. */
  async of({ kind, path, parts }: Artefact): Promise<string> {
    if (kind === 'file') return this.ofFile(path);
    const digests = new Map<string, string>();
    for (const part of parts) digests.set(part.name, await this.ofFile(part.path));
    return manifestDigest(digests);
  }

  /**
   * Tells if a pin is that of an artefact. A folder whose only part stands directly in it, as engines write a small
   * table, may be pinned by that part's own digest too: its name says nothing.
   */
  async matches(artefact: Artefact, pin: string): Promise<boolean> {
    if ((await this.of(artefact)) === pin) return true;
    const [only, ...others] = artefact.parts;
    if (only === undefined || others.length > 0 || only.name.includes('/')) return false;
    return (await this.ofFile(only.path)) === pin;
  }
}
