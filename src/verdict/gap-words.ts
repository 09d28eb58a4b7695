/** Hypotheses of a gap as parts of a sentence. */

import { wholePercent } from '../checks/measurement.js';
import { checkOf } from '../checks/registry.js';
import type { CheckId } from '../documents/policy/policy.js';
import { list, plural } from '../lib/text.js';
import { type Hypothesis, type HypothesisVerdict, isFound } from './diagnosis/diagnosis.js';
import { NEGLIGIBLE } from './diagnosis/sufficiency.js';

/** Hypotheses that are not tested are named in one sentence up to this many. */
const MOST_UNTESTED = 3;

/** In the order in which they are said; what has no gap to explain is not. */
const KINDS: readonly (readonly [HypothesisVerdict, string])[] = [
  ['sufficient', 'sufficient alone'],
  ['contributing', 'contributing'],
  ['inconclusive', 'inconclusive'],
  ['ruled_out', 'ruled out'],
  ['not_tested', 'not tested'],
];

/** The layer and the question of a hypothesis, asked or not. */
export function headOf(id: CheckId): { readonly layer: 1 | 2 | 3; readonly question: string } {
  const { layer, question } = checkOf(id);
  return { layer, question };
}

/** `62 % of the gap`, `90 % of the online metric’s gap`, or the verdict of what has no share. */
export function shareOfGap({ share, ledger, verdict, bound }: Hypothesis): string {
  if (share === null) return verdict;
  return `${bound ? 'at most ' : ''}${wholePercent(share)} of the ${ledger === 'outcome' ? 'online metric’s ' : ''}gap`;
}

/**
 * `sufficient alone: feature-parity (62 %); ruled out: checkpoint-identity`: each kind once, with the shares of what is
 * found, and of what hides a part of the gap, by which others may be more than all of it.
 */
export function hypothesesInWords(hypotheses: readonly Hypothesis[]): string {
  return KINDS.flatMap(([verdict, words]) => {
    const all = hypotheses.filter((hypothesis) => hypothesis.verdict === verdict);
    const of = all.filter((hypothesis) => !hides(hypothesis));
    const hiding = all.filter(hides);
    // The steps that follow say in which order they can be tested; here a long list says nothing.
    const counted = verdict === 'not_tested' && of.length > MOST_UNTESTED;
    const names = counted
      ? `${of.length} of ${plural(hypotheses.length, 'hypothesis', 'hypotheses')}`
      : list(of.map(named));
    return [
      ...(of.length > 0 ? [`${words}: ${names}`] : []),
      ...(hiding.length > 0 ? [`hiding a part of the gap: ${list(hiding.map(named))}`] : []),
    ];
  }).join('; ');
}

/** A step that wins, by clearly more than what is negligible. */
function hides({ id, verdict, upper }: Hypothesis): boolean {
  return verdict === 'ruled_out' && upper !== null && upper < -NEGLIGIBLE && checkOf(id).telescopes === true;
}

/** `feature-parity (62 %)`. The share of the gap in log loss is said alone, as the sentence is about that gap. */
function named(hypothesis: Hypothesis): string {
  const { id, share, ledger, bound } = hypothesis;
  if (!(isFound(hypothesis) || hides(hypothesis)) || share === null) return id;
  return `${id} (${ledger === 'outcome' ? shareOfGap(hypothesis) : `${bound ? 'at most ' : ''}${wholePercent(share)}`})`;
}
