/** Chooses the output of a graph that is the embedding, and says of the others why they are none. */

import type { Checkpoint } from '../../data/checkpoints/checkpoint.js';
import type { OnnxInfo, TensorInfo } from '../../data/checkpoints/onnx-file.js';
import type { Similarity, Tower } from '../../documents/release/release.js';
import type { Problem } from '../../errors.js';
import { didYouMean, list, quoted } from '../../lib/text.js';
import { yamlText } from './yaml-text.js';

/** Types of numbers that an embedding can have. */
const FLOATS: readonly string[] = ['float32', 'float64', 'float16'];

/** Names that exporters give to an embedding, the likeliest first. */
const EMBEDDINGS: readonly RegExp[] = [
  /^sentence_embeddings?$/i,
  /^embeddings?$/i,
  /^(text|image|query|item|user|doc(ument)?)_embed(s|dings?)?$/i,
  /^pooler_output$/i,
  /embed|vector|representation|pooled/i,
];

/** Names of what a classifier gives. */
const CLASSES = /(^|[_.])(labels?|prob(s|abilit(y|ies))?|class(es)?|logits?|scores?|predictions?)($|[_.:])/i;

/** Names that exporters give to one vector a token. */
const TOKENS = /token|hidden|sequence/i;

/** An output in whose place nothing but numbers of a float type can stand. */
function isFloat({ type }: TensorInfo): boolean {
  return FLOATS.includes(type);
}

/** True where an output can be the embedding by its type, its axes and its name. */
function canBe(output: TensorInfo, axes: number): boolean {
  return isFloat(output) && !CLASSES.test(output.name) && (output.shape === undefined || output.shape.length === axes);
}

/**
 * The output that is the embedding, or that a mend should propose: float, with an axis of the batch and one of the
 * dimension, of several the one that is named as exporters name it. Undefined where none can be.
 */
export function likelyOutput(outputs: readonly TensorInfo[], similarity: Similarity): TensorInfo | undefined {
  if (similarity === 'max_sim') {
    const several = outputs.filter((output) => canBe(output, 3));
    const found = several.find(({ name }) => TOKENS.test(name)) ?? several[0];
    if (found) return found;
  }
  const single = outputs.filter((output) => canBe(output, 2));
  for (const pattern of EMBEDDINGS) {
    const named = single.find(({ name }) => pattern.test(name));
    if (named) return named;
  }
  return single[0];
}

/** The output that is the embedding; undefined, with a problem noted, where there is none or too many. */
export function chooseOutput(
  tower: Tower,
  checkpoint: Checkpoint,
  { outputs }: OnnxInfo,
  similarity: Similarity,
  problems: Problem[],
): string | undefined {
  const names = outputs.map(({ name }) => name);
  const likely = likelyOutput(outputs, similarity);
  if (tower.output === undefined && outputs.length !== 1) {
    problems.push(severalOutputs(tower, checkpoint, outputs, likely));
    return undefined;
  }
  const chosen = tower.output === undefined ? outputs[0] : outputs.find(({ name }) => name === tower.output);
  if (!chosen) {
    const near = didYouMean(tower.output ?? '', names);
    problems.push({
      place: tower.outputPlace,
      found: `output ${quoted(tower.output)}, which ${checkpoint.shown} does not have`,
      expected: `one of ${list(names.map(quoted))}`,
      ...(near ? { mend: `Did you mean "${near}"?` } : {}),
    });
    return undefined;
  }
  const problem = unfit(chosen, tower, checkpoint, likely, similarity);
  if (!problem) return chosen.name;
  problems.push(problem);
  return undefined;
}

function severalOutputs(
  tower: Tower,
  { shown }: Checkpoint,
  outputs: readonly TensorInfo[],
  likely: TensorInfo | undefined,
): Problem {
  return {
    place: tower.place,
    found: `${outputs.length} outputs in ${shown}: ${list(outputs.map(signatureOf))}`,
    expected: likely
      ? 'one, or the name of the one that is the embedding'
      : 'one that can be the embedding: float32, float64 or float16 of shape [batch, dimension]',
    mend: likely ? `Write: output: ${yamlText(likely.name)}` : noneFits(outputs),
  };
}

/** The way out where no output of a graph can be the embedding. */
function noneFits(outputs: readonly TensorInfo[]): string {
  return outputs.some((output) => canBe(output, 3)) ? POOL : HIDDEN;
}

/** An output by its name, type and shape. */
function signatureOf({ name, type, shape }: TensorInfo): string {
  return `${quoted(name)} ${type}${shape ? ` [${shape.map((size) => quotedSize(size)).join(', ')}]` : ''}`;
}

function quotedSize(size: number | string): string {
  return typeof size === 'number' ? (size < 0 ? '?' : String(size)) : quoted(size).slice(1, -1);
}

export const POOL =
  'Pool the tokens’ vectors inside the graph, as the model was trained (their mean under the mask, or the ' +
  'first), and ' +
  'export again; or give the pooled vectors: `embeddings: item/{version}.parquet`. Only a model that was trained for ' +
  'late interaction takes them as they are; then write: score: {similarity: max_sim}';

const HIDDEN = 'Export the layer before the classes, which is the embedding, as a float32 output [batch, dimension].';

export const SQUEEZE =
  'Squeeze axis 1 before the output, in PyTorch embedding.squeeze(1), and export again: [batch, dimension].';

/** The problem of an output that cannot be the embedding, as far as the graph declares it; undefined where it can. */
function unfit(
  output: TensorInfo,
  { output: declared, outputPlace }: Tower,
  { side, version, shown }: Checkpoint,
  likely: TensorInfo | undefined,
  similarity: Similarity,
): Problem | undefined {
  const found = `output ${signatureOf(output)} of ${side} checkpoint ${quoted(version)}`;
  const place = declared === undefined ? { file: shown } : outputPlace;
  const other = likely && likely.name !== output.name ? `Write: output: ${yamlText(likely.name)}` : undefined;
  if (!isFloat(output))
    return {
      place,
      found,
      expected: 'float32, float64 or float16',
      mend: other ?? typeMend(output.type),
    };
  const { shape } = output;
  if (shape?.length !== 3 || similarity === 'max_sim') return undefined;
  return {
    place,
    found: shape[1] === 1 ? found : `${found}, a vector for every token`,
    expected: '[batch, dimension]',
    mend: other ?? (shape[1] === 1 ? SQUEEZE : POOL),
  };
}

/** The way out of an output whose type is none of an embedding. */
function typeMend(type: string): string {
  if (type === 'bfloat16') return 'Export the model in float32: model.float() before torch.onnx.export(…).';
  if (type === 'sequence' || type === 'optional' || type === 'map')
    return (
      `Export the tensor itself, not ${type === 'optional' ? 'an' : 'a'} ${type}: float32 of shape [batch, ` +
      'dimension].'
    );
  if (/^(string|bool|u?int)/.test(type)) return `${HIDDEN} Of a quantised embedding export its dequantised numbers.`;
  return 'Cast the embedding to float inside the graph.';
}
