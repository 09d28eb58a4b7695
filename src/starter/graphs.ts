/** The live checkpoints of both towers: their files, and what their graphs say of themselves. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isFile, type Workspace } from '../data/artefacts/files.js';
import { tableAt } from '../data/artefacts/table-at.js';
import type { Checkpoint, Side } from '../data/checkpoints/checkpoint.js';
import { readCheckpointFile } from '../data/checkpoints/checkpoint-file.js';
import type { OnnxInfo } from '../data/checkpoints/onnx-file.js';
import { OtherFormat } from '../data/checkpoints/other-formats.js';
import { readTable } from '../data/tables/read-table.js';
import { ConfigError, ModelError, type Problem } from '../errors.js';
import { list, quoted } from '../lib/text.js';
import { Malformed } from '../lib/wire.js';
import type { Given } from './given.js';
import { VERSION } from './versions.js';

/** A tower by its live checkpoint: a graph, or vectors that were computed elsewhere. */
export interface LiveTower {
  readonly checkpoint: Checkpoint;
  /** Undefined of precomputed vectors. */
  readonly graph?: OnnxInfo;
}

/** Reads the live checkpoint of a tower. Throws UserError where it can be none. */
export async function readLive(side: Side, live: string, given: Given, workspace: Workspace): Promise<LiveTower> {
  const path = resolve(given.towers[side].replaceAll(VERSION, live));
  const shown = workspace.show(path);
  if (!workspace.contains(path))
    throw new ConfigError([
      {
        found: `--${side}-tower at ${quoted(shown)}, outside the workspace`,
        expected: `a path inside ${workspace.root}`,
      },
    ]);
  const kind = /\.onnx$/i.test(path) ? 'onnx' : 'embeddings';
  if (kind === 'embeddings') refuseTable(path, shown, side, workspace);
  const problems: Problem[] = [];
  // The release's folder, out of which no external data may lie, may not be there yet.
  const models = resolve(workspace.root, 'models');
  const folder = existsSync(models) ? models : dirname(path);
  const content = await readCheckpointFile({ version: live, kind, path, shown, folder }, problems, workspace.digests);
  if (!content) throw new ModelError(problems);
  const { onnx, sha256, external } = content;
  const checkpoint = { side, version: live, kind, path, shown, folder, sha256, external } as const;
  if (kind === 'embeddings') return { checkpoint: { ...checkpoint, ...(await vectorColumns(path, shown)) } };
  if (onnx === undefined || onnx instanceof Malformed)
    throw new ModelError([
      {
        place: { file: shown },
        found: `${side} checkpoint ${quoted(live)} that is no ONNX model (${onnx?.message ?? 'it was not read'})`,
        expected: 'a whole .onnx file',
        mend: onnx instanceof OtherFormat ? onnx.mend : 'Export it again, or fetch it with `git lfs pull`.',
      },
    ]);
  return { checkpoint: { ...checkpoint, onnx }, graph: onnx };
}

/** Throws ConfigError where what is no .onnx file is no table of vectors either. */
function refuseTable(path: string, shown: string, side: Side, workspace: Workspace): void {
  const table = tableAt(path, workspace, { file: shown });
  if (table && table.problems.length > 0) throw new ConfigError(table.problems);
  const known = /\.(npy|parquet|csv|tsv|jsonl|ndjson|json)(\.gz)?$/i;
  if (table && (!isFile(path) || known.test(path))) return;
  throw new ConfigError([
    {
      found: `--${side}-tower at ${quoted(shown)}, neither an .onnx file nor a table of vectors`,
      expected: 'checkpoints exported to ONNX, or vectors by id in Parquet or .npy (docs/towers.md)',
      mend: 'In PyTorch: torch.onnx.export(…)',
    },
  ]);
}

/** The columns of ids and of vectors, where they have other names than `id` and `vector`. */
async function vectorColumns(path: string, shown: string): Promise<Pick<Checkpoint, 'columns'>> {
  const table = await readTable(path, shown, (names) => names, undefined, { skips: () => true });
  const names = [...table.columns.keys()];
  const lists = names.filter((name) => table.columns.get(name)?.type === 'list');
  const ids = names.filter((name) => !lists.includes(name) && table.columns.get(name)?.type !== 'bool');
  const vector = lists.includes('vector') ? 'vector' : lists.length === 1 ? lists[0] : undefined;
  const id = ids.includes('id') ? 'id' : ids.length === 1 ? ids[0] : undefined;
  if (id === undefined || vector === undefined)
    throw new ConfigError([
      {
        place: { file: shown },
        found: `columns ${list(names.map(quoted))}`,
        expected: 'one of ids and one of vectors (lists of numbers), called id and vector where others stand beside',
      },
    ]);
  return id === 'id' && vector === 'vector' ? {} : { columns: { id, vector } };
}
