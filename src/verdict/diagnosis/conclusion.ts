/** The conclusion from a hypothesis: whether it alone explains the gap, whose it is, and the next step. */

import { checkOf } from '../../checks/registry.js';
import { firstOf } from './deferral.js';
import type { Hypothesis } from './diagnosis.js';
import { SUFFICIENT } from './sufficiency.js';

/** Answers to "could this alone explain the gap?". */
export type Sole = 'yes' | 'no' | 'open';

export type Concluded = Pick<Hypothesis, 'question' | 'owner' | 'sole' | 'next'>;

/** A hypothesis that is judged, before its conclusion. */
export type Unconcluded = Omit<Hypothesis, keyof Concluded>;

export function concluded(hypothesis: Unconcluded, all: readonly Unconcluded[]): Hypothesis {
  const { question, owner } = checkOf(hypothesis.id);
  return { ...hypothesis, question, owner, sole: soleOf(hypothesis), next: nextOf(hypothesis, all) };
}

/** A hypothesis is no sole explanation where its share is by its upper bound below what would be enough. */
function soleOf({ verdict, upper }: Unconcluded): Sole {
  switch (verdict) {
    case 'sufficient':
      return 'yes';
    case 'ruled_out':
      return 'no';
    case 'contributing':
    case 'inconclusive':
      return upper !== null && upper < SUFFICIENT ? 'no' : 'open';
    default:
      return 'open';
  }
}

/** The next step on a hypothesis, empty where there is nothing to do. */
function nextOf(hypothesis: Unconcluded, all: readonly Unconcluded[]): string {
  const { id, verdict, settle, cure: found } = hypothesis;
  if (verdict === 'ruled_out' || verdict === 'no_gap') return '';
  if (verdict !== 'sufficient' && verdict !== 'contributing') return settle;
  // The evidence of this run asks for something else.
  if (found) return found.why;
  const { cure } = checkOf(id);
  const waits = firstOf(hypothesis, all);
  return waits ? `rule ${waits.first.id} out first: ${waits.caution}` : cure;
}
