/** The cures of checks on evidence. */

import type { Finding } from '../../checks/check-report.js';
import { checkOf } from '../../checks/registry.js';
import type { CheckId } from '../../documents/policy/policy.js';
import { byUrgency } from '../urgency.js';
import type { Cure } from './cure.js';

/**
 * Each cure of the metrics that fail stands once, that of the worst first.
 *
 * @param failed required findings of the check that fail
 */
export function curesOfEvidence(check: string, layer: 1 | 2 | 3, failed: readonly Finding[]): Cure[] {
  const { cure, metrics } = checkOf(check as CheckId);
  const own = byUrgency(failed).map(({ metric }) => metrics.find(({ id }) => id === metric));
  const action = own.find((metric) => metric?.action)?.action ?? (layer === 2 ? 'serving_change' : 'gather_evidence');
  const cures = new Set(own.map((metric) => metric?.cure ?? cure));
  return [...cures].map((cure) => ({ kind: 'of_check', check, cure, action }));
}
