/** Reads the tables of the eval set, and says what one lacks. */
import type { EvalFile, EvalSetPolicy } from '../../documents/policy/policy.js';
import type { Place, Problem } from '../../errors.js';
import { didYouMean, list, quoted } from '../../lib/text.js';
import type { Workspace } from '../artefacts/files.js';
import { readTable } from '../tables/read-table.js';
import type { Table } from '../tables/table.js';

/**
 * Reads a table of the eval set that the policy names, the wanted columns of it. Errors as of `readTable`, and a bug
 * where the policy does not name it.
 */
export async function readEvalTable(
  spec: EvalSetPolicy,
  name: EvalFile,
  wanted: readonly string[],
  workspace: Workspace,
): Promise<Table> {
  const file = spec.files[name];
  if (!file) throw new Error(`the policy has no ${name}`);
  return readTable(file.path, workspace.show(file.path), wanted, file.place);
}

/** The problem of a column that a table does not have; `place`: where its name is written. */
export function missingColumn(table: Table, name: string, place: Place | undefined): Problem {
  const near = didYouMean(name, table.columnNames);
  return {
    ...(place ? { place } : {}),
    found: `column ${quoted(name)}, which ${table.file} does not have`,
    expected: `one of ${list(
      table.columnNames.map((n) => quoted(n)),
      20,
    )}`,
    ...(near ? { mend: `Did you mean "${near}"?` } : {}),
  };
}
