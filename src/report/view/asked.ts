/** The distances at which a rule is asked, in words. */

import type { MarginLine } from './model.js';

/** `the rule max_change 3 % is asked at production alone (policy.yml:46)`: elsewhere the curve may leave it. */
export function askedInWords({ allowed, at, line }: MarginLine): string {
  const distances = at.filter((distance) => distance !== 'production');
  const where = [
    ...(at.includes('production') ? ['production'] : []),
    ...(distances.length > 0 ? [`distance ${distances.join(', ')}`] : []),
  ];
  return `the rule ${allowed} is asked at ${where.join(' and at ')} alone (${line})`;
}
