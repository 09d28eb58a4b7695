/** Which output of a graph is proposed as the embedding: names, types and shapes as exporters write them. */
import { describe, expect, it } from 'vitest';
import type { TensorInfo } from '../../../src/data/checkpoints/onnx-file.js';
import { likelyOutput } from '../../../src/models/towers/outputs.js';

/** `name type [axes]`, as in the names of the cases. */
function output(text: string): TensorInfo {
  const [name = '', type = '', ...shape] = text.split(' ');
  return { name, type, shape };
}

describe('of several outputs the mend proposes', () => {
  it.each([
    // sentence-transformers through torch.onnx.export.
    ['sentence_embedding', ['token_embeddings float32 b L d', 'sentence_embedding float32 b d']],
    // transformers' encoders.
    ['pooler_output', ['last_hidden_state float32 b L d', 'pooler_output float32 b d']],
    // CLIP.
    ['text_embeds', ['logits_per_image float32 i t', 'text_embeds float32 t d', 'text_model_output float32 b L d']],
    ['image_embeds', ['logits_per_text float32 t i', 'image_embeds float32 i d']],
    ['embeddings', ['hidden float32 b d', 'embeddings float32 b d']],
    // PyTorch's own names.
    ['div', ['linear float32 b L d', 'div float32 b d']],
    ['1234', ['label int64 b', '1234 float16 b d']],
    // scikit-learn's.
    ['variable', ['output_label int64 b', 'output_probability float32 b c', 'variable float32 b d']],
    [undefined, ['output_label int64 b', 'probabilities float32 b c']],
    [undefined, ['label string b', 'probabilities sequence']],
    [undefined, ['last_hidden_state float32 b L d', 'ids int64 b L']],
    [undefined, ['quantised uint8 b d']],
  ])('%s of %j', (name, outputs) => {
    expect(likelyOutput(outputs.map(output), 'dot')?.name).toBe(name);
  });

  it('one vector a token under max_sim, where there is one', () => {
    const both = ['sentence_embedding float32 b d', 'token_embeddings float32 b L d'].map(output);
    expect(likelyOutput(both, 'max_sim')?.name).toBe('token_embeddings');
    expect(likelyOutput(both.slice(0, 1), 'max_sim')?.name).toBe('sentence_embedding');
  });
});
