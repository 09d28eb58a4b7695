/** Says when rows are read in parts, and in how many. */
import type { SkewPolicy } from '../../../documents/policy/policy.js';
import { DataError } from '../../../errors.js';
import type { Workspace } from '../../artefacts/files.js';
import { partRows, streamedFrom } from '../../artefacts/limits.js';
import { tableSize } from '../../tables/read-table.js';
import { MOST_PARTS } from './part-of.js';

/** Rows of a row group that are decoded at once. */
const LARGEST_GROUP = 1 << 22;

/** Parts of the rows, and how many rows there are; undefined where they are read whole. */
export interface Split {
  readonly rows: number;
  readonly parts: number;
}

/**
 * The split of rows that are too many to be read whole, as the footers of their files count them; only Parquet says so.
 */
export async function splitOf({ evalSet }: SkewPolicy, workspace: Workspace): Promise<Split | undefined> {
  const { path, place } = evalSet.files.rows;
  const size = await tableSize(path, workspace.show(path), place);
  if (!size || size.rows < streamedFrom()) return undefined;
  if (size.largest > LARGEST_GROUP)
    throw new DataError([
      {
        place: { file: workspace.show(path) },
        found: `a row group of ${size.largest.toLocaleString('en-US')} rows, which are decoded at once`,
        expected: `row groups of at most ${LARGEST_GROUP.toLocaleString('en-US')} rows`,
        mend: 'Write it again with smaller ones; in PyArrow: pq.write_table(table, path, row_group_size=1_000_000).',
      },
    ]);
  return { rows: size.rows, parts: Math.min(MOST_PARTS, Math.max(1, Math.ceil(size.rows / partRows()))) };
}
