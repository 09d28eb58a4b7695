/** Findings → verdict, headline and recommendation. */
import type { CheckReport, Finding } from '../checks/check.js';
import { list, plural } from '../lib/text.js';
import type { Slice } from '../statistics/cells.js';
import { formatChange, formatMargin, formatSlice } from './format.js';
import type { Option, OverallVerdict, Recommendation } from './report-object.js';

export interface Decision {
  readonly verdict: OverallVerdict;
  readonly headline: string;
  readonly recommendation: Recommendation;
}

export function decide(checks: readonly CheckReport[], live: string): Decision {
  const verdict: OverallVerdict = checks.some((check) => check.verdict === 'fail')
    ? 'not_ready'
    : checks.every((check) => check.verdict === 'pass')
      ? 'ready'
      : 'inconclusive';
  const recommendation = recommend(verdict, checks);
  return { verdict, headline: headline(verdict, checks, recommendation, live), recommendation };
}

function required(checks: readonly CheckReport[], verdict: Finding['verdict']): Finding[] {
  return checks.flatMap((check) => check.findings.filter((f) => f.level === 'fail' && f.verdict === verdict));
}

/** How far beyond its margin a finding is, for ranking the worst first. */
export function severity(finding: Finding): number {
  if (finding.judged === 'value')
    return Math.abs(finding.value - finding.margin) / Math.max(Math.abs(finding.margin), 1e-12);
  return Math.abs(finding.change) / Math.max(finding.margin, 1e-12);
}

/** Failing first, then open, then passing; within each the worst first. */
export function byUrgency(findings: readonly Finding[]): Finding[] {
  const rank = (f: Finding) => ({ fail: 0, inconclusive: 1, pass: 2 })[f.verdict] * 2 + (f.level === 'warn' ? 1 : 0);
  return [...findings].sort((a, b) => rank(a) - rank(b) || severity(b) - severity(a) || a.rule - b.rule);
}

function recommend(verdict: OverallVerdict, checks: readonly CheckReport[]): Recommendation {
  const passes = required(checks, 'pass').length;
  if (verdict === 'ready') return { action: 'ship', why: `all ${plural(passes, 'required cell')} pass`, options: [] };
  const open = required(checks, 'inconclusive');
  if (verdict === 'inconclusive') {
    const rows = Math.max(0, ...open.map((finding) => finding.rowsToSettle ?? 0));
    const why = `${plural(open.length, 'required cell')} of ${passes + open.length} could not be judged: ${reasons(open)}`;
    return {
      action: 'gather_evidence',
      why,
      options: [
        {
          action: 'gather_evidence',
          why: rows > 0 ? `an eval set with about ${rows.toLocaleString('en-US')} rows in the hardest slice` : why,
          ...(rows > 0 ? { rows } : {}),
        },
      ],
    };
  }
  const options = checks.flatMap(optionsOf);
  const best = options[0]!;
  return { action: best.action, why: best.why, options };
}

/** The reasons of open findings without their figures, each once. */
function reasons(findings: readonly Finding[]): string {
  return list([...new Set(findings.map((finding) => finding.reason.split(/[:;]/)[0]!))]);
}

/** The cures in the order in which a team would try them. */
function optionsOf(check: CheckReport): Option[] {
  if (check.verdict !== 'fail') return [];
  const { safeDistance, deepest, passingSlices, incompatibleShare } = check.remedies;
  const options: Option[] = [];
  const share =
    incompatibleShare === null
      ? ''
      : `; ${Math.round(100 * Math.min(Math.max(incompatibleShare, 0), 1))} % of the worst change is incompatibility, not age`;
  if (safeDistance >= 1)
    options.push({
      action: 'serving_change',
      maxDistance: safeDistance,
      why: `every required rule passes up to distance ${safeDistance}: rebuild the index before it falls further behind${share}`,
    });
  if (passingSlices.length > 0)
    options.push({
      action: 'scope_change',
      passing: passingSlices,
      why: `${list(passingSlices.map(formatSlice), 6)} ${passingSlices.length === 1 ? 'passes' : 'pass'} as ${passingSlices.length === 1 ? 'it is' : 'they are'}`,
    });
  if (safeDistance === 0)
    options.push({
      action: 'architecture_change',
      why: `no swept distance from 1 to ${deepest} passes every required rule${share}: train compatibly (warm start), or map queries per index version`,
    });
  return options;
}

function headline(
  verdict: OverallVerdict,
  checks: readonly CheckReport[],
  recommendation: Recommendation,
  live: string,
): string {
  if (verdict === 'ready') return `${live} can ship: ${recommendation.why}.`;
  const worst = byUrgency(
    checks.flatMap((check) => check.findings).filter((f) => f.level === 'fail' && f.verdict !== 'pass'),
  )[0]!;
  const where = worst.at === 'production' ? 'at production' : `at distance ${worst.at}`;
  const slice: Slice = worst.slice;
  const what = `${worst.metric} ${where}${Object.keys(slice).length > 0 ? ` on ${formatSlice(slice)}` : ''}: ${formatChange(worst)}, ${formatMargin(worst)}`;
  return verdict === 'not_ready'
    ? `${live} is not ready: ${what}. ${capital(recommendation.why)}.`
    : `${live} could not be judged: ${recommendation.why}.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
