/** Reads the tables that the policy's checks ask for, and lets each check examine them. */

import type { TableSpec } from '../data/evidence/evidence-table.js';
import type { CheckId, Policy } from '../documents/policy/policy.js';
import type { ReleaseHead } from '../documents/release/release.js';
import { DataError } from '../errors.js';
import { Evidence } from './evidence.js';
import type { CheckContext, EvidenceCheck, Examined, Swept } from './evidence-check.js';
import { ARMS, OUTCOME } from './past-arms.js';
import { CHECKS_ON_EVIDENCE, checkOf } from './registry.js';

export interface ExaminedEvidence {
  readonly evidence: Evidence;
  /** Of every check that the policy asks for, in the order of the registry. */
  readonly checks: ReadonlyMap<CheckId, Examined>;
}

export async function examineEvidence(policy: Policy, release: ReleaseHead): Promise<ExaminedEvidence> {
  const ids = CHECKS_ON_EVIDENCE.map(({ id }) => id).filter((id) => policy.diagnosis.some((asked) => asked.id === id));
  const specs = new Map<string, TableSpec>();
  for (const id of ids) {
    for (const spec of checkOf(id).tables) specs.set(spec.name, spec);
    if (checkOf(id).layer === 3) for (const spec of [ARMS, OUTCOME]) specs.set(spec.name, spec);
  }
  const evidence = await Evidence.read(release, [...specs.values()]);
  const context = { confidence: policy.confidence, swept: undefined };
  return { evidence, checks: new Map(ids.map((id) => [id, examined(checkOf(id), evidence, context)])) };
}

/** Whether there is a gap to diagnose, or a hypothesis that no rule stands for. */
export function asksDiagnosis({ diagnosis, skew }: Policy, { evidence }: ExaminedEvidence): boolean {
  const hypotheses = diagnosis.filter(({ id, rules }) => rules.length === 0 && !(id === 'version-skew' && skew));
  return hypotheses.length > 0 || (diagnosis.length > 0 && evidence.sums?.gap !== undefined);
}

/** What statistics refuse names the tables that it was computed from. */
function examined(check: EvidenceCheck, evidence: Evidence, context: CheckContext): Examined {
  try {
    return check.examine(evidence, context);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const [file] = evidence.files(check.tables);
    throw new DataError(
      error.problems.map((problem) => (problem.place || !file ? problem : { ...problem, place: { file: file.shown } })),
    );
  }
}

/** Checks that know more once a sweep has run. */
const AFTER_SWEEP: readonly CheckId[] = ['version-skew', 'precision-parity', 'checkpoint-identity'];

/** The same with what only a sweep knows. */
export function withSweep(before: ExaminedEvidence, policy: Policy, swept: Swept | undefined): ExaminedEvidence {
  if (!swept) return before;
  const { evidence, checks } = before;
  const context = { confidence: policy.confidence, swept };
  const again = ([id, found]: [CheckId, Examined]): [CheckId, Examined] => [
    id,
    AFTER_SWEEP.includes(id) ? examined(checkOf(id), evidence, context) : found,
  ];
  return { evidence, checks: new Map([...checks].map(again)) };
}
