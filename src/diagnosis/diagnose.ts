/** The hypotheses of an online-offline gap, each tested for "could this alone explain it?": docs/diagnosis.md. */
import type { CheckReport } from '../checks/check.js';
import type { CheckId, Policy } from '../policy/policy.js';
import type { ReleaseHead } from '../release/release.js';
import { effectiveClusters, linear } from '../statistics/clustered.js';
import { type Estimate, type Evidence, interval, unjudgeable } from '../statistics/noninferiority.js';
import { independentContrast, shareOf } from '../statistics/share.js';
import type { Bounded, Diagnosis, Hypothesis } from './diagnosis.js';
import { EvidenceTable } from './evidence-table.js';
import { gateReports } from './gates.js';
import { HYPOTHESES } from './hypotheses.js';
import { type Ledger, readLedger } from './ledger.js';
import { LedgerSums, type Measured } from './ledger-sums.js';
import type { OutcomeContext, OutcomeHypothesis } from './outcomes/outcome.js';
import { OUTCOMES } from './outcomes/registry.js';
import { finite, judged, trialOf } from './sufficiency.js';

/** A gap of at most this share of the offline gain is none to speak of. Judgement of this project. */
export const NO_GAP = 0.2;

/** What the release's evidence says. */
export interface Diagnosed {
  /** Undefined where the policy asks for no hypothesis. */
  readonly diagnosis?: Diagnosis;
  /** Of checks that have rules. */
  readonly checks: readonly CheckReport[];
}

export async function diagnose(policy: Policy, release: ReleaseHead): Promise<Diagnosed> {
  const { diagnosis: asked, confidence } = policy;
  if (asked.length === 0) return { checks: [] };
  // Its absence is refused with the release: release/read-head.ts.
  const file = release.evidence.get('ledger')!;
  const ledger = await readLedger(file, release.live);
  const ids = asked.map(({ id }) => id);
  const diagnosis = diagnoseLedger(ledger, ids, confidence, [{ path: file.shown, sha256: file.sha256 }]);
  // What the ledger is too small for is no yardstick for another table either.
  const { open } = diagnosis.gap;
  const context = {
    gap: open === undefined ? diagnosis.gapEstimate : undefined,
    gainOffline: open === undefined ? diagnosis.gainOffline : undefined,
    confidence,
  };
  const outcomes: Hypothesis[] = [];
  for (const spec of OUTCOMES.filter(({ id }) => ids.includes(id)))
    outcomes.push(await outcomeOf(spec, release, context));
  const hypotheses = [...diagnosis.hypotheses, ...outcomes].sort((a, b) => a.layer - b.layer);
  const { gap, residual, measured, sums } = diagnosis;
  return {
    diagnosis: { gap, hypotheses, residual, notices: ledger.notices },
    checks: gateReports(asked, measured, sums, ledger, confidence, open),
  };
}

/** A hypothesis with a table of its own. */
async function outcomeOf(spec: OutcomeHypothesis, release: ReleaseHead, context: OutcomeContext): Promise<Hypothesis> {
  const { id, layer, table: name, required, optional, settle } = spec;
  const file = release.evidence.get(name);
  if (!file)
    return {
      ...NOT_MEASURED,
      id,
      layer,
      verdict: 'not_tested',
      evidence: [],
      why: `the release has no evidence ${name}`,
      settle,
    };
  const table = await EvidenceTable.read(file, required, optional);
  const more = spec.also && release.evidence.get(spec.also.table);
  const also = more && spec.also ? await EvidenceTable.read(more, spec.also.required) : undefined;
  const { explains, ...found } = spec.judge(table, context, also);
  const { gap, confidence } = context;
  const share =
    explains && gap && found.verdict !== 'no_gap'
      ? shareOf(explains, gap, (rho) => independentContrast(explains, gap, rho), confidence)
      : undefined;
  return {
    id,
    layer,
    evidence: [file, ...(more ? [more] : [])].map(({ shown: path, sha256 }) => ({ path, sha256 })),
    ...found,
    alone: explains?.value ?? null,
    fix: null,
    contribution: null,
    share: share ? finite(share.share) : null,
    lower: share ? finite(share.lower) : null,
    upper: share ? finite(share.upper) : null,
  };
}

/** The part of a diagnosis that the ledger tells, with what it rests on. */
export interface LedgerDiagnosis extends Omit<Diagnosis, 'notices'> {
  readonly gapEstimate: Estimate;
  readonly gainOffline: Estimate;
  readonly sums: LedgerSums;
  readonly measured: ReadonlyMap<CheckId, Measured | string>;
}

/** The diagnosis of a ledger that is read. */
export function diagnoseLedger(
  ledger: Ledger,
  asked: readonly CheckId[],
  confidence: number,
  evidence: Hypothesis['evidence'],
): LedgerDiagnosis {
  const sums = new LedgerSums(ledger);
  const gap = sums.estimate(sums.gap);
  const wanted = HYPOTHESES.filter(({ id }) => asked.includes(id));
  const measured = wanted.map((spec) => ({ spec, measured: spec.missing(ledger) ?? sums.of(spec.id) }));
  const tested = measured.flatMap(({ spec, measured: m }) => (typeof m === 'string' ? [] : [{ id: spec.id, ...m }]));
  const open = unjudgeable(gap, evidenceOf(ledger), 0, 0);
  const trial = trialOf(ledger, sums, tested, confidence, open);
  const hypotheses = measured.map(({ spec, measured: m }): Hypothesis => {
    if (typeof m === 'string')
      return {
        ...NOT_MEASURED,
        id: spec.id,
        layer: spec.layer,
        verdict: 'not_tested',
        evidence: [],
        why: m,
        settle: spec.settle,
      };
    return { id: spec.id, layer: spec.layer, evidence, ...judged(spec, m, trial) };
  });
  const explained = tested.filter(({ id }) => HYPOTHESES.find((h) => h.id === id)!.telescopes);
  const residual = explained.reduce((rest, { contribution }) => linear(1, rest, -1, contribution), sums.gap);
  return {
    gap: {
      ledger: 'prediction',
      metric: 'log_loss',
      ...bounded(gap, confidence),
      offline: bounded(sums.estimate(sums.gainOffline), confidence),
      online: bounded(sums.estimate(sums.gainOnline), confidence),
      rows: ledger.rows,
      lost: bounded(sums.estimate(linear(1, sums.gap, -NO_GAP, sums.gainOffline)), confidence),
      ...(open === undefined ? {} : { open }),
    },
    hypotheses,
    residual: bounded(sums.estimate(residual), confidence),
    gapEstimate: gap,
    gainOffline: sums.estimate(sums.gainOffline),
    sums,
    measured: new Map(measured.map(({ spec, measured: m }) => [spec.id, m])),
  };
}

const NOT_MEASURED = { alone: null, fix: null, contribution: null, share: null, lower: null, upper: null } as const;

/** The floors of every judgement hold for a ledger too. */
function evidenceOf({ query, item, weight, onlineWeight = weight, label }: Ledger): Evidence {
  let positives = 0;
  for (let r = 0; r < label.length; r++) if (label[r]! > 0 && onlineWeight[r]! > 0 && weight[r]! > 0) positives++;
  return {
    positives,
    queryClusters: Math.min(effectiveClusters(query, weight), effectiveClusters(query, onlineWeight)),
    itemClusters: Math.min(effectiveClusters(item, weight), effectiveClusters(item, onlineWeight)),
  };
}

function bounded(estimate: Estimate, confidence: number): Bounded {
  const { lower, upper } = interval(estimate, confidence);
  return { value: estimate.value, lower, upper };
}
