/** The folder of a cache: what is kept, what is removed, what is never touched. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KEPT_DAYS, VectorCache } from '../../../src/data/vectors/vector-cache.js';
import { ConfigError } from '../../../src/errors.js';

const KEY = '0'.repeat(64);
const OTHER = '1'.repeat(64);
const BLOCK = { count: 2, dimension: 2, data: Float32Array.of(1, 2, 3, 4) };
const DAY = 86_400_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skewgate-cache-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The file of a key, in the folder of this processor. */
function fileOf(key: string): string {
  const [own] = readdirSync(folder).filter((name) => /^[0-9a-f]{16}$/.test(name));
  return join(folder, own!, `${key}.vec`);
}

describe('the cache', () => {
  it('gives in another run what was kept in one', () => {
    new VectorCache(folder).keep(KEY, BLOCK);
    const cache = new VectorCache(folder);
    expect(cache.find(KEY)).toEqual(BLOCK);
    expect(cache.find(OTHER)).toBeUndefined();
    expect(cache.close()).toMatchObject({ taken: 1, embedded: 0, damaged: 0, entries: 1 });
  });

  it('gives nothing that is cut off, and counts it', () => {
    new VectorCache(folder).keep(KEY, BLOCK);
    truncateSync(fileOf(KEY), 40);
    const cache = new VectorCache(folder);
    expect(cache.find(KEY)).toBeUndefined();
    expect(cache.close()).toMatchObject({ taken: 0, damaged: 1 });
  });

  it('gives nothing that a link in place of an entry leads to', () => {
    const cache = new VectorCache(folder);
    cache.keep(KEY, BLOCK);
    symlinkSync(fileOf(KEY), fileOf(OTHER));
    expect(cache.find(OTHER)).toBeUndefined();
  });

  it('removes what no run has used for long, and what was never finished; no other file', () => {
    const cache = new VectorCache(folder);
    for (const key of [KEY, OTHER]) cache.keep(key, BLOCK);
    const notOurs = join(folder, 'notes.txt');
    const unfinished = `${fileOf(KEY)}.x.part`;
    for (const file of [notOurs, unfinished]) writeFileSync(file, 'x');
    const long = new Date(Date.now() - (KEPT_DAYS + 1) * DAY);
    for (const file of [notOurs, unfinished, fileOf(KEY), fileOf(OTHER)]) utimesSync(file, long, long);
    // Its use makes it young again.
    expect(cache.find(KEY)).toEqual(BLOCK);
    expect(cache.close()).toMatchObject({ removed: 1, entries: 1 });
    expect([KEY, OTHER].map((key) => existsSync(fileOf(key)))).toEqual([true, false]);
    expect([notOurs, unfinished].map((file) => existsSync(file))).toEqual([true, false]);
  });

  it('leads nowhere else by a link in the place of its folder', () => {
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, join(folder, 'link'));
    expect(() => new VectorCache(join(folder, 'link'))).toThrow(ConfigError);
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  it('is refused where it cannot be made', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => new VectorCache(join(folder, 'file'))).toThrow(/cannot be written .*the verdict is the same without/);
  });
});
