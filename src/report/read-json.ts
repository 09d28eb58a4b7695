/** report.json → the report object again, for whoever shows, compares or posts what another run has judged. */
import type { ValidateFunction } from 'ajv';
import schema from '../../gates/report.schema.json' with { type: 'json' };
import type { CheckReport, CurvePoint, DriftEntry, Finding, ProductionEntry, Tonight } from '../checks/check-report.js';
import type { OpenReason, Reason } from '../checks/reason.js';
import type { Forgone, IndexAge, PinGain, Remedies, Repair } from '../checks/remedies.js';
import type { WaiverReport } from '../checks/waivers.js';
import { ConfigError } from '../errors.js';
import { compileGates } from '../lib/gates-schema.js';
import { camel } from '../lib/snake-case.js';
import { printable } from '../lib/text.js';
import type {
  Diagnosis,
  Experiment,
  Hypothesis,
  OutcomeGap,
  PredictionBucket,
  PredictionGap,
  Split,
} from '../verdict/diagnosis/diagnosis.js';
import type { Joins } from '../verdict/diagnosis/joins.js';
import type { Since } from '../verdict/diagnosis/since.js';
import type { Waterfall, WaterfallBar } from '../verdict/diagnosis/waterfall.js';
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
  WrittenHypothesis,
  WrittenIndexAge,
  WrittenJoins,
  WrittenOption,
  WrittenOutcome,
  WrittenPin,
  WrittenPoint,
  WrittenProduction,
  WrittenReason,
  WrittenRemedies,
  WrittenRepair,
  WrittenSince,
  WrittenSplit,
  WrittenTonight,
  WrittenWaiver,
  WrittenWaterfall,
} from './report-file.js';

let compiled: ValidateFunction<ReportFile> | undefined;

/** Tells whether a value has the form of a report.json that this version writes. Most runs ask it of none. */
function validator(): ValidateFunction<ReportFile> {
  compiled ??= compileGates<ReportFile>(schema);
  return compiled;
}

/**
 * The report that the text of a report.json was written from. A number that was not finite comes back as NaN, whichever
 * it was, and -0 as 0; everything else comes back as it was.
 *
 * @param shown the file's path as messages show it
 * @throws ConfigError where the text is no report of gates/report.schema.json
 */
export function readReport(text: string, shown = 'report.json'): Report {
  return reportOf(parsed(text, shown));
}

function parsed(text: string, shown: string): ReportFile {
  const refused = (found: string) =>
    new ConfigError([
      {
        place: { file: shown },
        found,
        expected: 'a report.json that this version of skewgate has written',
        mend: 'Run skewgate again, which writes it anew.',
      },
    ]);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refused('a file that is no JSON');
  }
  const isReportFile = validator();
  if (isReportFile(value)) return value;
  const { instancePath = '', message = '' } = isReportFile.errors?.[0] ?? {};
  throw refused(`no report (${printable(`${instancePath || 'the whole'} ${message}`, 200)})`);
}

function reportOf(file: ReportFile): Report {
  const { recommendation, release, eval_set: evalSet, diagnosis } = file;
  const { versions, live_at, scores, ...named } = release;
  return {
    verdict: file.verdict,
    headline: file.headline,
    recommendation: { ...recommendation, options: recommendation.options.map(option) },
    policy: camel(file.policy),
    release: {
      ...named,
      ...(scores ? { scores: camel(scores) } : {}),
      chain: versions,
      place: { file: release.path, ...live_at },
    },
    ...(evalSet ? { evalSet: camel(evalSet) } : {}),
    checks: file.checks.map(check),
    ...(diagnosis ? { diagnosis: diagnosisOf(diagnosis) } : {}),
    ...(file.waivers ? { waivers: file.waivers.map(waiver) } : {}),
    notices: file.notices,
    run: camel(file.run),
  };
}

function option({
  max_build_period_hours: _,
  max_build_duration_hours: __,
  max_full_backfill_period_hours: ___,
  ...written
}: WrittenOption): Option {
  const { levers, pin, repair, forgone, ...rest } = written;
  return {
    ...camel(rest),
    ...(levers ? { levers: levers.map(lever) } : {}),
    ...(pin ? { pin: pinned(pin) } : {}),
    ...(repair ? { repair: repaired(repair) } : {}),
    ...(forgone ? { forgone: forgoneRead(forgone) } : {}),
  };
}

const lever = (written: WrittenIndexAge['levers'][number]) => camel(written, ['max_hours']);
const pinned = (pin: WrittenPin): PinGain => camel(pin);

function forgoneRead({ there, aligned, ...rest }: WrittenForgone): Forgone {
  return { ...camel(rest), there: camel(there), aligned: camel(aligned) };
}

function repaired({ map, ...rest }: WrittenRepair): Repair {
  return { rung: map, ...camel(rest) };
}

function check(written: WrittenCheck): CheckReport {
  const { check: id, layer, verdict, rules, notices } = written;
  const findings = written.findings.map((one) => finding(one, id));
  const judged = { check: id, layer, verdict, rules, findings, notices };
  const { curve, production, drift, without_drift, coverage, compared, tonight, remedies, cure } = written;
  if (!curve || !production || !drift || !coverage || !remedies)
    return { kind: 'evidence', ...judged, ...(cure ? { cure } : {}) };
  return {
    kind: 'sweep',
    ...judged,
    curve: curve.map(point),
    production: production.map(productionEntry),
    drift: drift.map(driftEntry),
    ...(without_drift === undefined ? {} : { withoutDrift: without_drift }),
    coverage: coverage.map((entry) => camel(entry)),
    ...(compared ? { compared: { ...compared, curve: compared.curve.map(point) } } : {}),
    ...(tonight ? { tonight: tonightOf(tonight) } : {}),
    remedies: remediesOf(remedies),
  };
}

function point({ family, retained_gain, bins, ...rest }: WrittenPoint): CurvePoint {
  return {
    ...camel(rest, ['stale', 'incompatible']),
    ...(family ? { family: camel(family) } : {}),
    ...(retained_gain ? { retainedGain: camel(retained_gain) } : {}),
    ...(bins ? { bins: bins.map((bin) => camel(bin)) } : {}),
  };
}

/** Its histogram by distance, in ascending order. */
function productionEntry({ histogram, ...rest }: WrittenProduction): ProductionEntry {
  const masses = Object.entries(histogram).map(([distance, mass]) => [Number(distance), mass] as const);
  return { ...camel(rest), histogram: new Map(masses.sort(([a], [b]) => a - b)) };
}

function tonightOf({ version, at, metrics }: WrittenTonight): Tonight {
  return {
    version,
    at,
    entries: metrics.map(({ promoted, aligned, ...rest }) => ({
      ...camel(rest),
      promoted: camel(promoted),
      aligned: camel(aligned),
    })),
  };
}

function driftEntry({ alignable, repair, ...rest }: WrittenDrift): DriftEntry {
  return {
    ...camel(rest),
    alignable: alignable && {
      ...camel(alignable),
      ofIncompatible: alignable.of_incompatible && camel(alignable.of_incompatible),
    },
    repair: repair && repaired(repair),
  };
}

function remediesOf({ index_ages, repair, pin, forgone, ...rest }: WrittenRemedies): Remedies {
  return {
    ...camel(rest, ['incompatible_share']),
    indexAges: index_ages.map(indexAge),
    repair: repair && repaired(repair),
    ...(pin ? { pin: pinned(pin) } : {}),
    ...(forgone ? { forgone: forgoneRead(forgone) } : {}),
  };
}

function indexAge({ levers, ...rest }: WrittenIndexAge): IndexAge {
  return { ...camel(rest, ['max_hours']), levers: levers.map(lever) };
}

function finding({ policy, reason: why, ...rest }: WrittenFinding, id: Finding['check']): Finding {
  const { path: file, line, column } = policy;
  return { check: id, ...camel(rest), reason: reason(why), place: { file, line, column } };
}

function waiver({ policy: { path: file, line, column }, ...rest }: WrittenWaiver): WaiverReport {
  return { ...rest, place: { file, line, column } };
}

/** The reason without its words, which are spelled from the rest. */
function reason({ text: _, ...rest }: WrittenReason): Reason {
  return camel(rest) as Reason;
}

function diagnosisOf(written: WrittenDiagnosis): Diagnosis {
  const { gap, outcome, experiment, joins, splits, residual } = written;
  const { hypotheses, layers, buckets, not_asked, next } = written;
  const { waterfall, since, unknown, notices } = written;
  return {
    gap: gap ? predictionGap(gap) : undefined,
    ...(unknown ? { unknown } : {}),
    outcome: outcome && outcomeGap(outcome),
    ...(experiment ? { experiment: experimentOf(experiment) } : {}),
    ...(joins ? { joins: joinsOf(joins) } : {}),
    ...(splits ? { splits: splits.map(split) } : {}),
    hypotheses: hypotheses.map(hypothesis),
    notAsked: not_asked,
    next: next.map((step) => camel(step)),
    residual: residual ? camel(residual) : undefined,
    layers,
    ...(buckets ? { buckets: buckets.map(bucket) } : {}),
    ...(waterfall ? { waterfall: waterfallOf(waterfall) } : {}),
    ...(since ? { since: sinceOf(since) } : {}),
    notices,
  };
}

function bucket({ gain, production, candidate, ...rest }: WrittenBucket): PredictionBucket {
  return {
    ...camel(rest),
    gain: camel(gain),
    ...(production ? { production: camel(production) } : {}),
    ...(candidate ? { candidate: camel(candidate) } : {}),
  };
}

function waterfallOf({ bars, ...rest }: WrittenWaterfall): Waterfall {
  return { ...rest, bars: bars.map((bar) => ({ ...camel(bar), id: bar.id as WaterfallBar['id'] })) };
}

function sinceOf({ gap, causes, ...rest }: WrittenSince): Since {
  return {
    ...camel(rest),
    gap: gap ? camel(gap) : undefined,
    causes: causes.map((cause) => camel(cause, ['before', 'share_before', 'share_now'])),
  };
}

function hypothesis(written: WrittenHypothesis): Hypothesis {
  return camel(written, ['ledger', 'alone', 'fix', 'contribution', 'share', 'lower', 'upper']);
}

function split({ parts, ...rest }: WrittenSplit): Split {
  return {
    ...camel(rest),
    parts: parts.map(({ gap, excess, ...part }) => ({
      ...camel(part, ['contribution']),
      gap: camel(gap),
      excess: camel(excess),
    })),
  };
}

function experimentOf({ observed, standard_error, promise }: WrittenExperiment): Experiment {
  return {
    observed: camel(observed),
    standardError: standard_error,
    ...(promise
      ? {
          promise: {
            ...camel(promise),
            value: camel(promise.value),
            missing: camel(promise.missing),
            lost: camel(promise.lost),
          },
        }
      : {}),
  };
}

function joinsOf({ rows, steps, scored, served, ...rest }: WrittenJoins): Joins {
  return {
    ...camel(rest),
    ...(rows ? { rows: rows.map((one) => camel(one)) } : {}),
    ...(scored ? { scored: camel(scored) } : {}),
    served: camel(served),
    steps: steps.map((step) => camel(step)),
  };
}

function predictionGap({ offline, online, lost, open, production, ...rest }: WrittenGap): PredictionGap {
  return {
    ...camel(rest),
    offline: camel(offline),
    online: camel(online),
    lost: camel(lost),
    ...(production ? { production: camel(production) } : {}),
    ...(open ? { open: reason(open) as OpenReason } : {}),
  };
}

function outcomeGap({ predicted, observed, slope, residual, ...rest }: WrittenOutcome): OutcomeGap {
  return {
    ...camel(rest),
    predicted: camel(predicted),
    observed: camel(observed),
    slope: camel(slope),
    residual: camel(residual),
  };
}
