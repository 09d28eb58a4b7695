/** A cause whose cure waits: while another hypothesis may hold, it could make things worse. */

import { checkOf } from '../../checks/registry.js';
import type { CheckId } from '../../documents/policy/policy.js';
import type { HypothesisVerdict } from './diagnosis.js';

/** A hypothesis that may hold: it is found, or tested and open. */
const MAY_HOLD: readonly HypothesisVerdict[] = ['sufficient', 'contributing', 'inconclusive'];

/** The hypothesis that must be ruled out first; undefined where none may hold. */
export function firstOf<H extends { readonly id: CheckId; readonly verdict: HypothesisVerdict }>(
  { id }: { readonly id: CheckId },
  all: readonly H[],
): { readonly first: H; readonly caution: string } | undefined {
  const { after } = checkOf(id);
  const first = after && all.find((one) => one.id === after.check && MAY_HOLD.includes(one.verdict));
  return first && { first, caution: after.caution };
}
