/** report.json: the report object under the contract's names. NaN and infinity become null. */
import type {
  CheckReport,
  CurvePoint,
  DriftEntry,
  Finding,
  SweepReport,
  Tonight,
  TonightEntry,
} from '../checks/check.js';
import type { Bounded, Diagnosis } from '../verdict/diagnosis/diagnosis.js';
import type { Option, Report } from '../verdict/report-object.js';

export const SCHEMA = 'skewgate.report/1';

/** Exactly the text of report.json. Same inputs, same bytes, but for `run`. */
export function renderJson(report: Report): string {
  return `${JSON.stringify(toJson(report), null, 2)}\n`;
}

export function toJson(report: Report): object {
  const { policy, release, evalSet, recommendation, run } = report;
  return {
    schema: SCHEMA,
    verdict: report.verdict,
    headline: report.headline,
    recommendation: {
      action: recommendation.action,
      why: recommendation.why,
      options: recommendation.options.map(option),
    },
    policy: {
      path: policy.path,
      sha256: policy.sha256,
      name: policy.name,
      from: policy.from,
      ...(policy.difference === undefined ? {} : { difference: policy.difference }),
      confidence: policy.confidence,
      on_inconclusive: policy.onInconclusive,
    },
    release: {
      path: release.path,
      sha256: release.sha256,
      name: release.name,
      live: release.live,
      versions: release.chain,
      checkpoints: release.checkpoints,
      ...(release.difference === undefined ? {} : { difference: release.difference }),
    },
    ...(evalSet ? { eval_set: evalSet } : {}),
    checks: report.checks.map(check),
    ...(report.diagnosis ? { diagnosis: diagnosis(report.diagnosis) } : {}),
    notices: report.notices,
    run: { version: run.version, started_at: run.startedAt, duration_ms: run.durationMs, host: run.host },
  };
}

function option({
  action,
  why,
  maxDistance,
  maxIndexAgeHours,
  nowHours,
  appliesTo,
  levers,
  pin,
  repair,
  passing,
  rows,
}: Option): object {
  return {
    action,
    why,
    ...(maxDistance === undefined ? {} : { max_distance: maxDistance }),
    ...(maxIndexAgeHours === undefined ? {} : { max_index_age_hours: maxIndexAgeHours }),
    ...(nowHours === undefined ? {} : { now_hours: nowHours }),
    ...(appliesTo === undefined ? {} : { applies_to: appliesTo }),
    ...Object.fromEntries((levers ?? []).map(({ name, maxHours }) => [`max_${name}_hours`, maxHours])),
    ...(pin === undefined ? {} : { pin: { ...pin, change: number(pin.change) } }),
    ...(repair === undefined
      ? {}
      : { repair: { map: repair.rung, share: number(repair.share), of: repair.of, metric: repair.metric } }),
    ...(passing === undefined ? {} : { passing }),
    ...(rows === undefined ? {} : { rows }),
  };
}

function check(report: CheckReport): object {
  return {
    check: report.check,
    layer: report.layer,
    verdict: report.verdict,
    rules: report.rules,
    ...(report.kind === 'sweep' ? swept(report) : {}),
    findings: report.findings.map(finding),
  };
}

/** What a sweep has besides findings. */
function swept(report: SweepReport): object {
  return {
    curve: report.curve.map(point),
    production: report.production.map(({ slice, histogram, source, uncoveredMass }) => ({
      slice,
      histogram: Object.fromEntries([...histogram].map(([distance, mass]) => [String(distance), mass])),
      source,
      uncovered_mass: uncoveredMass,
    })),
    drift: report.drift.map(drift),
    ...(report.compared
      ? {
          compared: {
            release: report.compared.release,
            path: report.compared.path,
            live: report.compared.live,
            curve: report.compared.curve.map(point),
          },
        }
      : {}),
    ...(report.tonight ? { tonight: tonight(report.tonight) } : {}),
    coverage: report.coverage.map(({ distance, version, missingRows, share }) => ({
      distance,
      version,
      missing_rows: missingRows,
      share,
    })),
  };
}

function point(p: CurvePoint): object {
  return {
    metric: p.metric,
    slice: p.slice,
    distance: p.distance,
    value: number(p.value),
    at_zero: number(p.atZero),
    change: number(p.change),
    unit: p.unit,
    lower: number(p.lower),
    upper: number(p.upper),
    stale: number(p.stale),
    incompatible: number(p.incompatible),
    mde: number(p.mde),
    rows: p.rows,
    positives: p.positives,
    ...(p.queries === undefined ? {} : { queries: p.queries }),
    ...(p.averageOfPure === undefined ? {} : { average_of_pure: number(p.averageOfPure) }),
    ...(p.mixed ? { mixed: true } : {}),
    ...(p.family === undefined
      ? {}
      : {
          family: {
            anchors: p.family.anchors,
            change: number(p.family.change),
            lower: number(p.family.lower),
            upper: number(p.family.upper),
            between_sd: number(p.family.betweenSd),
          },
        }),
    ...(p.retainedGain === undefined
      ? {}
      : {
          retained_gain: {
            aligned: number(p.retainedGain.aligned),
            skewed: number(p.retainedGain.skewed),
            share: number(p.retainedGain.share),
            lower: number(p.retainedGain.lower),
            upper: number(p.retainedGain.upper),
          },
        }),
    ...(p.realisationSd === undefined ? {} : { realisation_sd: number(p.realisationSd) }),
  };
}

function tonight({ version, at, entries }: Tonight): object {
  const bounds = ({ change, lower, upper }: TonightEntry['promoted']) => ({
    change: number(change),
    lower: number(lower),
    upper: number(upper),
  });
  return {
    version,
    at,
    metrics: entries.map(({ metric, unit, served, promoted, aligned }) => ({
      metric,
      unit,
      served: number(served),
      promoted: bounds(promoted),
      aligned: bounds(aligned),
    })),
  };
}

function diagnosis({ gap, outcome, hypotheses, residual }: Diagnosis): object {
  const bounded = ({ value, lower, upper }: Bounded) => ({
    value: number(value),
    lower: number(lower),
    upper: number(upper),
  });
  return {
    gap: gap
      ? {
          ledger: gap.ledger,
          metric: gap.metric,
          ...bounded(gap),
          offline: bounded(gap.offline),
          online: bounded(gap.online),
          rows: gap.rows,
        }
      : null,
    ...(outcome
      ? {
          outcome: {
            ledger: outcome.ledger,
            metric: outcome.metric,
            ...bounded(outcome),
            predicted: bounded(outcome.predicted),
            observed: bounded(outcome.observed),
            slope: bounded(outcome.slope),
            arms: outcome.arms,
            residual: bounded(outcome.residual),
          },
        }
      : {}),
    hypotheses: hypotheses.map((h) => ({
      ...h,
      alone: number(h.alone),
      fix: number(h.fix),
      contribution: number(h.contribution),
      share: number(h.share),
      lower: number(h.lower),
      upper: number(h.upper),
    })),
    residual: residual ? bounded(residual) : null,
  };
}

function drift(d: DriftEntry): object {
  const shares = (of: { scale: number; orthogonal: number; linear: number }) => ({
    scale: number(of.scale),
    orthogonal: number(of.orthogonal),
    linear: number(of.linear),
  });
  return {
    distance: d.distance,
    norm_ratio: number(d.normRatio),
    displacement: number(d.displacement),
    procrustes_residual: number(d.procrustesResidual),
    cka: number(d.cka),
    neighbour_overlap: number(d.neighbourOverlap),
    offset_sd: number(d.offsetSd),
    scale_ratio: number(d.scaleRatio),
    alignable: d.alignable && {
      metric: d.alignable.metric,
      ...shares(d.alignable),
      of_incompatible: d.alignable.ofIncompatible && shares(d.alignable.ofIncompatible),
    },
    reading: d.reading,
  };
}

function finding(f: Finding): object {
  return {
    rule: f.rule,
    metric: f.metric,
    slice: f.slice,
    at: f.at,
    operator: f.operator,
    value: number(f.value),
    change: number(f.change),
    unit: f.unit,
    judged: f.judged,
    lower: number(f.lower),
    upper: number(f.upper),
    margin: f.margin,
    mde: number(f.mde),
    verdict: f.verdict,
    reason: f.reason,
    ...(f.queries === undefined ? {} : { queries: f.queries }),
    ...(f.unskilled ? { unskilled: true } : {}),
    ...(f.rowsToSettle === undefined ? {} : { rows_to_settle: f.rowsToSettle }),
    level: f.level,
    policy: { path: f.place.file, line: f.place.line, column: f.place.column },
  };
}

function number(value: number | null): number | null {
  return value === null || !Number.isFinite(value) ? null : value;
}
