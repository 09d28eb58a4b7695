/** The outputs of two graphs that are the embeddings: a pair that can be compared, of several the likeliest. */
import type { Side } from '../data/checkpoints/checkpoint.js';
import type { TensorInfo } from '../data/checkpoints/onnx-file.js';
import type { Similarity } from '../documents/release/release.js';
import { ModelError } from '../errors.js';
import { list, quoted } from '../lib/text.js';
import { likelyOutput } from '../models/towers/outputs.js';
import type { LiveTower } from './graphs.js';

export interface ChosenOutputs extends Readonly<Record<Side, string>> {
  /** Both give a vector for every token. */
  readonly tokens: boolean;
}

/**
 * Chooses an output of each graph: one vector an entity where both have such of one dimension, else one a token.
 *
 * @param similarity as the user gives it; `max_sim` alone takes vectors of tokens
 * @throws ModelError where a graph has no output that can be the embedding
 */
export function chooseOutputs(
  towers: Readonly<Record<Side, LiveTower>>,
  similarity: Similarity | undefined,
): ChosenOutputs {
  const single = similarity === 'max_sim' ? undefined : pairOf(towers, 'dot');
  if (single) return { ...single, tokens: false };
  const several = similarity === undefined || similarity === 'max_sim' ? pairOf(towers, 'max_sim') : undefined;
  if (several) return { ...several, tokens: true };
  for (const side of ['query', 'item'] as const)
    if (candidates(towers[side], 'dot').length === 0) throw noOutput(towers[side]);
  // Their dimensions differ: running them says so.
  return { query: nameOf(towers.query), item: nameOf(towers.item), tokens: false };
}

function nameOf(tower: LiveTower): string {
  return candidates(tower, 'dot')[0]?.name ?? '';
}

/** Precomputed vectors, which have no outputs. */
const NONE: TensorInfo = { name: '', type: 'float32', shape: undefined };

/** Outputs that can be the embedding, the likeliest first. */
function candidates({ graph }: LiveTower, similarity: 'dot' | 'max_sim'): TensorInfo[] {
  if (!graph) return similarity === 'dot' ? [NONE] : [];
  const fitting = graph.outputs.filter((output) => {
    const axes = output.shape?.length;
    const fits = similarity === 'dot' ? axes === undefined || axes === 2 : axes === 3 && output.shape?.[1] !== 1;
    return fits && likelyOutput([output], similarity) !== undefined;
  });
  const first = likelyOutput(fitting, similarity);
  return fitting.toSorted((a, b) => Number(b === first) - Number(a === first));
}

/** The first pair whose dimensions are known to be one; else the first in which they are not known to differ. */
function pairOf(
  { query, item }: Readonly<Record<Side, LiveTower>>,
  similarity: 'dot' | 'max_sim',
): Record<Side, string> | undefined {
  const pairs = candidates(query, similarity).flatMap((a) =>
    candidates(item, similarity).map((b) => ({ query: a, item: b, match: matchOf(a, b) })),
  );
  const best = pairs.find(({ match }) => match === 'one') ?? pairs.find(({ match }) => match === 'open');
  return best && { query: best.query.name, item: best.item.name };
}

function matchOf(a: TensorInfo, b: TensorInfo): 'one' | 'open' | 'different' {
  const [x, y] = [a, b].map(({ shape }) => shape?.at(-1));
  if (typeof x !== 'number' || typeof y !== 'number' || x < 0 || y < 0) return 'open';
  return x === y ? 'one' : 'different';
}

function noOutput({ graph, checkpoint }: LiveTower): ModelError {
  const outputs = (graph?.outputs ?? []).map(
    ({ name, type, shape }) => `${quoted(name)} ${type} [${list((shape ?? []).map(String))}]`,
  );
  return new ModelError([
    {
      place: { file: checkpoint.shown },
      found: `outputs ${list(outputs)}, of which none can be the embedding`,
      expected: 'a float output of shape [batch, dimension], or in both towers [batch, tokens, dimension]',
      mend: 'Export the embedding itself as an output (docs/towers.md).',
    },
  ]);
}
