/** The hypotheses of an online-offline gap, each tested for "could this alone explain it?": docs/diagnosis.md. */

import type { Evidence } from '../../checks/evidence.js';
import type { Effect, EvidenceCheck, Examined } from '../../checks/evidence-check.js';
import { figure } from '../../checks/measurement.js';
import { asksDiagnosis, type ExaminedEvidence, type ExaminedRun } from '../../checks/pipeline.js';
import { spelled } from '../../checks/reason-words.js';
import { CHECKS, checkOf } from '../../checks/registry.js';
import { artefact } from '../../data/evidence/evidence-table.js';
import { LEDGER } from '../../data/evidence/ledger.js';
import { inDialectOf } from '../../data/evidence/sql.js';
import type { CheckId } from '../../documents/policy/policy.js';
import { LOG_LOSS_GAP } from '../../estimation/ledger/gap-metric.js';
import type { LedgerSums } from '../../estimation/ledger/ledger-sums.js';
import { type Estimate, interval } from '../../estimation/statistics/noninferiority.js';
import { independentContrast } from '../../estimation/statistics/share.js';
import { linear, type Statistic } from '../../estimation/tabulation/clustered.js';
import { isCarried, withoutDoubles } from './chain.js';
import { concluded, type Unconcluded } from './conclusion.js';
import { type Bounded, bounded, type Diagnosis, type Hypothesis, type PredictionGap } from './diagnosis.js';
import { readExperiment } from './experiment.js';
import { joinLevels, joinsOf } from './joins.js';
import { layersOf } from './layers.js';
import { nextSteps } from './next.js';
import { type OutcomeLedger, outcomeGap, outcomePart, readOutcomeLedger } from './outcome-ledger.js';
import { withReasons } from './reasons.js';
import { whatIsSeen } from './seen.js';
import { type Earlier, sinceOf } from './since.js';
import { splitsOf } from './splits.js';
import { type GapPart, isGap, judged, NEGLIGIBLE, trialOf, type Whole } from './sufficiency.js';
import { waterfallOf } from './waterfall.js';

/** A gap of at most this share of the offline gain is none to speak of. Judgement of this project. */
const NO_GAP = 0.2;

/**
 * Undefined where the policy asks for no hypothesis.
 *
 * @param earlier what the report of an earlier run says, where the release names one
 */
export function diagnose(examined: ExaminedRun, confidence: number, earlier?: Earlier): Diagnosis | undefined {
  if (!asksDiagnosis(examined)) return undefined;
  const diagnosis = diagnoseEvidence(examined, confidence);
  return earlier ? { ...diagnosis, since: sinceOf(earlier, diagnosis) } : diagnosis;
}

export function diagnoseEvidence({ evidence, checks: all }: ExaminedEvidence, confidence: number): Diagnosis {
  const { sums } = evidence;
  const checks = withoutDoubles(all);
  const gap = sums?.gap;
  const whole = wholeOf(sums);
  const ledger = readOutcomeLedger(evidence, confidence);
  const outcomes = typeof ledger === 'object' ? ledger : undefined;
  const experiment = readExperiment(evidence, confidence);

  const parts = new Map<CheckId, GapPart>();
  for (const [id, { effect }] of checks) {
    const part = partOf(id, effect, sums, whole, outcomes);
    if (part) parts.set(id, part);
  }
  const trial = trialOf([...parts.values()], confidence);
  const judgedAlone = [...checks].map(([id, found]): Unconcluded => {
    const check = checkOf(id);
    const part = parts.get(id);
    const { effect } = found;
    const head = {
      id,
      layer: check.layer,
      contribution: isCarried(id, checks) ? null : contributionOf(effect, sums),
      evidence: filesOf(check, found, evidence),
      ...specialOf(found),
    };
    // Against a gap that is not clear, evidence of its own says more.
    if (part && effect.kind === 'outcome' && !isGap(part.whole, confidence))
      return { ...head, ...undivided(found, whole, evidence, confidence) };
    return { ...head, ...(part ? judged(part, found.facts, trial) : undivided(found, whole, evidence, confidence)) };
  });
  const rest = sums && gap && unexplained(sums, gap, checks);
  const production = sums && productionRest(sums, checks);
  const known = {
    gap: sums && gap ? gapOf(sums, gap, production, confidence) : undefined,
    outcome: outcomes && outcomeGap(outcomes, outcomeParts(checks), confidence),
    residual: sums && gap && rest ? restOf(sums.estimate(rest), sums.estimate(gap), confidence) : undefined,
    ...(experiment ? { experiment } : {}),
  };
  const reasoned = withReasons(judgedAlone, known, sums);
  const hypotheses = reasoned.map((one) => concluded(one, reasoned)).sort((a, b) => a.layer - b.layer);
  // A step that another check carries is that one's in every sum.
  const carriers = new Map([...checks].filter(([id]) => !isCarried(id, checks)));
  const splits = splitsOf(sums, confidence);
  const seen = whatIsSeen({ ...known, ...splits }, evidence.release.live, evidence.ledger?.onlineWeight !== undefined);
  const levels = joinLevels(evidence);
  const waterfall = waterfallOf({ checks: carriers, sums, levels, production, rest, outcomes, experiment, confidence });
  return {
    ...known,
    ...(gap ? {} : { unknown: sums ? ('s5' as const) : ('ledger' as const) }),
    hypotheses,
    layers: layersOf(checks, sums, { ...known, hypotheses }, confidence),
    ...(levels ? { joins: joinsOf(levels, evidence, confidence) } : {}),
    ...splits,
    ...bucketsOf(checks, confidence),
    notAsked: CHECKS.flatMap(({ id }) => (checks.has(id) ? [] : [id])),
    next: nextSteps(
      hypotheses.filter(({ id }) => carriers.has(id)),
      evidence,
      gap === undefined && experiment?.promise === undefined,
      seen,
    ),
    ...(waterfall ? { waterfall } : {}),
    notices: [...evidence.notices, ...withoutOutcomes(ledger)],
  };
}

/** Says why there is no outcome ledger, where somebody asks for one. */
function withoutOutcomes(ledger: ReturnType<typeof readOutcomeLedger>): string[] {
  return typeof ledger === 'string' ? [`no outcome ledger, so no share of the outcome’s gap: ${ledger}.`] : [];
}

/** The gap of the ledger; undefined where it knows none. */
function wholeOf(sums: LedgerSums | undefined): Whole | undefined {
  if (!sums?.gap) return undefined;
  const { gap, gainOffline, open, rows } = sums;
  const beyond = sums.estimate(linear(1, gap, -NEGLIGIBLE, gainOffline));
  return { ledger: 'prediction', estimate: sums.estimate(gap), open, rows, beyond };
}

/** Null of what is no step of the ledger. */
function contributionOf(effect: Effect, sums: LedgerSums | undefined): number | null {
  return effect.kind === 'step' && sums ? sums.estimate(effect.contribution).value : null;
}

/** A share that is a most, and a cure that is not the check's own. */
function specialOf({ effect, cure }: Examined): Pick<Hypothesis, 'bound' | 'cure'> {
  return { ...(effect.kind === 'step' && effect.bound ? { bound: true } : {}), ...(cure ? { cure } : {}) };
}

/** The tenths of production's predictions, of the check that measures them. */
function bucketsOf(checks: ExaminedEvidence['checks'], confidence: number): Pick<Diagnosis, 'buckets'> {
  const measured = [...checks.values()].flatMap(({ buckets = [] }) => buckets);
  if (measured.length === 0) return {};
  return {
    buckets: measured.map(({ prediction, rows, gain, production, candidate }) => ({
      prediction,
      rows,
      gain: bounded(gain, confidence),
      ...(production ? { production: bounded(production, confidence) } : {}),
      ...(candidate ? { candidate: bounded(candidate, confidence) } : {}),
    })),
  };
}

function outcomeParts(checks: ExaminedEvidence['checks']) {
  return [...checks.values()].flatMap(({ effect }) => (effect.kind === 'outcome' && effect.part ? [effect.part] : []));
}

/** The part of a gap that a hypothesis explains; undefined where no gap is known that it is about. */
function partOf(
  id: CheckId,
  effect: Effect,
  sums: LedgerSums | undefined,
  whole: Whole | undefined,
  outcomes: OutcomeLedger | undefined,
): GapPart | undefined {
  switch (effect.kind) {
    case 'step': {
      const gap = sums?.gap;
      if (!sums || !gap || !whole) return undefined;
      const of = (statistic: Statistic) => (rho: number) => sums.estimate(linear(1, statistic, -rho, gap));
      const { kind: _, contribution, production: __, alone, fix, shared, within: ___, ...grounds } = effect;
      return {
        id,
        whole,
        contrast: of(alone ?? contribution),
        ...(fix ? { fix: of(fix) } : {}),
        ...(shared ? { shared: of(shared) } : {}),
        ...grounds,
      };
    }
    case 'apart': {
      if (!whole || otherUnit(effect, sums)) return undefined;
      const { kind: _, inGap: __, explains, ...rest } = effect;
      return { id, whole, contrast: (rho) => independentContrast(explains, whole.estimate, rho), ...rest };
    }
    case 'outcome':
      return effect.part && outcomes ? outcomePart(id, effect.part, outcomes) : undefined;
    default:
      return undefined;
  }
}

const NO_SHARE = { ledger: null, alone: null, fix: null, share: null, lower: null, upper: null } as const;

/** A hypothesis that is held against no gap. */
function undivided(
  { effect, facts }: Examined,
  whole: Whole | undefined,
  { sums, release }: Evidence,
  confidence: number,
): Omit<Unconcluded, 'id' | 'layer' | 'contribution' | 'evidence'> {
  const said = facts.join('; ');
  switch (effect.kind) {
    case 'untested':
      return {
        ...NO_SHARE,
        verdict: 'not_tested',
        why: [effect.why, ...facts].join('; '),
        // A column of the ledger is named; of another table all of it.
        settle: effect.table.name === 'ledger' ? effect.settle : `${artefact(effect.table)}; ${effect.settle}`,
        query: inDialectOf(release, effect.table.sql),
      };
    case 'outcome':
      return { ...NO_SHARE, verdict: effect.verdict, why: said, settle: effect.settle };
    default: {
      const why = whole?.open ? spelled(whole.open) : (otherUnit(effect, sums) ?? 'the gap is not known');
      return {
        ...NO_SHARE,
        verdict: 'inconclusive',
        why: [why, ...costOf(effect, sums, confidence), ...facts].join('; '),
        settle: sums
          ? 'the column s5 of the ledger: the scores that were logged online'
          : `${artefact(LEDGER)}, with s5`,
      };
    }
  }
}

/** A part in log loss is no share of a gap by another metric. */
function otherUnit(effect: Effect, sums: LedgerSums | undefined): string | undefined {
  if (effect.kind !== 'apart' || effect.inGap || !sums?.gap || sums.metric === LOG_LOSS_GAP) return undefined;
  return `its part is in log loss, and the gap is measured by ${sums.metric.words}`;
}

/** The size of a part in log loss, where there is no gap that it could be a share of. */
function costOf(effect: Effect, sums: LedgerSums | undefined, confidence: number): string[] {
  const estimate =
    effect.kind === 'step' && sums
      ? sums.estimate(effect.contribution)
      : effect.kind === 'apart'
        ? effect.explains
        : undefined;
  if (!estimate) return [];
  const { lower, upper } = interval(estimate, confidence);
  const ofGap = effect.kind === 'step' || (effect.kind === 'apart' && effect.inGap);
  const unit = ofGap && sums ? sums.metric.words : LOG_LOSS_GAP.words;
  return [`it is ${figure(estimate.value)} [${figure(lower)}, ${figure(upper)}] in ${unit}`];
}

/** Files that it rests on. What was not tested rests on none. */
function filesOf(check: EvidenceCheck, { effect }: Examined, evidence: Evidence): Hypothesis['evidence'] {
  if (effect.kind === 'untested') return [];
  return evidence.files(check.tables).map(({ shown: path, sha256 }) => ({ path, sha256 }));
}

/** The gap less every step that was tested, and less what production's model loses besides. */
function unexplained(sums: LedgerSums, gap: Statistic, checks: ExaminedEvidence['checks']): Statistic {
  let rest = gap;
  for (const { contribution } of stepsOf(checks)) rest = linear(1, rest, -1, contribution);
  const production = productionRest(sums, checks);
  return production ? linear(1, rest, 1, production) : rest;
}

/** Loss of production's model at serving that no step takes off; undefined where it was not logged. */
function productionRest(sums: LedgerSums, checks: ExaminedEvidence['checks']): Statistic | undefined {
  let rest = sums.productionLoss;
  for (const { production } of stepsOf(checks)) if (rest && production) rest = linear(1, rest, -1, production);
  return rest;
}

/** The steps that add up to the gap, with the rest. */
function stepsOf(checks: ExaminedEvidence['checks']) {
  return [...checks].flatMap(([id, { effect }]) =>
    checkOf(id).telescopes && effect.kind === 'step' && !isCarried(id, checks) ? [effect] : [],
  );
}

/** The residual with its bounds; rounding that is left of a gap explained to the last bit counts as 0. */
function restOf(rest: Estimate, gap: Estimate, confidence: number): Bounded {
  const { value, lower, upper } = bounded(rest, confidence);
  const noise = 1e-6 * Math.abs(gap.value);
  return Math.max(Math.abs(lower), Math.abs(upper)) < noise
    ? { value: 0, lower: 0, upper: 0 }
    : { value, lower, upper };
}

function gapOf(sums: LedgerSums, gap: Statistic, production: Statistic | undefined, confidence: number): PredictionGap {
  const { gainOffline, gainOnline } = sums;
  if (!gainOnline) throw new Error('a gap without the gain online that it is a difference of');
  const of = (statistic: Statistic) => bounded(sums.estimate(statistic), confidence);
  return {
    ledger: 'prediction',
    metric: sums.metric.id,
    words: sums.metric.words,
    ...of(gap),
    offline: of(gainOffline),
    online: of(gainOnline),
    ...(production ? { production: of(production) } : {}),
    bothServed: sums.bothServed,
    rows: sums.rows,
    lost: of(linear(1, gap, -NO_GAP, gainOffline)),
    ...(sums.open === undefined ? {} : { open: sums.open }),
  };
}
