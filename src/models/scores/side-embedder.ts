/** The versions of one tower, each of which embeds every distinct query or item once. */

import type { Side } from '../../data/checkpoints/checkpoint.js';
import type { EvalSet } from '../../data/evalset/evalset.js';
import type { TowerRelease } from '../../documents/release/release.js';
import { lookUp } from '../../lib/lookup.js';
import type { Progress } from '../../lib/progress.js';
import { type Alike, alikeVersions, COMPARED, sampleOf, type VersionSample } from '../drift/alike.js';
import type { Embeddings } from '../towers/embeddings.js';
import type { Entities } from '../towers/entities.js';
import type { InspectedTower } from '../towers/inspect.js';
import { spread } from '../towers/steadiness.js';
import { embed } from '../towers/tower.js';

/** Embeds by one version after the other, and keeps of each a sample by which versions that are the same are found. */
export class SideEmbedder {
  /** Sentences on what was done so that no embedding depends on a batch. */
  readonly notices: string[] = [];
  private readonly samples: VersionSample[] = [];
  private readonly chosen: readonly number[];

  constructor(
    private readonly side: Side,
    private readonly entities: Entities,
    private readonly evalSet: EvalSet,
    private readonly release: TowerRelease,
    private readonly tower: InspectedTower,
    private readonly onProgress: Progress,
  ) {
    this.chosen = spread(entities.count, [], COMPARED);
  }

  /** The embeddings of every entity by the version `behind` steps behind live. */
  async embed(behind: number): Promise<Embeddings> {
    const { side, entities, release } = this;
    const version = release.chain[behind]!;
    const inspected = lookUp(this.tower.checkpoints, version, `${side} checkpoint`);
    const table = this.evalSet.features[side].table;
    const { similarity } = release.score;
    const { embeddings, notices } = await embed(inspected, table, entities, similarity, this.onProgress);
    this.notices.push(...notices);
    this.samples.push({
      behind,
      checkpoint: inspected.checkpoint,
      sample: sampleOf(embeddings, this.chosen, release.score.similarity === 'cosine'),
    });
    return embeddings;
  }

  /** Versions that are the same, of those that have embedded so far. */
  alike(): Alike[] {
    return alikeVersions(this.samples);
  }
}
