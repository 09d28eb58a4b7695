/** The distances at which a rule is asked, in words. */

import { list } from '../../lib/text.js';
import type { MarginLine } from './model.js';

/**
 * `the rule max_change 3 % is asked only in production and at distances −1, 1 and 2 (policy.yml:46)`:
 * elsewhere the curve may leave it.
 */
export function askedInWords({ allowed, at, line }: MarginLine): string {
  const distances = at.filter((distance) => distance !== 'production');
  const where = [
    ...(at.includes('production') ? ['in production'] : []),
    ...(distances.length > 0
      ? [`at ${distances.length === 1 ? 'distance' : 'distances'} ${list(distances, distances.length)}`]
      : []),
  ];
  return `the rule ${allowed} is asked only ${where.join(' and ')} (${line})`;
}
