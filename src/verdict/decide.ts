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
  const excess =
    finding.judged === 'value'
      ? Math.abs(finding.value - finding.margin) / Math.max(Math.abs(finding.margin), 1e-12)
      : Math.abs(finding.change) / Math.max(finding.margin, 1e-12);
  return Number.isFinite(excess) ? excess : 0;
}

/** A change at distance 0 is 0 by definition: it passes, and says nothing. */
export function isTrivial(finding: Finding): boolean {
  return finding.at === 0 && finding.judged === 'change' && finding.verdict === 'pass';
}

/** Failing first, then open, then passing; within each the worst first. */
export function byUrgency(findings: readonly Finding[]): Finding[] {
  const rank = (f: Finding) => ({ fail: 0, inconclusive: 1, pass: 2 })[f.verdict] * 2 + (f.level === 'warn' ? 1 : 0);
  return [...findings].sort((a, b) => rank(a) - rank(b) || severity(b) - severity(a) || a.rule - b.rule);
}

function recommend(verdict: OverallVerdict, checks: readonly CheckReport[]): Recommendation {
  const passes = required(checks, 'pass').filter((finding) => !isTrivial(finding)).length;
  if (verdict === 'ready')
    return {
      action: 'ship',
      why: passesInWords(passes),
      options: [],
    };
  const open = required(checks, 'inconclusive');
  if (verdict === 'inconclusive') {
    const rows = open.reduce((most, finding) => Math.max(most, finding.rowsToSettle ?? 0), 0);
    const why = `${open.length} of ${plural(passes + open.length, 'required cell')} ${open.length === 1 ? 'is' : 'are'} open (${reasons(open)})`;
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

/** `31 h`, or `5.2 h` below ten. */
function hours(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} h`;
}

function passesInWords(passes: number): string {
  if (passes === 0) return 'production is at distance 0 alone, where nothing changes';
  return passes === 1 ? 'the one required cell passes' : `all ${plural(passes, 'required cell')} pass`;
}

/** The reasons of open findings without their figures, each once. */
function reasons(findings: readonly Finding[]): string {
  return list([...new Set(findings.map((finding) => finding.reason.split(/[:;]/)[0]!))]);
}

/** The cures in the order in which a team would try them. */
function optionsOf(check: CheckReport): Option[] {
  if (check.verdict !== 'fail') return [];
  const { safeDistance, deepest, suspects, mixedIndexAlone, indexAges, passingSlices, incompatibleShare } =
    check.remedies;
  const options: Option[] = [];
  const percent =
    incompatibleShare === null ? undefined : Math.round(100 * Math.min(Math.max(incompatibleShare, 0), 1));
  const cause =
    percent === undefined
      ? ''
      : percent >= 50
        ? `; ${percent} % of the worst change is incompatibility, not age`
        : `; ${100 - percent} % of the worst change is age, not incompatibility`;
  const suspicion =
    suspects.length > 0
      ? `; distance ${list(suspects.map(String))} is worse than a larger one, so that checkpoint itself may be bad`
      : '';
  for (const { slice, maxHours, nowHours } of indexAges)
    if (maxHours !== null && maxHours > 0 && maxHours < nowHours)
      options.push({
        action: 'serving_change',
        maxIndexAgeHours: maxHours,
        nowHours,
        appliesTo: slice,
        why: `${formatSlice(slice)}: every required rule passes up to an index age of ${hours(maxHours)}, and the index is ${hours(nowHours)} old on average${cause}${suspicion}`,
      });
  if (mixedIndexAlone)
    options.push({
      action: 'serving_change',
      why: 'every pure version passes, but items of different versions in one ranking do not: build each index from one version, or calibrate the scores of each version',
    });
  else if (safeDistance >= 1)
    options.push({
      action: 'serving_change',
      maxDistance: safeDistance,
      why: `every required rule passes up to distance ${safeDistance}: rebuild the index before it falls further behind${cause}${suspicion}`,
    });
  else if (percent !== undefined && percent < 50)
    options.push({
      action: 'serving_change',
      maxDistance: 0,
      why: `no swept distance from 1 to ${deepest} passes every required rule${cause}: rebuild the index with every checkpoint, before the query tower takes it up${suspicion}`,
    });
  else
    options.push({
      action: 'architecture_change',
      why: `no swept distance from 1 to ${deepest} passes every required rule${cause}: train compatibly (warm start), or map queries per index version${suspicion}`,
    });
  if (passingSlices.length > 0)
    options.push({
      action: 'scope_change',
      passing: passingSlices,
      why: `${list(passingSlices.map(formatSlice), 6)} ${passingSlices.length === 1 ? 'passes' : 'pass'} as ${passingSlices.length === 1 ? 'it is' : 'they are'}`,
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
