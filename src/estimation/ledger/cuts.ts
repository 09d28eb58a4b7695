/** The ways in which the rows of a ledger are cut into parts: by each column that tells them apart, and some pairs. */

import type { Coded } from '../../data/tables/identity.js';
import type { LedgerSums } from './ledger-sums.js';
import { sharesOfPrediction } from './parts.js';

/** More parts than these are cut: the largest stay, the others are put together. */
export const MOST = 12;
const COLUMNS = ['served_version', 'item_version', 'tier', 'log_source'] as const;
const CROSSES = [
  ['tier', 'served_version'],
  ['tier', 'item_version'],
] as const;
const TENTHS = 10;
export interface Cut {
  readonly by: string;
  /** Shape (units). */
  readonly column: Coded;
  /** Values that the last name stands for, where there were too many. */
  readonly cut: number;
}

export function cutsOf(sums: LedgerSums): Cut[] {
  const { strata, onlineWeight } = sums.units;
  const cut = (by: string, column: Coded) => largest(by, column, onlineWeight);
  const tenths = sharesOfPrediction(sums, TENTHS);
  return [
    ...COLUMNS.flatMap((name) => {
      const column = strata.get(name);
      return column ? [cut(name, column)] : [];
    }),
    ...(tenths ? [{ by: 'prediction', column: tenths, cut: 0 }] : []),
    ...CROSSES.flatMap(([a, b]) => {
      const [x, y] = [strata.get(a), strata.get(b)];
      if (!x || !y) return [];
      const column = crossed(x, y);
      // A pair says nothing new if one of its columns tells the other.
      const more = column.names.length > Math.max(...[x, y].map(({ codes }) => new Set(codes).size));
      return more ? [cut(`${a} × ${b}`, column)] : [];
    }),
  ];
}

function crossed(x: Coded, y: Coded): Coded {
  const known = new Map<string, number>();
  const codes = Int32Array.from(x.codes, (code, u) => {
    const name = `${x.names[code]} × ${y.names[y.codes[u]!]}`;
    const own = known.get(name) ?? known.size;
    known.set(name, own);
    return own;
  });
  return { codes, names: [...known.keys()] };
}

/** The values by their weight; of too many the smallest are put together. */
function largest(by: string, { codes, names }: Coded, weight: Float64Array): Cut {
  const mass = new Float64Array(names.length);
  const seen = new Uint8Array(names.length);
  for (const [u, code] of codes.entries()) {
    mass[code]! += weight[u]!;
    seen[code] = 1;
  }
  const order = Array.from(names.keys())
    .filter((code) => seen[code] === 1)
    .sort((a, b) => mass[b]! - mass[a]! || (names[a]! < names[b]! ? -1 : 1));
  const kept = order.length > MOST ? order.slice(0, MOST - 1) : order;
  const cut = order.length - kept.length;
  const place = new Map(kept.map((code, i) => [code, i]));
  return {
    by,
    column: {
      codes: codes.map((code) => place.get(code) ?? kept.length),
      names: [...kept.map((code) => names[code]!), ...(cut > 0 ? [`${cut.toLocaleString('en-US')} others`] : [])],
    },
    cut,
  };
}
