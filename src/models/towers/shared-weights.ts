/**
 * Finds versions of a tower that read the same bytes of one file of external data: the last export overwrote the
 * others.
 */

import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Checkpoint } from '../../data/checkpoints/checkpoint.js';
import type { ExternalTensor } from '../../data/checkpoints/external-tensor.js';
import type { Problem } from '../../errors.js';
import { quoted, shellPath } from '../../lib/text.js';
import { Malformed } from '../../lib/wire.js';

/** A version's tensors in one file. */
interface Reader {
  readonly checkpoint: Checkpoint;
  readonly tensors: readonly ExternalTensor[];
}

/** The problem of every version whose weights lie where a newer one's do. @param checkpoints of one tower */
export function sharedWeights(checkpoints: Iterable<Checkpoint>): Problem[] {
  const readers = new Map<string, Reader[]>();
  const problems: Problem[] = [];
  for (const checkpoint of checkpoints)
    for (const [file, tensors] of filesOf(checkpoint)) {
      const others = readers.get(file) ?? [];
      readers.set(file, [...others, { checkpoint, tensors }]);
      // One graph under two names is one checkpoint, frozen on purpose or not: the sweep says so of such versions.
      const other = others.find(
        (reader) => overlap(reader.tensors, tensors) && !sameGraph(reader.checkpoint, checkpoint),
      );
      if (other) problems.push(shared(checkpoint, other.checkpoint, tensors[0]?.location ?? ''));
    }
  return problems;
}

/** A checkpoint's tensors by the file that they stand in, after every link. */
function filesOf({ onnx, path }: Checkpoint): Map<string, readonly ExternalTensor[]> {
  const files = new Map<string, readonly ExternalTensor[]>();
  if (!onnx || onnx instanceof Malformed) return files;
  for (const tensor of onnx.externalTensors) {
    const file = realpathSync(join(dirname(path), tensor.location));
    files.set(file, [...(files.get(file) ?? []), tensor]);
  }
  return files;
}

function sameGraph(a: Checkpoint, b: Checkpoint): boolean {
  return readFileSync(a.path).equals(readFileSync(b.path));
}

/** True where some byte belongs to tensors of both. */
function overlap(a: readonly ExternalTensor[], b: readonly ExternalTensor[]): boolean {
  const sorted = [...a.map((tensor) => ({ tensor, of: a })), ...b.map((tensor) => ({ tensor, of: b }))].sort(
    (x, y) => x.tensor.offset - y.tensor.offset,
  );
  const ends = new Map([a, b].map((of) => [of, 0]));
  return sorted.some(({ tensor, of }) => {
    const other = ends.get(of === a ? b : a) ?? 0;
    ends.set(of, Math.max(ends.get(of) ?? 0, tensor.offset + tensor.length));
    return tensor.length > 0 && tensor.offset < other;
  });
}

function shared({ side, version, shown }: Checkpoint, newer: Checkpoint, location: string): Problem {
  const name = `${version}.onnx`;
  return {
    place: { file: shown },
    found:
      `${side} checkpoints ${quoted(newer.version)} and ${quoted(version)} that read the same bytes of ` +
      `${quoted(location)}: whichever was exported last has overwritten the other’s weights`,
    expected: 'a file of weights for each version',
    mend:
      `Export each version again with a file of its own: onnx.save_model(model, '${shellPath(name)}', ` +
      `save_as_external_data=True, location='${shellPath(`${name}.data`)}')`,
  };
}
