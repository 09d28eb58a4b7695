/** The two versions that a map is asked between. */
import type { TowerRelease } from '../documents/release/release.js';
import { ConfigError } from '../errors.js';
import { list, quoted } from '../lib/text.js';
import type { Rung } from '../models/drift/maps.js';

export interface MapAsked {
  /** The version of the items in the index. */
  readonly from: string;
  /** The version of the query tower that is served: the release's live one. */
  readonly to: string;
  /** Left out: the simplest kind that repairs nearly as much as the best one. */
  readonly kind?: Rung;
}

/**
 * Steps that `from` is behind live.
 *
 * @throws ConfigError on versions that the release has no items of, or that lie the other way round
 */
export function behindOf({ chain, live, checkpoints, path }: TowerRelease, { from, to }: MapAsked): number {
  const older = chain.slice(1).filter((version) => checkpoints.item.has(version));
  const expected = `an older version that the policy sweeps, of ${path}: ${older.length > 0 ? list(older) : 'there is none'}`;
  if (to !== live) {
    const reversed = from === live && older.includes(to);
    const pasted = reversed ? to : older.includes(from) ? from : older[0];
    throw new ConfigError([
      {
        found: `--to ${quoted(to)}`,
        expected: `the live version, ${quoted(live)}, whose queries are mapped`,
        ...(pasted === undefined ? {} : { mend: `Write: --from ${pasted} --to ${live}` }),
      },
    ]);
  }
  if (older.includes(from)) return chain.indexOf(from);
  throw new ConfigError([
    {
      found: `--from ${quoted(from)}${from === live ? ', which is the live version itself' : ''}`,
      expected,
      mend:
        older[0] === undefined
          ? 'List older versions in the release, and sweep them (checks.version-skew.sweep.to in the policy).'
          : `Write: --from ${older[0]} --to ${live} (checks.version-skew.sweep.to says how many are swept)`,
    },
  ]);
}
