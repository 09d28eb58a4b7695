/** The causes that rows tell by the versions that they name: another checkpoint, and vectors of another version. */

import type { Ledger } from '../data/evidence/ledger.js';
import type { LedgerSums } from '../estimation/ledger/ledger-sums.js';
import { list, printable } from '../lib/text.js';
import { type ByRows, effectByRows, lastOf } from './by-rows.js';

/** Rows that another version than the live one served. */
export function otherCheckpoints(
  sums: LedgerSums,
  { live, innocent, settle }: { readonly live: string; readonly innocent: boolean; readonly settle: string },
  confidence: number,
): ByRows | undefined {
  const { ledger } = sums;
  if (!ledger.unexpected) return undefined;
  const others = [...(ledger.served?.keys() ?? [])].filter((name) => name !== live);
  const cause = {
    from: lastOf(sums, ['s0', 's2', 's3']),
    flags: ledger.unexpected,
    beside: staleItems(ledger, live),
    words: {
      these: `the rows that ${list(
        others.map((name) => printable(name, 40)),
        3,
      )} served`,
      others: 'those of the live version',
    },
    innocent,
    settle,
  };
  return effectByRows(sums, cause, confidence);
}

/** Rows whose item had a vector of another version than served them. */
export function otherItemVersions(
  sums: LedgerSums,
  { live, settle }: { readonly live: string; readonly settle: string },
  confidence: number,
): ByRows | undefined {
  const { ledger } = sums;
  const flags = staleItems(ledger, live);
  if (!flags) return undefined;
  const cause = {
    from: lastOf(sums, ['s0', 's2']),
    flags,
    beside: ledger.unexpected,
    words: {
      these: 'the rows whose item had a vector of another version than served them',
      others: 'those with one version on both sides',
      none: 'every item had a vector of the version that served its row',
    },
    settle,
  };
  return effectByRows(sums, cause, confidence);
}

/**
 * Shape (rows): 1 where the item's version is neither the live one nor the one that served the row. A row that another
 * checkpoint served beside live vectors has that checkpoint to thank, not the index.
 */
function staleItems({ itemVersion, servedVersion }: Ledger, live: string): Uint8Array | undefined {
  return (
    itemVersion &&
    Uint8Array.from(itemVersion.codes, (code, r) => {
      const item = itemVersion.names[code];
      return item === live || item === servedVersion?.names[servedVersion.codes[r]!] ? 0 : 1;
    })
  );
}
