/** The answers that a user has given on the command line; what is left out is inferred or asked. */
import type { Value } from '../documents/yaml/edits.js';

/** The columns of a policy by the part that they play. */
export type RoleName = 'query' | 'item' | 'label' | 'weight' | 'cluster';

export const CANDIDATES = ['full', 'logged', 'sampled'] as const;
export type Candidates = (typeof CANDIDATES)[number];

export const TABLES = ['rows', 'queries', 'items'] as const;
export type TableName = (typeof TABLES)[number];

export interface Given {
  /** Paths of tables as they are written, relative to the current directory. */
  readonly tables: Readonly<{ rows: string } & Partial<Record<'queries' | 'items', string>>>;
  /** Paths of checkpoints with `{version}`, or of one of them, relative to the current directory. */
  readonly towers: Readonly<Record<'query' | 'item', string>>;
  readonly name: string;
  /** A policy to start from: a path, or the name of one that ships with skewgate. */
  readonly from?: string;
  /** Newest first. */
  readonly versions?: readonly string[];
  /** The version of a tower whose path was that of one checkpoint. */
  readonly live?: string;
  readonly columns: Readonly<Partial<Record<RoleName, string>>>;
  readonly slices?: readonly string[];
  readonly candidates?: Candidates;
  readonly similarity?: 'dot' | 'cosine' | 'max_sim';
  readonly link?: 'sigmoid' | 'identity' | 'softmax';
  readonly scale?: number;
  readonly bias?: number;
  /** Those of versions that have their own, as `--scale '{v43: 14.2, v42: 13.9}'` has them. */
  readonly byVersion: Readonly<Partial<Record<'scale' | 'bias', Readonly<Record<string, number>>>>>;
  /** As they would stand under a tower's `inputs`. */
  readonly inputs: Readonly<Partial<Record<'query' | 'item', { readonly [input: string]: Value }>>>;
  /** As it would stand under `production.distances`. */
  readonly distances?: { readonly [key: string]: Value };
}
