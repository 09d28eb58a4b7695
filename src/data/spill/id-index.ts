/**
 * The ids of a part as codes and hashes, laid out as this machine has its numbers: of each column the number of names,
 * their hashes, and one code a row. Once it is written, whoever needs no name reads none.
 */
import { hashesOf, namesBehind } from '../../lib/hash.js';
import { lookUp } from '../../lib/lookup.js';
import type { Coded } from '../tables/identity.js';
import type { Layout, SpilledRows } from './layout.js';

export function encodeIds({ ids }: Layout, rows: Pick<SpilledRows, 'ids'>): Buffer {
  const columns = ids.map((name) => {
    const { codes, names } = lookUp(rows.ids, name, 'column');
    return [Uint32Array.of(names.length), hashesOf(names), codes];
  });
  return Buffer.concat(
    columns.flat().map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  );
}

/** @param bytes on a buffer of their own; names are a list without texts */
export function decodeIds({ ids }: Layout, bytes: Buffer, rows: number): Map<string, Coded> {
  let at = bytes.byteOffset;
  const next = (count: number) => {
    const found = new Uint32Array(bytes.buffer, at, count);
    at += found.byteLength;
    return found;
  };
  return new Map(
    ids.map((name) => {
      const names = namesBehind(next(next(1)[0]!));
      const codes = next(rows);
      return [name, { codes: new Int32Array(codes.buffer, codes.byteOffset, rows), names }];
    }),
  );
}
