/**
 * report.json: the report object under the contract's names, in the form of gates/report.schema.json. `read-json.ts` is
 * the way back.
 */
import type { CheckReport, CurvePoint, DriftEntry, Finding, SweepReport, Tonight } from '../checks/check-report.js';
import type { Reason } from '../checks/reason.js';
import { reasonOf, spelled } from '../checks/reason-words.js';
import type { Forgone, IndexAge, PinGain, Remedies, Repair } from '../checks/remedies.js';
import type { WaiverReport } from '../checks/waivers.js';
import type { Place } from '../errors.js';
import { exactly, snake } from '../lib/snake-case.js';
import type {
  Diagnosis,
  Experiment,
  NextStep,
  OutcomeGap,
  PredictionBucket,
  PredictionGap,
  Split,
} from '../verdict/diagnosis/diagnosis.js';
import type { Joins } from '../verdict/diagnosis/joins.js';
import type { Since } from '../verdict/diagnosis/since.js';
import type { Option, Report } from '../verdict/report-object.js';
import type {
  ReportFile,
  WrittenBucket,
  WrittenCheck,
  WrittenDiagnosis,
  WrittenDrift,
  WrittenExperiment,
  WrittenFinding,
  WrittenForgone,
  WrittenGap,
  WrittenIndexAge,
  WrittenJoins,
  WrittenNextStep,
  WrittenOption,
  WrittenOutcome,
  WrittenPin,
  WrittenPoint,
  WrittenReason,
  WrittenRemedies,
  WrittenRepair,
  WrittenSince,
  WrittenSplit,
  WrittenTonight,
  WrittenWaiver,
} from './report-file.js';

export const SCHEMA = 'skewgate.report/1';

/** Exactly the text of report.json. Same inputs, same bytes, but for `run`. */
export function renderJson(report: Report): string {
  return `${JSON.stringify(toJson(report), null, 2)}\n`;
}

/** The report as its file has it. NaN and infinity become null. */
export function toJson(report: Report): ReportFile {
  const { recommendation, release, evalSet, diagnosis: diagnosed } = report;
  const { place, chain, checkpoints, scores, difference, ...named } = release;
  return exactly<ReportFile>()({
    schema: SCHEMA,
    verdict: report.verdict,
    headline: report.headline,
    recommendation: { ...recommendation, options: recommendation.options.map(option) },
    policy: snake(report.policy),
    release: {
      ...named,
      live_at: lineAndColumn(place),
      versions: [...chain],
      checkpoints: [...checkpoints],
      ...(scores ? { scores: snake(scores) } : {}),
      ...(difference === undefined ? {} : { difference }),
    },
    ...(evalSet ? { eval_set: { ...snake(evalSet), sha256: digests(evalSet.sha256) } } : {}),
    checks: report.checks.map(check),
    ...(diagnosed ? { diagnosis: diagnosis(diagnosed) } : {}),
    ...(report.waivers ? { waivers: report.waivers.map(waiver) } : {}),
    notices: [...report.notices],
    run: runOf(report.run),
  });
}

function runOf({ vectors, ...run }: Report['run']): ReportFile['run'] {
  if (!vectors) return snake(run);
  const { processors, ...use } = vectors;
  return { ...snake(run), vectors: { ...snake(use), ...(processors ? { processors: [...processors] } : {}) } };
}

/** Digests of the files that there are. */
function digests(byFile: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(byFile).flatMap(([file, digest]) => (digest ? [[file, digest]] : [])));
}

function lineAndColumn({ line = 1, column = 1 }: Place): { line: number; column: number } {
  return { line, column };
}

function option({ levers, pin, repair, forgone, passing, ...rest }: Option): WrittenOption {
  return exactly<WrittenOption>()({
    ...snake(rest),
    ...(levers && {
      levers: levers.map(snake),
      ...Object.fromEntries(levers.map(({ name, maxHours }) => [`max_${name}_hours`, maxHours])),
    }),
    ...(pin && { pin: pinned(pin) }),
    ...(repair && { repair: repaired(repair) }),
    ...(forgone && { forgone: forgoneWritten(forgone) }),
    ...(passing && { passing: [...passing] }),
  });
}

const pinned = (pin: PinGain): WrittenPin => snake(pin);

function forgoneWritten({ there, aligned, ...rest }: Forgone): WrittenForgone {
  return { ...snake(rest), there: snake(there), aligned: snake(aligned) };
}

function repaired({ rung, ...rest }: Repair): WrittenRepair {
  return { map: rung, ...snake(rest) };
}

function check(report: CheckReport): WrittenCheck {
  return exactly<WrittenCheck>()({
    check: report.check,
    layer: report.layer,
    verdict: report.verdict,
    rules: report.rules,
    ...(report.kind === 'sweep' ? swept(report) : report.cure ? { cure: report.cure } : {}),
    findings: report.findings.map(finding),
    notices: [...report.notices],
  });
}

/** The members that a sweep has besides findings. */
function swept(report: SweepReport) {
  const { compared, tonight: today, withoutDrift } = report;
  return {
    curve: report.curve.map(point),
    production: report.production.map(({ histogram, ...rest }) => ({
      ...snake(rest),
      histogram: Object.fromEntries(histogram),
    })),
    drift: report.drift.map(drift),
    ...(withoutDrift === undefined ? {} : { without_drift: withoutDrift }),
    ...(compared ? { compared: { ...compared, curve: compared.curve.map(point) } } : {}),
    ...(today ? { tonight: tonight(today) } : {}),
    coverage: report.coverage.map(snake),
    remedies: remedies(report.remedies),
  };
}

function point({ family, retainedGain, mixed, bins, ...rest }: CurvePoint): WrittenPoint {
  return exactly<WrittenPoint>()({
    ...snake(rest),
    ...(mixed ? { mixed } : {}),
    ...(family ? { family: snake(family) } : {}),
    ...(retainedGain ? { retained_gain: snake(retainedGain) } : {}),
    ...(bins ? { bins: bins.map(snake) } : {}),
  });
}

function tonight({ version, at, entries }: Tonight): WrittenTonight {
  return exactly<WrittenTonight>()({
    version,
    at,
    metrics: entries.map(({ promoted, aligned, ...rest }) => ({
      ...snake(rest),
      promoted: snake(promoted),
      aligned: snake(aligned),
    })),
  });
}

function drift({ alignable, repair, ...rest }: DriftEntry): WrittenDrift {
  return exactly<WrittenDrift>()({
    ...snake(rest),
    alignable: alignable && {
      ...snake(alignable),
      of_incompatible: alignable.ofIncompatible && snake(alignable.ofIncompatible),
    },
    repair: repair && repaired(repair),
  });
}

function remedies({
  indexAges,
  repair,
  pin,
  forgone,
  suspects,
  passingSlices,
  worst,
  ...rest
}: Remedies): WrittenRemedies {
  return exactly<WrittenRemedies>()({
    ...snake(rest),
    suspects: [...suspects],
    passing_slices: [...passingSlices],
    index_ages: indexAges.map(indexAge),
    repair: repair && repaired(repair),
    ...(pin ? { pin: pinned(pin) } : {}),
    ...(worst ? { worst: snake(worst) } : {}),
    ...(forgone ? { forgone: forgoneWritten(forgone) } : {}),
  });
}

function indexAge({ levers, ...rest }: IndexAge): WrittenIndexAge {
  return { ...snake(rest), levers: levers.map(snake) };
}

function finding({ place, check: _, reason: why, ...rest }: Finding): WrittenFinding {
  const { rowsToSettle, queriesToSettle } = rest;
  const words = reasonOf({
    reason: why,
    ...(rowsToSettle ? { rowsToSettle } : {}),
    ...(queriesToSettle ? { queriesToSettle } : {}),
  });
  return exactly<WrittenFinding>()({
    ...snake(rest),
    reason: reason(why, words),
    policy: { path: place.file, ...lineAndColumn(place) },
  });
}

function waiver({ place, ...rest }: WaiverReport): WrittenWaiver {
  return { ...rest, policy: { path: place.file, ...lineAndColumn(place) } };
}

/** A reason's kind, its words and its values. */
function reason({ kind, ...values }: Reason, text: string): WrittenReason {
  return { kind, text, ...snake(values) };
}

function diagnosis(diagnosed: Diagnosis): WrittenDiagnosis {
  const {
    gap,
    outcome,
    experiment,
    joins,
    splits,
    residual,
    hypotheses,
    layers,
    buckets,
    notAsked,
    next,
    waterfall,
    since,
    unknown,
    notices,
  } = diagnosed;
  return exactly<WrittenDiagnosis>()({
    gap: gap ? predictionGap(gap) : null,
    ...(unknown ? { unknown } : {}),
    ...(outcome ? { outcome: outcomeGap(outcome) } : {}),
    ...(experiment ? { experiment: experimentOf(experiment) } : {}),
    ...(joins ? { joins: joinsOf(joins) } : {}),
    ...(splits ? { splits: splits.map(split) } : {}),
    hypotheses: hypotheses.map((hypothesis) => ({ ...snake(hypothesis), evidence: [...hypothesis.evidence] })),
    not_asked: [...notAsked],
    next: next.map(nextStep),
    residual: residual ? snake(residual) : null,
    layers: layers.map((layer) => ({ ...snake(layer), checks: [...layer.checks] })),
    ...(buckets ? { buckets: buckets.map(bucket) } : {}),
    ...(waterfall ? { waterfall: { ...waterfall, bars: waterfall.bars.map(snake) } } : {}),
    ...(since ? { since: sinceThen(since) } : {}),
    notices: [...notices],
  });
}

function split({ parts, ...rest }: Split): WrittenSplit {
  return exactly<WrittenSplit>()({
    ...snake(rest),
    parts: parts.map(({ gap, excess, ...part }) => ({ ...snake(part), gap: snake(gap), excess: snake(excess) })),
  });
}

function bucket({ gain, production, candidate, ...rest }: PredictionBucket): WrittenBucket {
  return exactly<WrittenBucket>()({
    ...snake(rest),
    gain: snake(gain),
    ...(production ? { production: snake(production) } : {}),
    ...(candidate ? { candidate: snake(candidate) } : {}),
  });
}

function nextStep({ columns, settles, shows, ...rest }: NextStep): WrittenNextStep {
  return { ...snake(rest), columns: [...columns], settles: [...settles], shows: [...shows] };
}

function sinceThen({ gap, causes, ...rest }: Since): WrittenSince {
  return exactly<WrittenSince>()({ ...snake(rest), gap: gap ? snake(gap) : null, causes: causes.map(snake) });
}

function experimentOf({ observed, standardError, promise }: Experiment): WrittenExperiment {
  return exactly<WrittenExperiment>()({
    observed: snake(observed),
    standard_error: standardError,
    ...(promise
      ? {
          promise: {
            ...snake(promise),
            value: snake(promise.value),
            missing: snake(promise.missing),
            lost: snake(promise.lost),
          },
        }
      : {}),
  });
}

function joinsOf({ rows, steps, scored, served, ...rest }: Joins): WrittenJoins {
  return exactly<WrittenJoins>()({
    ...snake(rest),
    ...(rows ? { rows: rows.map(snake) } : {}),
    ...(scored ? { scored: snake(scored) } : {}),
    served: snake(served),
    steps: steps.map(snake),
  });
}

function predictionGap({ offline, online, lost, open, production, ...rest }: PredictionGap): WrittenGap {
  return exactly<WrittenGap>()({
    ...snake(rest),
    offline: snake(offline),
    online: snake(online),
    lost: snake(lost),
    ...(production ? { production: snake(production) } : {}),
    ...(open ? { open: reason(open, spelled(open)) } : {}),
  });
}

function outcomeGap({ predicted, observed, slope, residual, ...rest }: OutcomeGap): WrittenOutcome {
  return exactly<WrittenOutcome>()({
    ...snake(rest),
    predicted: snake(predicted),
    observed: snake(observed),
    slope: snake(slope),
    residual: snake(residual),
  });
}
