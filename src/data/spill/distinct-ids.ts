/** Distinct ids of rows that come in batches, by a temporary file: how many there are, and what each belongs to. */

import { gatherInts, gatherShorts } from '../../lib/gather.js';
import { hashesOf } from '../../lib/hash.js';
import { lookUp } from '../../lib/lookup.js';
import { combineCodes } from '../../lib/sort.js';
import type { Coded } from '../tables/identity.js';
import { RowSpill } from './row-spill.js';

/** Bytes of ids that wait to be written: fewer than of whole rows. */
const WAITING = 4 << 20;

const ID = 'id';
const OWNER = 'owner';

/** An id that belongs to several owners. */
export interface Torn {
  readonly id: string;
  readonly owners: readonly [string, string];
}

export class DistinctIds {
  private readonly spill: RowSpill;

  /** @param rows that there are in all @param owned whether every id belongs to another one */
  constructor(
    private readonly parts: number,
    private readonly owned: boolean,
  ) {
    const layout = { ids: owned ? [ID, OWNER] : [ID], codes: [], numbers: [] };
    this.spill = RowSpill.open(layout, parts, 0, undefined, WAITING);
  }

  /** Adds the ids of a batch. @param owner shape (rows), where ids are owned */
  add(id: Coded, owner?: Coded): void {
    const { codes, count } = owner ? combineCodes(id.codes, owner.codes, owner.names.length) : distinct(id);
    const first = new Int32Array(count).fill(-1);
    for (let r = 0; r < codes.length; r++) if (first[codes[r]!] === -1) first[codes[r]!] = r;
    const of = ({ codes: own, names }: Coded): Coded => ({ codes: gatherInts(own, first), names });
    const ids = new Map([[ID, of(id)]]);
    if (owner && this.owned) ids.set(OWNER, of(owner));
    const hashes = hashesOf(id.names).map((hash) => hash % this.parts);
    const part = gatherShorts(hashes, gatherInts(id.codes, first));
    this.spill.add({ rows: count, ids, codes: new Map(), numbers: new Map() }, part);
  }

  /** The number of distinct ids, and the first that belongs to several owners. */
  count(): { readonly ids: number; readonly torn?: Torn } {
    let ids = 0;
    for (let part = 0; part < this.parts; part++) {
      const { ids: columns } = this.spill.read(part);
      const id = lookUp(columns, ID, 'column');
      ids += id.names.length;
      const torn = this.owned ? tornIn(id, lookUp(columns, OWNER, 'column')) : undefined;
      if (torn) return { ids, torn };
    }
    return { ids };
  }

  close(): void {
    this.spill.close();
  }
}

function distinct({ codes, names }: Coded): { codes: Int32Array; count: number } {
  return { codes, count: names.length };
}

function tornIn(id: Coded, owner: Coded): Torn | undefined {
  const of = new Int32Array(id.names.length).fill(-1);
  for (let r = 0; r < id.codes.length; r++) {
    const code = id.codes[r]!;
    const before = of[code]!;
    if (before === -1) of[code] = owner.codes[r]!;
    else if (before !== owner.codes[r])
      return { id: id.names[code]!, owners: [owner.names[before]!, owner.names[owner.codes[r]!]!] };
  }
  return undefined;
}
