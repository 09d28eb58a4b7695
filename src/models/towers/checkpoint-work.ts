/** The embedding by one checkpoint as work that can be shared out: in whole batches, as bits may depend on those. */
import type { Table } from '../../data/tables/table.js';
import type { VectorBlock } from '../../data/vectors/vector-block.js';
import type { VectorWork } from '../../data/vectors/vector-work.js';
import type { Similarity } from '../../documents/release/release.js';
import { withoutPadding } from './embeddings.js';
import type { Entities } from './entities.js';
import { FedEntities } from './fed-entities.js';
import { GraphRun } from './graph-run.js';
import type { Stretch } from './hold-found.js';
import type { InspectedCheckpoint } from './inspect.js';
import { distance, ROUNDING, spread } from './steadiness.js';
import { stretches } from './stored-run.js';
import { batchSize } from './tower.js';

type Keep = (key: string, block: VectorBlock) => void;

/** Of a checkpoint that is an ONNX file; vectors that are given are read, not made. */
export function checkpointWork(
  inspected: InspectedCheckpoint,
  table: Table,
  entities: Entities,
  similarity: Similarity,
): VectorWork {
  const { side, version } = inspected.checkpoint;
  const several = similarity === 'max_sim';
  const size = batchSize(inspected);
  const blocks = stretches(entities.count, size);
  return {
    name: `${side} tower ${version}`,
    keys() {
      const fed = new FedEntities(inspected, table, entities, several);
      return blocks.map(({ from, to }) => fed.key(from, to, size));
    },
    async make(wanted, keep) {
      const own = blocks.filter((_, b) => wanted(b));
      if (own.length === 0) return;
      const run = await GraphRun.open(inspected, table, entities, several);
      try {
        const sample = new Set(spread(own.length, []));
        let alone = false;
        for (const [i, block] of own.entries()) {
          const made = await makeBlock(run, block, size, keep);
          // One that is neither steady nor refused is embedded one at a time (docs/decisions/0007).
          if (inspected.batch === undefined && sample.has(i)) alone ||= await isNoisy(run, block, made);
        }
        if (alone)
          for (const [b, one] of stretches(entities.count, 1).entries())
            if (wanted(b)) await makeBlock(run, one, 1, keep);
      } finally {
        await run.close();
      }
    },
  };
}

async function makeBlock(run: GraphRun, { from, to }: Stretch, size: number, keep: Keep): Promise<VectorBlock> {
  const made = await run.embed(from, to, size);
  keep(run.key(from, to, size), made);
  return made;
}

/** Tells whether the first entity of a block, alone, differs from itself in the block by more than rounding. */
async function isNoisy(run: GraphRun, { from }: Stretch, made: VectorBlock): Promise<boolean> {
  const alone = withoutPadding(await run.embed(from, from + 1, 1));
  return distance(alone, 0, withoutPadding(made), 0) > ROUNDING;
}
