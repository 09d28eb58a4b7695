/** Rows through a temporary file: what comes back, and what is said where the disk fails. */
import { closeSync, ftruncateSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DistinctIds } from '../../../src/data/spill/distinct-ids.js';
import type { Layout, SpilledRows } from '../../../src/data/spill/layout.js';
import { RowSpill, readSpilled } from '../../../src/data/spill/row-spill.js';
import type { Coded } from '../../../src/data/tables/identity.js';
import { hash32, hashesOf } from '../../../src/lib/hash.js';
import { coded } from '../../fixtures/metrics.js';

const LAYOUT: Layout = { ids: ['id'], codes: ['slice'], numbers: ['x'] };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skewgate-spill-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function rowsOf(names: readonly string[]): SpilledRows {
  return {
    rows: names.length,
    ids: new Map([['id', coded(names)]]),
    codes: new Map([['slice', Int32Array.from(names, (_, r) => r % 3)]]),
    numbers: new Map([['x', Float64Array.from(names, (_, r) => r / 7)]]),
  };
}

/** The rows as lists that can be compared. */
function listed({ ids, codes, numbers }: SpilledRows): unknown[] {
  const id = ids.get('id')!;
  return Array.from(id.codes, (code, r) => [id.names[code], codes.get('slice')![r], numbers.get('x')![r]]);
}

test('every row comes back once, in its part, in the order of its batch', () => {
  const names = fc.array(fc.oneof(fc.string(), fc.constantFrom('ä', '𝔘', '', 'a\u0000b')), { maxLength: 30 });
  fc.assert(
    fc.property(fc.array(names, { maxLength: 4 }), fc.integer({ min: 1, max: 5 }), (batches, parts) => {
      const spill = RowSpill.open(LAYOUT, parts, 0, folder);
      const expected: unknown[][] = Array.from({ length: parts }, () => []);
      for (const batch of batches) {
        const own = batch.map((name) => Buffer.from(name).toString());
        const part = Uint16Array.from(own, (_, r) => (r * 7) % parts);
        spill.add(rowsOf(own), part);
        for (const [r, row] of listed(rowsOf(own)).entries()) expected[part[r]!]!.push(row);
      }
      for (let p = 0; p < parts; p++) expect(listed(spill.read(p))).toEqual(expected[p]);
      spill.close();
    }),
    { numRuns: 40 },
  );
});

test('ids are read without their names once an index of them is written, by code and hash the same', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.string(), { maxLength: 20 }), { minLength: 1, maxLength: 3 }), (batches) => {
      const spill = RowSpill.open(LAYOUT, 1, 0, folder);
      for (const batch of batches) spill.add(rowsOf(batch), new Uint16Array(batch.length));
      const whole = spill.read(0);
      expect(readSpilled(spill.part(0), true)).toEqual(whole);
      spill.index(0, whole);
      const found = readSpilled(spill.part(0), true);
      const [named, unnamed] = [whole, found].map(({ ids }) => ids.get('id')!) as [Coded, Coded];
      expect([...unnamed.codes]).toEqual([...named.codes]);
      expect([...hashesOf(unnamed.names)]).toEqual(named.names.map(hash32));
      expect({ ...found, ids: whole.ids }).toEqual(whole);
      expect(readSpilled(spill.part(0))).toEqual(whole);
      spill.close();
    }),
    { numRuns: 20 },
  );
});

test('the file has no name while it is open, so that nothing is left of it', () => {
  const spill = RowSpill.open(LAYOUT, 2, 0, folder);
  spill.add(rowsOf(['a', 'b']), Uint16Array.of(0, 1));
  spill.flush();
  expect(readdirSync(folder)).toEqual([]);
  spill.close();
});

test('more rows than there is room for are refused before any is written', () => {
  expect(() => RowSpill.open(LAYOUT, 2, 1e15, folder)).toThrow(/free in .* GB at least.* TMPDIR/);
});

test('a folder that cannot be written to is named', () => {
  expect(() => RowSpill.open(LAYOUT, 2, 0, join(folder, 'none'))).toThrow(/no temporary file in .*none.*TMPDIR/);
});

test('a disk that is full says so, and what to set', () => {
  const full = openSync('/dev/full', 'r+');
  const spill = new RowSpill(full, folder, LAYOUT, 1);
  spill.add(rowsOf(['a']), Uint16Array.of(0));
  expect(() => spill.flush()).toThrow(/no room in .*ENOSPC.*TMPDIR/);
  closeSync(full);
});

test('bytes that are cut off or changed are never read as rows', () => {
  for (const harm of [
    (file: number) => ftruncateSync(file, 40),
    (file: number) => writeSync(file, Buffer.from([255]), 0, 1, 44),
  ]) {
    const spill = RowSpill.open(LAYOUT, 1, 0, folder);
    spill.add(rowsOf(['a', 'b', 'c']), new Uint16Array(3));
    spill.flush();
    harm(spill.file);
    expect(() => spill.read(0)).toThrow(/not what was written/);
    spill.close();
  }
});

test('ids are counted once whatever batch they are in, and one with two owners is named', () => {
  const ids = new DistinctIds(3, true);
  ids.add(coded(['q1', 'q2', 'q1']), coded(['u1', 'u1', 'u1']));
  ids.add(coded(['q3', 'q2']), coded(['u2', 'u1']));
  expect(ids.count()).toEqual({ ids: 3 });
  ids.add(coded(['q2']), coded(['u9']));
  expect(ids.count().torn).toEqual({ id: 'q2', owners: ['u1', 'u9'] });
  ids.close();
});
