/** A cause whose cure waits: while another hypothesis may hold, it could make things worse. */

import { checkOf } from '../../checks/registry.js';
import type { CheckId } from '../../documents/policy/policy.js';
import type { HypothesisVerdict } from './diagnosis.js';

/** The hypothesis that must be ruled out first; undefined where none may hold. */
export function firstOf<H extends { readonly id: CheckId; readonly verdict: HypothesisVerdict }>(
  { id }: { readonly id: CheckId },
  all: readonly H[],
): { readonly first: H; readonly caution: string } | undefined {
  const { after } = checkOf(id);
  const first = after && all.find((one) => one.id === after.check);
  if (!first || first.verdict === 'ruled_out' || first.verdict === 'not_tested') return undefined;
  return { first, caution: after.caution };
}
