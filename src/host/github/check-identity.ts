/**
 * An identity says which check and which comment are a run's own. People and branch protection see the name; what is
 * taken up again is found by the external id, which says which files were judged and by whose policy, so that two
 * releases under one policy, or one release judged twice, never write over each other.
 */
import { sha256 } from '../../data/artefacts/digests.js';
import { printable } from '../../lib/text.js';

export interface CheckIdentity {
  /** `skewgate / <policy> / <release>`, or what the workflow says. */
  readonly name: string;
  /** Alike for every attempt at the same judgement, and for no other. */
  readonly externalId: string;
}

export interface Subject {
  readonly policy: Named;
  readonly release: Named;
  /** Whose policy judges: `head`, `base`, the name of a ref, or `report` of a fork's run. */
  readonly judgedBy: string;
  /** The pull request that it is judged for: another one may have the same head and another base. */
  readonly pullRequest?: number | undefined;
}

/** Path as the repository has it, with forward slashes. */
export interface Named {
  readonly path: string;
  readonly name: string;
}

export function identityOf({ policy, release, judgedBy, pullRequest }: Subject, checkName?: string): CheckIdentity {
  const key = JSON.stringify([policy.path, release.path, judgedBy, pullRequest ?? null, checkName ?? null]);
  return {
    name: checkName ?? ['skewgate', policy.name, release.name].map(part).join(' / '),
    externalId: `skewgate:${sha256(key).slice(0, 40)}`,
  };
}

/** A name that cannot be taken for two: what separates the parts does not stand within one. */
function part(name: string): string {
  return printable(name.trim().replace(/\s*\/\s*/g, '/'));
}

/** The first line of a run's own comment, by which it is found again. */
export function markerOf({ externalId }: CheckIdentity): string {
  return `<!-- ${externalId} -->`;
}
