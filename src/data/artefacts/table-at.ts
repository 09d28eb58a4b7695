/** Finds the table that a path of a policy or a release names, and what speaks against it before it is read. */
import type { Place, Problem } from '../../errors.js';
import type { Artefact } from './artefact.js';
import type { Workspace } from './files.js';
import { artefactAt, artefactProblems } from './list.js';
import { pointerProblem } from './pointers.js';
import { tableFormatProblem } from './table-formats.js';

export interface TableAt {
  readonly artefact: Artefact;
  /** Empty for a table that can be read. */
  readonly problems: readonly Problem[];
}

/**
 * The table at an absolute path; undefined where no file is.
 *
 * @param place where the path is written
 */
export function tableAt(path: string, workspace: Workspace, place: Place): TableAt | undefined {
  const artefact = artefactAt(path);
  if (!artefact) return undefined;
  // Of a file whoever names it has seen that it lies inside; a copy of the base commit's does not.
  const pointer = artefact.kind === 'file' ? pointerProblem(path, workspace.show(path), place) : undefined;
  const parts = artefact.kind === 'file' ? [] : artefactProblems(artefact, workspace, place);
  const format = tableFormatProblem(artefact, workspace.root, (folder) => workspace.show(folder), place);
  return { artefact, problems: format ? [format] : pointer ? [pointer] : parts };
}
