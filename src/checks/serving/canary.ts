/** Canaries: vectors of known entities as they are served, against those that the release's checkpoint gives. */

import type { EvidenceTable, TableSpec } from '../../data/evidence/evidence-table.js';
import { sql } from '../../data/evidence/sql.js';
import type { Coded } from '../../data/tables/identity.js';
import { plural } from '../../lib/text.js';
import type { Swept } from '../evidence-check.js';
import { exact, figure, level, type Measurement, percent, proportion, tooFew } from '../measurement.js';
import type { OpenReason } from '../reason.js';
import { spelled } from '../reason-words.js';
import { storedPrecision } from './stored-precision.js';

export const CANARY: TableSpec = {
  name: 'canary',
  page: 'checks/checkpoint-identity.md',
  holds:
    'one row per entity, with its vector as it is served, and as the release’s checkpoint embeds it again ' +
    '(left out where a sweep can: entities of the eval set)',
  required: ['id', 'served'],
  optional: ['expected', 'tower'],
  sql: sql`SELECT i.item_id AS id, 'item' AS tower, i.vector AS served, c.vector AS expected
FROM index_dump i JOIN canary_embeddings c USING (item_id)`,
  cost: 'replay',
};

/**
 * Of every tower: vectors that are further from the one expected than their precision explains. Under cosine both have
 * the length 1, as scores do not know another.
 */
export function compareVectors(
  table: EvidenceTable,
  swept: Swept | undefined,
  direction: boolean,
): { readonly measurement: Measurement; readonly fact: string }[] {
  const id = table.texts('id');
  const tower: Coded = table.has('tower')
    ? table.texts('tower', ['query', 'item'])
    : { codes: new Int32Array(table.rows), names: ['item'] };
  const served = table.vectors('served');
  const given = table.has('expected') ? table.vectors('expected') : undefined;
  table.refuseRepeated([tower, id], ['tower', 'id']);
  table.throwIfBad();
  if (given && given.dimension !== served.dimension)
    throw table.error(
      `served vectors of dimension ${served.dimension} beside ${given.dimension} expected`,
      'vectors of one tower in both columns',
    );
  const { dimension } = served;
  const expected = (r: number): ArrayLike<number> | undefined => {
    if (given) return given.values.subarray(r * dimension, (r + 1) * dimension);
    return swept?.vectorOf?.(tower.names[tower.codes[r]!] as 'query' | 'item', id.names[id.codes[r]!]!);
  };
  const distance = new Map<number, Apart>();
  for (let r = 0; r < table.rows; r++) {
    const own = expected(r);
    if (!own) continue;
    if (own.length !== dimension)
      throw table.error(
        `served vectors of dimension ${dimension}, where the checkpoint gives ${own.length}`,
        'vectors of the tower that is named',
      );
    const apart = apartOf(served.values.subarray(r * dimension, (r + 1) * dimension), own, direction);
    if (apart === undefined) table.refuse(r, 'expected', 'a vector of zeros', 'the vector that the checkpoint gives');
    else distance.set(r, apart);
  }
  table.throwIfBad();
  return tower.names.flatMap((name, code) => {
    const all = [...tower.codes.keys()].filter((r) => tower.codes[r] === code);
    const rows = all.filter((r) => distance.has(r));
    if (all.length === 0) return [];
    const stored = storedPrecision(served, rows);
    const found = rows.flatMap((r) => {
      const apart = distance.get(r);
      return apart ? [{ ...apart, tolerated: stored.tolerance(r, apart.length) }] : [];
    });
    const wrong = found.filter(({ share, tolerated }) => !(share <= tolerated)).length;
    const most = found.reduce((max, { share }) => Math.max(max, share), 0);
    const what = `vectors of the ${name} tower`;
    const precision = stored.precision === 'float32' ? '' : `, stored in ${stored.precision}`;
    const measure = direction ? 'length, compared by direction' : 'length';
    const slice = { tower: name };
    if (rows.length === 0)
      return [
        {
          measurement: level('canary_mismatch', slice, exact(Number.NaN), NOTHING_EXPECTED),
          fact: `${plural(all.length, 'canary', 'canaries')} of the ${name} tower: ${spelled(NOTHING_EXPECTED)}`,
        },
      ];
    const left = all.length - rows.length;
    const unknown = left > 0 ? `; ${left} more are not in the eval set, or there with several features` : '';
    return [
      {
        measurement: level('canary_mismatch', slice, proportion(wrong, rows.length), tooFew(rows.length, 'canaries')),
        fact:
          wrong === 0
            ? `all ${plural(rows.length, 'canary', 'canaries')} have the ${what} of the release (to ` +
              `${figure(most)} of their ${measure}${precision})${unknown}`
            : `${wrong} of ${rows.length} canaries have other ${what} than the release (by up to ` +
              `${percent(most)} of their ${measure}${precision})${unknown}`,
      },
    ];
  });
}

const NOTHING_EXPECTED: OpenReason = { kind: 'nothing_expected' };

interface Apart {
  /** |x − y| / |y|. */
  readonly share: number;
  /** The length that rounding took its part of: of y, or of x before it was brought to the length 1. */
  readonly length: number;
}

/** The distance of x from y; undefined where y is 0. `direction`: both brought to the length 1. */
function apartOf(x: ArrayLike<number>, y: ArrayLike<number>, direction: boolean): Apart | undefined {
  const [own, length] = [norm(x), norm(y)];
  if (length === 0) return undefined;
  const [p, q] = direction ? [1 / own, 1 / length] : [1, 1];
  let squares = 0;
  for (let d = 0; d < y.length; d++) squares += (x[d]! * p - y[d]! * q) ** 2;
  const share = squares === 0 ? 0 : Math.sqrt(squares) / (direction ? 1 : length);
  // Too large for a sum of squares, or without a direction: other, whatever it is.
  return { share: Number.isNaN(share) ? Number.POSITIVE_INFINITY : share, length: direction ? own : length };
}

function norm(x: ArrayLike<number>): number {
  let squares = 0;
  for (let d = 0; d < x.length; d++) squares += x[d]! * x[d]!;
  return Math.sqrt(squares);
}
