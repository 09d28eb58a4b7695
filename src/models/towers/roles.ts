/**
 * Columns that the policy gives another part than that of a feature: the label may not be read, ids, weight and
 * cluster hardly.
 */

import type { EvalSetPolicy } from '../../documents/policy/policy.js';
import type { Problem } from '../../errors.js';
import { quoted } from '../../lib/text.js';
import type { PlannedInput } from './planned-input.js';

/** The policy's columns by role. */
export type Roles = EvalSetPolicy['columns'];

/** The columns that an input reads; none where it is a mask or a constant. */
export function columnsOf({ source }: PlannedInput): readonly string[] {
  if (source.kind === 'mask' || source.kind === 'constant') return [];
  return source.kind === 'gather' ? source.columns : [source.column];
}

/** The problem of an input that reads the label, whichever table it stands in. @param shown the checkpoint's file */
export function readsLabel(input: PlannedInput, roles: Roles, shown: string): Problem | undefined {
  if (!columnsOf(input).includes(roles.label)) return undefined;
  return {
    place: input.place,
    found: `input ${quoted(input.info.name)} of ${shown}, which reads ${quoted(roles.label)}, the label`,
    expected: 'features that are known before the outcome is',
    mend: 'Train and export the tower without it; a feature that only bears the label’s name needs a name of its own.',
  };
}

/** Says that an input reads another column with a role: once a role and side. */
export function roleNotices(
  inputs: readonly PlannedInput[],
  { query, item, weight, cluster }: Roles,
  shown: string,
): Map<string, string> {
  const doubtful = new Map<string, string>([
    ...(cluster === undefined ? [] : [[cluster, 'the column of clusters'] as const]),
    ...(weight === undefined ? [] : [[weight, 'the weight of the rows'] as const]),
    [query, 'the query’s id'],
    [item, 'the item’s id'],
  ]);
  return new Map(
    inputs.flatMap((input) =>
      columnsOf(input).flatMap((column): [string, string][] => {
        const role = doubtful.get(column);
        if (role === undefined) return [];
        return [
          [
            column,
            `input ${quoted(input.info.name)} of ${shown} reads ${quoted(column)}, ${role}: is it known when ` +
              'the tower is served, and to entities that it was not trained on?',
          ],
        ];
      }),
    ),
  );
}
