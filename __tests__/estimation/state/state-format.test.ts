import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DataError } from '../../../src/errors.js';
import { clusterKey } from '../../../src/estimation/state/cluster-sums.js';
import { type Numbers, pack, Unpacked } from '../../../src/estimation/state/container.js';
import { censusDigest, FORMAT, parseManifest } from '../../../src/estimation/state/manifest.js';
import { rowKey, rowSetOf } from '../../../src/estimation/state/row-set.js';
import { readState, writeState } from '../../../src/estimation/state/state-folder.js';
import { decodeState, encodeState } from '../../../src/estimation/state/state-format.js';
import { fillState } from '../../../src/estimation/tabulation/fill-state.js';
import { hash32 } from '../../../src/lib/hash.js';
import { coded } from '../../fixtures/metrics.js';
import { censusOf, inputsOf, numbersOf, ORIGIN, rowList } from './states.js';

const rows = fc.sample(rowList, { seed: 11, numRuns: 1 })[0]!;
const state = fillState(inputsOf(rows));
const encoded = encodeState(state, ORIGIN);

describe('a state that is written and read', () => {
  test('is the same to the bit, with all of its keys', () => {
    fc.assert(
      fc.property(rowList, (some) => {
        const before = fillState(inputsOf(some, { link: 'sigmoid', metrics: ['log_loss', 'brier', 'ece'] }));
        const { state: after } = decodeState(encodeState(before, ORIGIN), 'state');
        expect(numbersOf(after)).toEqual(numbersOf(before));
        expect(after.census.cells).toEqual(before.census.cells);
        expect(after.columns).toEqual(before.columns);
        expect(after.lacks).toEqual([{ metric: 'ece', needs: 'bins' }]);
        expect(after.held).toEqual(before.census.all);
      }),
      { numRuns: 40 },
    );
  });

  test('is written alike however often, and says whose it is', () => {
    expect(encodeState(decodeState(encoded, 'state').state, ORIGIN)).toEqual(encoded);
    const { manifest } = decodeState(encoded, 'state');
    expect(manifest.origin).toEqual(ORIGIN);
    expect(manifest.hashes).toEqual({ bucket: 'fnv1a32-fmix', buckets: 1024, cluster: 'sha256-64' });
    expect(manifest.census.rows).toBe(rows.length);
  });

  test('keeps masses that the sweep does not cover as what they are: not a number', () => {
    const masses: [string, number][] = [['small', Number.NaN]];
    const against = { family: 'candidate', query: 0, item: 0 } as const;
    const columns = state.columns.map((key, c) => (c === 3 ? { parts: [{ ...against, mass: masses }], against } : key));
    expect(decodeState(encodeState({ ...state, columns }, ORIGIN), 'state').state.columns).toEqual(columns);
  });

  test('is refused before it is written where two columns have one key', () => {
    const columns = state.columns.map(() => state.columns[0]!);
    expect(() => encodeState({ ...state, columns }, ORIGIN)).toThrow('two columns of one key');
  });
});

describe('a state that is not whole', () => {
  const refusal = (manifest: string, data = encoded.data) => {
    try {
      decodeState({ manifest, data }, 'shards/2');
    } catch (error) {
      expect(error).toBeInstanceOf(DataError);
      return (error as DataError).message;
    }
    return 'read';
  };
  const changed = (change: (manifest: Record<string, never>) => void) => {
    const manifest = JSON.parse(encoded.manifest);
    change(manifest);
    return JSON.stringify(manifest);
  };

  test('is refused where bytes are missing or changed', () => {
    expect(refusal(encoded.manifest, encoded.data.subarray(0, -8))).toMatch(
      /^shards\/2: \d+ bytes of numbers; expected/,
    );
    fc.assert(
      fc.property(fc.nat({ max: encoded.data.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const data = encoded.data.slice();
        data[at]! ^= change;
        expect(refusal(encoded.manifest, data)).toMatch(/^shards\/2: numbers with the digest/);
      }),
      { numRuns: 30 },
    );
  });

  test('is refused where the manifest is none, of another version, or says something else', () => {
    expect(refusal('{"format":')).toMatch(/no JSON/);
    expect(refusal('null')).toMatch(/JSON without a format/);
    expect(refusal(changed((m) => Object.assign(m, { format: 'skewgate.state/9' })))).toMatch(
      /format "skewgate.state\/9"; expected skewgate.state\/1/,
    );
    expect(refusal(changed((m) => Object.assign(m, { held: { rows: -1, keys: 0 } })))).toMatch(/"\/held\/rows"/);
    expect(refusal(changed((m) => Object.assign(m, { more: 1 })))).toMatch(/"\/", which must NOT have additional/);
    expect(refusal(changed((m) => Object.assign(m, { quantities: ['loss', 'gain'] })))).toMatch(
      /column "sums.gain.queryMarginals" missing/,
    );
  });

  test('is refused where its columns do not fit its keys', () => {
    const cells = decodeState(encoded, 'state').manifest.cells;
    expect(refusal(changed((m) => Object.assign(m, { cells: cells.slice(1) })))).toMatch(/column "census.query.first"/);
    const renamed = cells.map((cell, i) => (i === 1 ? { ...cell, values: ['other'] } : cell));
    expect(refusal(changed((m) => Object.assign(m, { cells: renamed })))).toMatch(/a census that is not its own/);
    expect(refusal(changed((m) => Object.assign(m, { columns: state.columns.slice(1) })))).toMatch(
      /column "differences"/,
    );
    expect(refusal(changed((m) => Object.assign(m, { denominators: ['w', 'wy'], quantities: ['loss'] })))).toBe('read');
  });
});

describe('columns of numbers', () => {
  test('stand at multiples of 8 and come back as they were', () => {
    const columns = new Map<string, Numbers>([
      ['a', Uint8Array.of(1, 2, 3)],
      ['b', Float64Array.of(0.1, Number.NaN, -0)],
      ['c', Uint16Array.of(65535)],
      ['d', Uint32Array.of(7, 8, 9)],
      ['e', BigUint64Array.of(2n ** 64n - 1n)],
    ]);
    const { sections, data } = pack(columns);
    expect(sections.every(({ offset }) => offset % 8 === 0)).toBe(true);
    // At an odd place of a larger buffer, as a slice of a pool is.
    const pool = new Uint8Array(data.length + 3);
    pool.set(data, 3);
    const unpacked = new Unpacked(sections, pool.subarray(3), 'state');
    for (const { name, type } of sections) expect(unpacked.take(name, type)).toEqual(columns.get(name));
  });

  test('are refused where they are not there, of another type or length, or beyond the end', () => {
    const { sections, data } = pack(new Map([['a', Uint32Array.of(0, 2, 1)]]));
    const of = (change: object) => new Unpacked([{ ...sections[0]!, ...change }], data, 'state');
    expect(() => of({}).take('b', 'u32')).toThrow(/column "b" missing/);
    expect(() => of({}).take('a', 'f64')).toThrow(/of 3 u32/);
    expect(() => of({}).take('a', 'u32', 4)).toThrow(/expected 4 numbers/);
    expect(() => of({ length: 5 }).take('a', 'u32')).toThrow(/within 16 bytes/);
    expect(() => of({ offset: 4, length: 2 }).take('a', 'u32')).toThrow(/at byte 4/);
    expect(() => of({}).starts('a', 2)).toThrow(/that goes back/);
  });
});

describe('a folder of a state', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'skewgate-state-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('has a manifest and numbers, and reads back', () => {
    writeState(join(folder, 'a/b'), state, ORIGIN);
    expect(readdirSync(join(folder, 'a/b')).sort()).toEqual(['manifest.json', 'state.bin']);
    expect(numbersOf(readState(join(folder, 'a/b'), 'a/b').state)).toEqual(numbersOf(state));
    expect(JSON.parse(readFileSync(join(folder, 'a/b/manifest.json'), 'utf8')).format).toBe(FORMAT);
  });

  test('is refused where the job that wrote it did not come to its end', () => {
    expect(() => readState(folder, 'out/1')).toThrow(
      /^out\/1\/manifest.json: no such file; expected the manifest.json/,
    );
    writeState(folder, state, ORIGIN);
    rmSync(join(folder, 'state.bin'));
    expect(() => readState(folder, 'out/1')).toThrow(/^out\/1\/state.bin: no such file/);
    writeFileSync(join(folder, 'state.bin'), encoded.data.subarray(0, 100));
    expect(() => readState(folder, 'out/1')).toThrow(/100 bytes of numbers/);
  });
});

describe('the hashes of a state', () => {
  test('of a cluster are the first 64 bits of SHA-256 over UTF-8', () => {
    // FIPS 180-2, and sha256sum of the two bytes of ä.
    expect(clusterKey('abc')).toBe(0xba7816bf8f01cfean);
    expect(clusterKey('ä')).toBe(0x33e6d73fee82904cn);
  });

  test('of rows add up: any set of rows has the XOR of its parts, and a pair is not its mirror image', () => {
    const names = ['a', 'b', 'c', 'ü'];
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names))), fc.nat(), (pairs, at) => {
        const setOf = (list: typeof pairs) => rowSetOf(coded(list.map(([q]) => q)), coded(list.map(([, i]) => i)));
        const cut = at % (pairs.length + 1);
        const [whole, one, two] = [pairs, pairs.slice(0, cut), pairs.slice(cut)].map(setOf);
        expect(whole).toEqual({ rows: one!.rows + two!.rows, keys: (one!.keys ^ two!.keys) >>> 0 });
      }),
    );
    expect(rowKey(hash32('a'), hash32('b'))).not.toBe(rowKey(hash32('b'), hash32('a')));
  });

  test('of a census change with any of its weights, cells or rows', () => {
    const digest = censusDigest(censusOf(rows));
    expect(censusDigest(censusOf(rows))).toBe(digest);
    const heavier = rows.map((one, i) => (i === 0 ? { ...one, weight: one.weight + 0.125 } : one));
    expect(censusDigest(censusOf(heavier))).not.toBe(digest);
    expect(censusDigest(censusOf(rows.map((one) => ({ ...one, tier: `${one.tier}!` }))))).not.toBe(digest);
    const elsewhere = rows.map((one) => ({ ...one, query: one.query + 5 }));
    expect(censusDigest(censusOf(elsewhere))).not.toBe(digest);
  });
});

test('a manifest is read by its own words alone', () => {
  expect(parseManifest(encoded.manifest, 'm').cells[0]).toEqual({ columns: [], values: [] });
});
