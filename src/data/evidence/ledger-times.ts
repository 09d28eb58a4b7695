/** The times of a ledger: of its events, of their youngest features, and of their labels. */

import { DataError } from '../../errors.js';
import { printable } from '../../lib/text.js';
import type { Zone } from '../../lib/zones.js';
import { type Column, isNull } from '../tables/column.js';
import { BadRows, type Table } from '../tables/table.js';
import { delayInWords, labelDelay } from './label-delay.js';
import { later, sameUnit, type Times, timesOf } from './times.js';

export type RowTimes = Readonly<Record<'event' | 'feature' | 'labelled', Times | undefined>>;

/** Shape (rows): 1 where there is no time of the label, as none has come: a negative stands for it until then. */
export function waitingRows(labelled: Column | undefined, label: Float64Array): Uint8Array {
  return Uint8Array.from(label, (y, r) => (labelled && y === 0 && isNull(labelled, r) ? 1 : 0));
}

/**
 * The times of the ledger, each where it has the column.
 *
 * @param zone whose clock times are read off that do not say one
 */
export function timesIn(table: Table, bad: BadRows, waiting: Uint8Array, zone: Zone | undefined): RowTimes {
  const of = (name: string, notes = bad) => {
    const values = table.columns.get(name);
    return values && timesOf(values, name, notes, zone);
  };
  return {
    event: of('event_ts'),
    feature: of('feature_ts'),
    labelled: of(
      'label_ts',
      bad.except((r) => waiting[r] === 1),
    ),
  };
}

/** Refuses times that cannot be those of one log. */
export function refuseTimes({ event, feature, labelled }: RowTimes, waiting: Uint8Array, table: Table): void {
  if (event && feature) refuseEventTimes(event, feature, table);
  if (event && labelled) refuseEarlyLabels(event, labelled, waiting, table);
}

/** Refuses feature times of another unit than the events', or that are those of the events. */
function refuseEventTimes(event: Times, feature: Times, table: Table): void {
  sameUnit(event, feature, 'feature_ts', table);
  const same = (r: number) => !later(feature, event, r) && !later(event, feature, r);
  if (table.rows > 1 && Array.from({ length: table.rows }, (_, r) => r).every(same))
    throw new DataError([
      {
        place: { file: table.file },
        found: 'feature_ts that is event_ts in every row',
        expected: 'when the youngest feature was known',
      },
    ]);
}

/** Refuses labels that are known before their event. */
function refuseEarlyLabels(event: Times, labelled: Times, waiting: Uint8Array, table: Table): void {
  const bad = new BadRows(table);
  sameUnit(event, labelled, 'label_ts', table, (r) => waiting[r] === 0);
  for (let r = 0; r < table.rows; r++)
    if (waiting[r] === 0 && later(event, labelled, r))
      bad.add(r, 'label_ts', 'before event_ts', 'a label that is known at its event or later');
  bad.throwIfAny();
}

/** Says how long labels take, where their times are there. */
export function delayNotice(
  { event, labelled }: RowTimes,
  label: Float64Array,
  waiting: Uint8Array,
  shown: string,
): string[] {
  const delay = event && labelled && labelDelay(event, labelled, label, waiting);
  return delay ? [delayInWords(delay, printable(shown), event.fine !== undefined)] : [];
}
