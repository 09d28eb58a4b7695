/** Notices on a checkpoint, of what is no error but must not go unsaid. */
import { plural, quoted } from '../../lib/text.js';
import type { Embeddings } from './embeddings.js';
import type { Entities } from './entities.js';
import type { GraphRun } from './graph-run.js';
import type { InspectedCheckpoint } from './inspect.js';
import { embedAlone, LIMIT, spread } from './steadiness.js';
import { percent } from './unsteady.js';

/** Neighbours that are an input by the release's word, and a tower that tells nothing apart. */
export async function suspicions(
  run: GraphRun,
  { checkpoint, batch }: InspectedCheckpoint,
  entities: Entities,
  together: Embeddings,
): Promise<string[]> {
  const { side, shown } = checkpoint;
  const notices: string[] = [];
  if (batch !== undefined && batch > 1) {
    const sample = spread(entities.count, run.lists);
    const beside = await embedAlone(run, sample, together);
    if (!(beside.share <= LIMIT))
      notices.push(
        `${shown}: ${side} ${quoted(entities.idOf(beside.entity))} alone differs from itself beside its ` +
          `neighbours by ${percent(beside.share)} of its length, as \`batch: ${batch}\` allows: the figures are ` +
          `those of the table's order, and serving's batches hold others.`,
      );
  }
  if (entities.count > 1 && isConstant(together))
    notices.push(
      `${shown}: all ${plural(entities.count, side, side === 'query' ? 'queries' : 'items')} have the same ` +
        `embedding: it does not depend on the ${side}, so no ranking can.`,
    );
  return notices;
}

/** True where every entity has the first one's vector, number for number. */
function isConstant({ count, dimension, data, offsets }: Embeddings): boolean {
  if (offsets) return false;
  for (let i = dimension; i < count * dimension; i++) if (data[i] !== data[i % dimension]) return false;
  return true;
}
