/** The digest that a pin is to hold. */
import type { Workspace } from '../../data/artefacts/files.js';
import { tableAt } from '../../data/artefacts/table-at.js';
import { readCheckpointFile } from '../../data/checkpoints/checkpoint-file.js';
import type { Problem } from '../../errors.js';
import { quoted } from '../../lib/text.js';
import type { Pin } from '../policy/pins.js';
import type { YamlSource } from '../yaml/source.js';

/** The file that is pinned, and the workspace that its paths lie in. */
export interface Pinning {
  readonly source: YamlSource;
  readonly folder: string;
  readonly workspace: Workspace;
}

/** The digest to be pinned; undefined, with problems added, where it cannot be taken. */
export async function digestOfPin(
  { slot, name, path, content }: Pin,
  { source, folder, workspace }: Pinning,
  problems: Problem[],
): Promise<string | undefined> {
  const place = source.place(slot.owner);
  if (!workspace.contains(path)) {
    problems.push({ place, found: `${quoted(name)} outside the workspace`, expected: 'a file inside it' });
    return undefined;
  }
  const table = content === 'onnx' ? undefined : tableAt(path, workspace, place);
  if (table && table.problems.length > 0) {
    problems.push(...table.problems);
    return undefined;
  }
  if (content === 'table') return table && (await workspace.digests.of(table.artefact));
  const file = { version: name, kind: content, path, shown: workspace.show(path), folder };
  return (await readCheckpointFile(file, problems, workspace.digests))?.sha256;
}
