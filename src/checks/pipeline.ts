/** The stages of a run over all checks that a policy asks for: planned, gathered, run, examined, judged. */

import type { Workspace } from '../data/artefacts/files.js';
import type { EvalSetSize } from '../data/evalset/size.js';
import type { TableSpec } from '../data/evidence/evidence-table.js';
import type { VectorStore } from '../data/vectors/vector-store.js';
import type { CheckId, Policy } from '../documents/policy/policy.js';
import type { ReleaseHead } from '../documents/release/release.js';
import { ConfigError, type Problem } from '../errors.js';
import { gapMetric } from '../estimation/ledger/gap-metric.js';
import type { GivenState } from '../estimation/state/given-state.js';
import { violated } from '../estimation/statistics/claims.js';
import { type Progress, SILENT, told } from '../lib/progress.js';
import type { Check, Examination, Gathered, Plan, Wanted } from './check.js';
import type { CheckReport } from './check-report.js';
import { Evidence } from './evidence.js';
import type { Examined, Swept } from './evidence-check.js';
import { vainRules } from './gates.js';
import { ARMS, OUTCOME, readOutcome } from './past-arms.js';

/**
 * Plans every check of `checks` that the policy asks for, in their order.
 *
 * @throws ConfigError with what is wrong with the rules of all of them
 */
export function planChecks(checks: readonly Check[], policy: Policy): Plan[] {
  const wanted = wantedOf(checks.filter(({ id }) => policy.diagnosis.some((asked) => asked.id === id)));
  const problems: Problem[] = vainRules(policy);
  const plans = checks.flatMap((check) => {
    try {
      return check.plan(policy, wanted) ?? [];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return plans;
}

function wantedOf(asked: readonly Check[]): Wanted {
  return new Map(asked.flatMap(({ ofSweep = {} }) => Object.entries(ofSweep) as [keyof Swept, TableSpec | true][]));
}

export interface GatheredRun {
  readonly evidence: Evidence;
  readonly checks: readonly Gathered[];
}

/**
 * Reads every table once and lets each check read the rest. What can be refused without running a tower at scale is
 * refused here.
 */
export async function gatherChecks(
  plans: readonly Plan[],
  { gap }: Pick<Policy, 'gap'>,
  release: ReleaseHead,
  workspace: Workspace,
  progress: Progress = SILENT,
  vectors?: VectorStore,
  state?: GivenState,
): Promise<GatheredRun> {
  // The result of an A/B is read whatever is asked: no gain offline outweighs it.
  const known = plans.some(({ tables }) => tables.length > 0) ? [ARMS, OUTCOME] : [];
  const specs = new Map([...plans.flatMap(({ tables }) => tables), ...known].map((spec) => [spec.name, spec]));
  progress({ stage: 'reading', detail: 'tables of evidence' });
  const evidence = await Evidence.read(release, [...specs.values()], gapMetric(gap.metric, gap.gain));
  const outcome = evidence.table(OUTCOME);
  // Refused here, so that `validate` refuses it too.
  if (outcome) readOutcome(outcome);
  const checks: Gathered[] = [];
  for (const plan of plans) {
    progress({ stage: 'reading', detail: `what ${plan.check.id} judges` });
    checks.push(
      await plan.gather({
        release,
        evidence,
        workspace,
        progress,
        ...(state ? { state } : {}),
        ...(vectors ? { vectors } : {}),
      }),
    );
  }
  return { evidence, checks };
}

/** Everything that the checks found, not yet judged. */
export interface ExaminedRun extends ExaminedEvidence {
  readonly examinations: readonly Examination[];
  /** The rows of the sweep, where there was one. */
  readonly evalSet: EvalSetSize | undefined;
}

export interface ExaminedEvidence {
  readonly evidence: Evidence;
  /** Of every check that is a hypothesis of the gap, in the order of the registry. */
  readonly checks: ReadonlyMap<CheckId, Examined>;
}

/** Runs what takes time, then examines: a check on evidence may know more once a sweep has run. */
export async function examineChecks({ evidence, checks }: GatheredRun, progress: Progress): Promise<ExaminedRun> {
  const ran = [];
  for (const check of checks) ran.push(await check.run(progress));
  const swept = ran.find((one) => one.swept)?.swept;
  const whole = evidence.withReplay(swept?.replay);
  const examined = [];
  for (const one of told(ran, progress, { stage: 'examining', unit: 'checks' }))
    examined.push({ swept: one.swept !== undefined, examination: one.examine(swept, whole) });
  return {
    evidence: whole,
    // The check that was swept is judged and shown first.
    examinations: examined.toSorted((a, b) => Number(b.swept) - Number(a.swept)).map(({ examination }) => examination),
    evalSet: ran.find((one) => one.evalSet)?.evalSet,
    checks: new Map(
      examined.flatMap(({ examination: { check, found } }) => (found ? [[check.id, found] as const] : [])),
    ),
  };
}

/** Tells whether there is a gap to diagnose, an A/B to hear, or a hypothesis that no rule stands for. */
export function asksDiagnosis({ examinations, evidence }: ExaminedRun): boolean {
  return asks(
    examinations.filter(({ found }) => found !== undefined),
    evidence,
  );
}

function asks(hypotheses: readonly { readonly judges: boolean }[], evidence: Evidence): boolean {
  const told = evidence.sums?.gap !== undefined || evidence.table(OUTCOME) !== undefined;
  return hypotheses.some(({ judges }) => !judges) || (hypotheses.length > 0 && told);
}

/** The evidence of a diagnosis as far as it is known before anything is swept; undefined where none is asked. */
export function foretoldOf({ evidence, checks }: GatheredRun): ExaminedEvidence | undefined {
  const foretold = checks.flatMap((check) => check.foretold ?? []);
  if (!asks(foretold, evidence)) return undefined;
  return { evidence, checks: new Map(foretold.map(({ id, found }) => [id, found])) };
}

/**
 * Judges. One run is one family of claims: Holm's procedure runs over the sweep's cells and the rules on evidence
 * together.
 */
export function judgeChecks({ confidence }: Policy, examined: ExaminedRun, progress: Progress = SILENT): CheckReport[] {
  const { examinations } = examined;
  const rejected = violated(
    examinations.flatMap(({ claims }) => claims),
    confidence,
  );
  const said = asksDiagnosis(examined);
  progress({ stage: 'judging' });
  return examinations.flatMap((examination) => examination.report(rejected, said, progress) ?? []);
}
