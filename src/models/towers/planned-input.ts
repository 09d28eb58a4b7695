/** One input of a graph as a release plans it. */
import type { Checkpoint } from '../../data/checkpoints/checkpoint.js';
import type { TensorInfo } from '../../data/checkpoints/onnx-file.js';
import type { InputSource } from '../../documents/release/release.js';
import { ModelError, type Place } from '../../errors.js';
import { list, quoted } from '../../lib/text.js';
import { INPUT_TYPES, type InputType } from './runtime.js';

/** One input of a graph, and what fills it. */
export interface PlannedInput {
  readonly info: TensorInfo;
  readonly source: InputSource | { readonly kind: 'mask'; readonly of: string };
  readonly place: Place;
  /** True where the release says nothing of the input, so that it reads the column of its own name. */
  readonly implied?: true;
}

/** The element type that an input is fed in. @throws ModelError for one that nothing is converted to */
export function inputType(info: TensorInfo, checkpoint: Checkpoint, place: Place): InputType {
  const known = INPUT_TYPES.find((type) => type === info.type);
  if (known) return known;
  throw new ModelError([
    {
      place,
      found: `input ${quoted(info.name)} of type ${info.type} in ${checkpoint.shown}`,
      expected: `one of ${list(INPUT_TYPES)}`,
      mend:
        info.type === 'bfloat16'
          ? 'Export the model in float32: model.float() before torch.onnx.export(…).'
          : 'Cast inside the graph when exporting.',
    },
  ]);
}
