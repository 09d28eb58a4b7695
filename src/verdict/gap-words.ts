/** Hypotheses of a gap as parts of a sentence. */

import { wholePercent } from '../checks/measurement.js';
import { checkOf } from '../checks/registry.js';
import type { CheckId } from '../documents/policy/policy.js';
import { list, plural } from '../lib/text.js';
import type { Hypothesis, HypothesisVerdict } from './diagnosis/diagnosis.js';

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

/** True of a hypothesis that is shown to explain something. */
export function isFound({ verdict }: Hypothesis): boolean {
  return verdict === 'sufficient' || verdict === 'contributing';
}

/** `62 % of the gap`, `90 % of the online metric’s gap`, or the verdict of what has no share. */
export function shareOfGap({ share, ledger, verdict }: Hypothesis): string {
  if (share === null) return verdict;
  return `${wholePercent(share)} of the ${ledger === 'outcome' ? 'online metric’s ' : ''}gap`;
}

/**
 * `sufficient alone: feature-parity (62 %); ruled out: checkpoint-identity`: each kind once, with the shares of what is
 * found.
 */
export function hypothesesInWords(hypotheses: readonly Hypothesis[]): string {
  return KINDS.flatMap(([verdict, words]) => {
    const of = hypotheses.filter((hypothesis) => hypothesis.verdict === verdict);
    if (of.length === 0) return [];
    // The steps that follow say in which order they can be tested; here a long list says nothing.
    return verdict === 'not_tested' && of.length > MOST_UNTESTED
      ? [`${words}: ${of.length} of ${plural(hypotheses.length, 'hypothesis', 'hypotheses')}`]
      : [`${words}: ${list(of.map(named))}`];
  }).join('; ');
}

/** `feature-parity (62 %)`. The share of the gap in log loss is said alone, as the sentence is about that gap. */
function named(hypothesis: Hypothesis): string {
  const { id, share, ledger } = hypothesis;
  if (!isFound(hypothesis) || share === null) return id;
  return `${id} (${ledger === 'outcome' ? shareOfGap(hypothesis) : wholePercent(share)})`;
}
