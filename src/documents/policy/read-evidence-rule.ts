/** Lines of `require` of a check on evidence. */
import type { Path } from '../yaml/source.js';
import { EVIDENCE_OPERATORS, type EvidenceCheckId, type EvidenceRule } from './policy.js';
import type { WrittenEvidenceRule } from './policy-file.js';
import { limitOf, operatorOf } from './read-limit.js';
import type { PolicyReading } from './reading.js';

/** One rule of a check; undefined, with a problem noted, where it has not exactly one operator. */
export function readEvidenceRule(
  raw: WrittenEvidenceRule,
  check: EvidenceCheckId,
  index: number,
  { source }: PolicyReading,
): EvidenceRule | undefined {
  const at: Path = ['checks', check, 'require', index];
  const limit = operatorOf(raw, EVIDENCE_OPERATORS, source, () => ({ place: source.place(at) }));
  if (!limit) return undefined;
  const { operator, written } = limit;
  return {
    index,
    ...(raw.id === undefined ? {} : { id: raw.id }),
    metric: raw.metric,
    operator,
    ...limitOf(written),
    thresholdText: String(written),
    level: raw.level ?? 'fail',
    place: source.keyPlace([...at, operator]),
    metricPlace: source.place([...at, 'metric']),
  };
}
