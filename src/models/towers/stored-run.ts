/** The vectors of all entities: stretch by stretch out of a store where it has them, embedded and kept where not. */
import type { VectorStore } from '../../data/vectors/vector-store.js';
import type { Embeddings } from './embeddings.js';
import type { GraphRun, Told } from './graph-run.js';
import type { Stretch } from './hold-found.js';

/** Entities of an entry of the store: several batches where batches are small, so that files are not. */
const ENTRY = 1024;

/** Whole batches, one after the other: what is kept, and shared out, as one. */
export function stretches(count: number, size: number): Stretch[] {
  const length = size * Math.max(1, Math.floor(ENTRY / size));
  return Array.from({ length: Math.ceil(count / length) }, (_, i) => ({
    from: i * length,
    to: Math.min((i + 1) * length, count),
  }));
}

/**
 * Embeds all entities, `size` at a time.
 *
 * @param store left out: everything is embedded
 * @param told  hears how many entities have their vectors, batch by batch
 * @returns the vectors, and which entities have theirs from the store
 */
export async function embedAll(
  run: GraphRun,
  count: number,
  size: number,
  store: VectorStore | undefined,
  told: Told = () => undefined,
): Promise<{ readonly all: Embeddings; readonly found: readonly Stretch[] }> {
  if (!store) return { all: await run.embed(0, count, size, told), found: [] };
  const collector = run.collector(count);
  const found: Stretch[] = [];
  for (const { from, to } of stretches(count, size)) {
    const key = run.key(from, to, size);
    const known = store.find(key);
    if (known?.count === to - from && (known.offsets !== undefined) === run.severalVectors) {
      found.push({ from, to });
      collector.take(known);
      told(to);
      continue;
    }
    const made = await run.embed(from, to, size, (done) => told(from + done));
    store.keep(key, made);
    collector.take(made);
  }
  return { all: collector.done(), found };
}
