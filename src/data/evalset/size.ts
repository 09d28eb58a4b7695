/** The size of an eval set, as reports show it. */
import type { EvalFile } from '../../documents/policy/policy.js';
import type { EvalSet } from './evalset.js';

export interface EvalSetSize {
  readonly rows: number;
  readonly positives: number;
  readonly queries: number;
  readonly items: number;
  /** Items that rankings over the whole catalogue run over. */
  readonly catalogue: number;
  readonly sha256: Readonly<Partial<Record<EvalFile, string>>>;
}

export function sizeOf(evalSet: EvalSet): EvalSetSize {
  const { ids, absent } = evalSet.features.item;
  return {
    rows: evalSet.rows,
    positives: evalSet.positives,
    queries: evalSet.query.names.length,
    items: evalSet.item.names.length,
    catalogue: absent ? absent.filter((gone) => gone === 0).length : ids.names.length,
    sha256: evalSet.sha256,
  };
}
