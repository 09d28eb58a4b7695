/** Findings → what is recommended. */

import { type CheckReport, type EvidenceReport, type Finding, isRequired } from '../checks/check-report.js';
import type { NotTested } from '../checks/reason.js';
import { whatIsMissing } from '../checks/reason-words.js';
import { checkOf } from '../checks/registry.js';
import { list, plural } from '../lib/text.js';
import type { Cure, OpenCells } from './cures/cure.js';
import { openInWords, optionOf } from './cures/cure-words.js';
import { curesOfEvidence } from './cures/of-evidence.js';
import { curesOfSkew } from './cures/of-skew.js';
import { firstOf } from './diagnosis/deferral.js';
import type { Hypothesis } from './diagnosis/diagnosis.js';
import { formatSlice } from './format.js';
import type { OverallVerdict, Recommendation } from './report-object.js';
import { byUrgency, isTrivial } from './urgency.js';

/** @param hypotheses those of a diagnosis beside the rules: one may have to be ruled out before a cure is given */
export function recommend(
  verdict: OverallVerdict,
  checks: readonly CheckReport[],
  hypotheses: readonly Hypothesis[] = [],
): Recommendation {
  switch (verdict) {
    case 'ready':
      return { action: 'ship', why: passesInWords(countPasses(checks), countWaived(checks)), options: [] };
    case 'inconclusive':
      return whatWouldSettle(checks, hypotheses);
    case 'not_ready':
      return whatWouldMend(checks, hypotheses);
  }
}

function required(checks: readonly CheckReport[], verdict: Finding['verdict']): Finding[] {
  return checks.flatMap((check) => check.findings.filter((f) => isRequired(f) && f.verdict === verdict));
}

function countPasses(checks: readonly CheckReport[]): number {
  return required(checks, 'pass').filter((finding) => !isTrivial(finding)).length;
}

function countWaived(checks: readonly CheckReport[]): number {
  return checks.flatMap(({ findings }) => findings).filter(({ level, waived }) => level === 'fail' && waived).length;
}

function passesInWords(passes: number, waived: number): string {
  const besides = `${plural(waived, 'waived cell')} ${waived === 1 ? 'does' : 'do'} not`;
  if (waived > 0)
    return passes === 0
      ? besides
      : `${plural(passes, 'required cell')} ${passes === 1 ? 'passes' : 'pass'}, ${besides}`;
  if (passes === 0) return 'production is at distance 0 alone, where nothing changes';
  return passes === 1 ? 'the one required cell passes' : `all ${plural(passes, 'required cell')} pass`;
}

/** The cure of cells that probably fail comes first: more rows would not make them pass. */
function whatWouldSettle(checks: readonly CheckReport[], hypotheses: readonly Hypothesis[]): Recommendation {
  const open = required(checks, 'inconclusive');
  const cells: OpenCells = { open, of: countPasses(checks) + open.length };
  const unskilled = open.filter((finding) => finding.unskilled);
  const why = openInWords(cells);
  return {
    action: 'gather_evidence',
    why: unskilled.length === 0 ? why : `${why}: ${unskilledInWords(unskilled)}`,
    options: [...beyondCures(checks, hypotheses), ...evidenceCures(cells, unskilled.length > 0)].map(optionOf),
  };
}

/** Cells that are open for Holm's procedure alone lie wholly beyond their margins. */
function beyondCures(checks: readonly CheckReport[], hypotheses: readonly Hypothesis[]): Cure[] {
  const beyond = byUrgency(required(checks, 'inconclusive').filter(isBeyond));
  const [worst] = beyond;
  if (!worst) return [];
  const cures = firstOfWorst(checks, worst).flatMap((check) => {
    const own = check.findings.filter((finding) => beyond.includes(finding));
    return own.length > 0 ? curesOf(check, own, checks, hypotheses) : [];
  });
  return [{ kind: 'probably_fail', worst, of: beyond.length }, ...cures];
}

function isBeyond({ reason }: Finding): boolean {
  return reason.kind === 'borderline' && reason.by === 'holm';
}

/** Cures name what the eval set lacks, then each evidence that is missing, once. */
function evidenceCures(cells: OpenCells, unskilled: boolean): Cure[] {
  const [worst] = byUrgency(cells.open.filter((finding) => !isBeyond(finding)));
  const [hardest] = cells.open
    .filter(({ rowsToSettle }) => rowsToSettle !== undefined)
    .sort((a, b) => (b.rowsToSettle ?? 0) - (a.rowsToSettle ?? 0));
  const more: Cure[] = hardest
    ? [{ kind: 'more_rows', hardest }]
    : worst && missingOf(cells).length === 0
      ? [{ kind: 'settle_cells', worst }]
      : [];
  return [
    ...(unskilled ? [{ kind: 'look_at_inputs' as const }] : []),
    ...more,
    ...missingOf(cells).map((reason): Cure => ({ kind: 'missing_evidence', reason })),
  ];
}

/** Evidence that is missing, each once. */
function missingOf({ open }: OpenCells): NotTested[] {
  const missing = new Map(
    open.flatMap(({ reason }) => (reason.kind === 'not_tested' ? [[whatIsMissing(reason), reason] as const] : [])),
  );
  return [...missing.values()];
}

/** `with both towers of one version the model shows no skill on tier=small, so that skew has nothing to take`. */
function unskilledInWords(findings: readonly Finding[]): string {
  const slices = [...new Set(findings.map(({ slice }) => formatSlice(slice)))];
  return (
    `with both towers of one version the model shows no skill on ${list(slices, 4)}, so that skew has nothing to ` +
    'take'
  );
}

/** Cures of the check whose cell the headline names come first. */
function whatWouldMend(checks: readonly CheckReport[], hypotheses: readonly Hypothesis[]): Recommendation {
  const worst = byUrgency(required(checks, 'fail'))[0]!;
  const options = firstOfWorst(checks, worst)
    .filter(({ verdict }) => verdict === 'fail')
    .flatMap((check) => curesOf(check, required([check], 'fail'), checks, hypotheses))
    .map(optionOf);
  const best = options[0]!;
  return { action: best.action, why: best.why, options };
}

function firstOfWorst(checks: readonly CheckReport[], worst: Finding): CheckReport[] {
  return [...checks].sort((a, b) => +(b.check === worst.check) - +(a.check === worst.check));
}

/** @param failed required findings of the check that fail, or probably do */
function curesOf(
  check: CheckReport,
  failed: readonly Finding[],
  all: readonly CheckReport[],
  hypotheses: readonly Hypothesis[],
): Cure[] {
  if (check.kind === 'sweep') return curesOfSkew(failed, check.remedies);
  const instead = insteadOf(check, all, hypotheses);
  return instead ? [instead] : curesOfEvidence(check.check, check.layer, failed);
}

/** The cure that this run's evidence asks for in place of the check's own, or that comes before any of these. */
function insteadOf(
  { check, cure }: EvidenceReport,
  all: readonly CheckReport[],
  hypotheses: readonly Hypothesis[],
): Cure | undefined {
  if (cure) return { kind: 'of_check', check, cure: cure.why, action: cure.action };
  const { after } = checkOf(check);
  // Rules on the hypothesis before it that fail, or stay open, speak as it does in a diagnosis.
  const judged = all.some((other) => other.check === after?.check && other.verdict !== 'pass');
  if (!after || !(judged || firstOf({ id: check }, hypotheses))) return undefined;
  return {
    kind: 'of_check',
    check,
    cure: `rule ${after.check} out before anything is done about it: ${after.caution}`,
    action: 'gather_evidence',
  };
}
