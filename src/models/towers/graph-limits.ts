/** Says of a graph, before anything runs, what the runtime or this program cannot take, each with its own way out. */

import type { Checkpoint } from '../../data/checkpoints/checkpoint.js';
import type { OnnxInfo, TensorInfo } from '../../data/checkpoints/onnx-file.js';
import type { Problem } from '../../errors.js';
import { list, quoted, shellPath } from '../../lib/text.js';
import type { PlannedInput } from './planned-input.js';
import { yamlText } from './yaml-text.js';

/** The newest format and the newest standard operators that the bundled runtime loads; a test holds it to them. */
export const MAX_IR = 13;
export const MAX_OPSET = 26;

/** Versions that a conversion aims at: what runtimes of the last years load, too. */
const TARGET_IR = 10;
const TARGET_OPSET = 22;

/** A graph that is newer than the runtime; undefined for any other. */
export function tooNew({ side, version, shown }: Checkpoint, { irVersion, opset }: OnnxInfo): Problem | undefined {
  const parts = [
    ...(irVersion > MAX_IR ? [[`IR version ${irVersion}`, `IR version ${MAX_IR}`] as const] : []),
    ...(opset !== undefined && opset > MAX_OPSET ? [[`opset ${opset}`, `opset ${MAX_OPSET}`] as const] : []),
  ];
  if (parts.length === 0) return undefined;
  const convert = opset !== undefined && opset > TARGET_OPSET ? `m = v.convert_version(m, ${TARGET_OPSET}); ` : '';
  return {
    place: { file: shown },
    found: `${side} checkpoint ${quoted(version)} of ${list(parts.map(([found]) => found))}`,
    expected: `at most ${list(parts.map(([, most]) => most))}, the newest that the bundled runtime loads`,
    mend:
      `Convert it: python -c "import onnx; from onnx import version_converter as v; ` +
      `m = onnx.load('${shellPath(shown)}'); ${convert}m.ir_version = ${TARGET_IR}; ` +
      `onnx.save(m, '${shellPath(shown)}')"`,
  };
}

/** Inputs that no entity's features can fill as the graph wants them. */
export function unfeedable(checkpoint: Checkpoint, info: OnnxInfo, inputs: readonly PlannedInput[]): Problem[] {
  const bag = bagOf(info.inputs);
  if (bag) return [bagProblem(checkpoint, bag)];
  const first = sequenceFirst(info);
  if (first) return [sequenceProblem(checkpoint, first)];
  return inputs.flatMap(({ info: input, source, place }): Problem[] => {
    if (source.kind === 'constant' || input.shape?.length !== 0) return [];
    return [
      {
        place,
        found: `input ${quoted(input.name)} of ${checkpoint.shown} without axes: one value for a whole batch`,
        expected: 'an input with an axis for the batch, or a constant',
        mend: `With the value that serving feeds in place of 1, write: ${yamlText(input.name)}: {constant: 1}`,
      },
    ];
  });
}

/** The two inputs of an EmbeddingBag: all lists one after the other, and where each begins. */
function bagOf(inputs: readonly TensorInfo[]): readonly [values: TensorInfo, offsets: TensorInfo] | undefined {
  const flat = inputs.filter(({ type, shape }) => /^int(32|64)$/.test(type) && shape?.length === 1);
  const offsets = flat.find(({ name }) => /(^|[_.])offsets?$/i.test(name));
  const values = flat.find((input) => input !== offsets && input.shape?.[0] !== offsets?.shape?.[0]);
  return offsets && values ? [values, offsets] : undefined;
}

function bagProblem(
  { shown, side, version }: Checkpoint,
  [values, offsets]: readonly [TensorInfo, TensorInfo],
): Problem {
  return {
    place: { file: shown },
    found:
      `inputs ${quoted(values.name)} and ${quoted(offsets.name)} of ${side} checkpoint ${quoted(version)}, ` +
      'which take ' +
      'a batch’s lists one after the other and where each begins',
    expected: 'lists as [batch, length], padded',
    mend:
      'Wrap the model for the export: forward(ids) with ids [batch, length] calls the EmbeddingBag on ids (it takes ' +
      'two axes without offsets), with padding_idx for the padding.',
  };
}

/** An input whose second axis is the output's batch. */
function sequenceFirst({ inputs, outputs }: OnnxInfo): TensorInfo | undefined {
  const batches = new Set(outputs.map(({ shape }) => shape?.[0]));
  const [batch] = batches;
  if (batches.size !== 1 || typeof batch !== 'string' || batch === '') return undefined;
  const isSequenceFirst = ({ shape }: TensorInfo) =>
    shape !== undefined && shape.length > 1 && shape[1] === batch && shape[0] !== batch;
  return inputs.find(isSequenceFirst);
}

function sequenceProblem({ shown, side, version }: Checkpoint, { name, shape = [] }: TensorInfo): Problem {
  return {
    place: { file: shown },
    found:
      `input ${quoted(name)} of ${side} checkpoint ${quoted(version)} with its batch in the second axis: ` +
      `[${shape.map((size) => (typeof size === 'string' ? quoted(size).slice(1, -1) : size)).join(', ')}]`,
    expected: 'the batch first: [batch, length]',
    mend:
      'Wrap the model for the export: forward(ids) returns model(ids.transpose(0, 1)); or build it with ' +
      'batch_first=True.',
  };
}
