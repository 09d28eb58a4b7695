/** Entities as one checkpoint is fed them: any stretch as tensors, and the digest of all that its vectors depend on. */
import type { Table } from '../../data/tables/table.js';
import { batchKey, type FedBatch, fedDigest } from './batch-key.js';
import { type Feed, type InputFeed, ListFeed, MaskFeed } from './batches.js';
import type { TokenMask } from './collector.js';
import { type Entities, subset } from './entities.js';
import { buildFeeds } from './feeds.js';
import type { InspectedCheckpoint } from './inspect.js';

/** Digests of what batches are fed, by the entities: all versions of a tower are fed the same. */
const digests = new WeakMap<Entities, Map<string, string>>();

export class FedEntities {
  private readonly feeds: readonly InputFeed[];

  /** Converts the features of every entity. */
  constructor(
    readonly inspected: InspectedCheckpoint,
    private readonly table: Table,
    readonly entities: Entities,
    /** True where an entity may have several vectors. */
    readonly severalVectors: boolean,
  ) {
    this.feeds = buildFeeds(inspected.inputs, table, entities, inspected.checkpoint);
  }

  /** Some of the entities, in the order that is given. */
  among(chosen: readonly number[]): FedEntities {
    return new FedEntities(this.inspected, this.table, subset(this.entities, chosen), this.severalVectors);
  }

  /** Lists whose padding a batch decides. */
  get lists(): readonly ListFeed[] {
    return this.feeds.filter((feed): feed is ListFeed => feed instanceof ListFeed);
  }

  /** By input, of entities from … to-1; a graph that fixes its batch gets the last of them again in its other rows. */
  tensors(from: number, to: number): Readonly<Record<string, Feed>> {
    const pad = this.padOf(from, to);
    return Object.fromEntries(this.feeds.map((feed) => [feed.name, feed.batch(from, to, pad)]));
  }

  /** Rows of a batch after those of its entities. */
  padOf(from: number, to: number): number {
    const { fixedBatch } = this.inspected;
    return fixedBatch === undefined ? 0 : fixedBatch - (to - from);
  }

  /** The declared mask of the one list that has one; undefined where none has, or several have. */
  maskOf(from: number, to: number): TokenMask | undefined {
    const masked = new Set(this.feeds.flatMap((feed) => (feed instanceof MaskFeed ? [feed.of] : [])));
    const [list] = masked;
    if (!list || masked.size > 1) return undefined;
    const tokens = list.lengthOf(from, to);
    return { tokens, keptOf: (place) => list.keptOf(from + place, tokens) };
  }

  /** The digest of all that the vectors of entities from … to-1 depend on, embedded `size` at a time. */
  key(from: number, to: number, size: number): string {
    const { inspected, severalVectors } = this;
    const inputs = inspected.inputs.map(({ info, source }) => [info.name, info.type, info.shape, source]);
    const place = JSON.stringify([inputs, inspected.fixedBatch, severalVectors, from, to, size]);
    const known = digests.get(this.entities) ?? new Map<string, string>();
    digests.set(this.entities, known);
    const digest = known.get(place) ?? fedDigest(this.batches(from, to, size));
    known.set(place, digest);
    return batchKey(inspected, digest, severalVectors);
  }

  private *batches(from: number, to: number, size: number): Generator<FedBatch> {
    for (let start = from; start < to; start += size) {
      const end = Math.min(start + size, to);
      const entities = end - start;
      const mask = this.severalVectors ? this.maskOf(start, end) : undefined;
      const kept = mask && Array.from({ length: entities }, (_, place) => mask.keptOf(place));
      yield { tensors: this.tensors(start, end), entities, ...(kept ? { kept } : {}) };
    }
  }
}
