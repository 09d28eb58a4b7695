/**
 * Margins that are smaller than the smallest detectable change, by the errors of an earlier report on the same rows.
 * How large an error is, rows alone do not tell: it goes with how far versions are apart.
 */

import type { Finding } from '../checks/check-report.js';
import { isRelative } from '../checks/version-skew/families.js';
import { marginOf } from '../checks/version-skew/margins.js';
import { judgesLevel } from '../checks/version-skew/merit.js';
import { sameColumns } from '../data/evalset/cells.js';
import { comparesFamilies, type Rule, type SkewPolicy } from '../documents/policy/policy.js';
import { POWER } from '../estimation/statistics/noninferiority.js';
import { normalQuantile } from '../estimation/statistics/student-t.js';
import { plural } from '../lib/text.js';
import { formatMetricSize, formatSlice, nameOfDistance } from '../verdict/format.js';
import type { Report } from '../verdict/report-object.js';

const CHECK = 'version-skew';

/** One cell of a rule with what it could detect. */
interface Cell {
  readonly finding: Finding;
  /** Smallest change that is detected with 80 % power, and the least distance of a bound from its estimate. */
  readonly detectable: number;
  readonly reach: number;
}

/**
 * Lines on rules with cells whose margin is below the detectable change, if the next release's errors are those of the
 * report.
 *
 * @param shown the report's path as it is said
 */
export function detectableLines(policy: SkewPolicy, report: Report, shown: string): string[] {
  const other = otherRows(policy, report);
  if (other !== undefined)
    return [`${shown}: of other ${other} than the policy pins: its errors say nothing of these margins`];
  const findings = report.checks.flatMap((check) => (check.check === CHECK ? check.findings : []));
  const rules = policy.versionSkew.rules.filter(judgesChange);
  const lines = rules.flatMap((rule) => ofRule(rule, cellsOf(rule, findings, policy, report), shown));
  return lines.length > 0 || rules.length === 0
    ? lines
    : [`${CHECK}: no margin is below the detectable change, by the errors of ${shown}`];
}

/** The first file of the eval set that has other bytes than the report's; undefined where none has. */
function otherRows({ evalSet }: SkewPolicy, report: Report): string | undefined {
  const theirs: Readonly<Record<string, string | undefined>> = report.evalSet?.sha256 ?? {};
  const found = Object.entries(evalSet.files).find(([name, file]) => file?.sha256 && file.sha256 !== theirs[name]);
  return found?.[0].replaceAll('_', ' ');
}

/** A bound on a value has no smallest change, a share of a gain is shown in place of what is judged. */
function judgesChange(rule: Rule): boolean {
  return !judgesLevel(rule) && rule.operator !== 'min_retained_gain' && rule.claim !== 'family';
}

/** The cells of the report that the rule would judge, each once. */
function cellsOf(rule: Rule, findings: readonly Finding[], policy: SkewPolicy, report: Report): Cell[] {
  const cells = new Map<string, Cell>();
  const before = normalQuantile(report.policy.confidence);
  const now = normalQuantile(policy.versionSkew.confidence);
  const power = normalQuantile(POWER);
  for (const finding of findings) {
    if (!isOf(rule, finding) || !Number.isFinite(finding.mde)) continue;
    const error = finding.mde / (before + power);
    const key = JSON.stringify([finding.slice, finding.at]);
    // Of a family of versions and of one, one rule each, the smaller error stands: that margin is too small for both.
    const known = cells.get(key);
    if (known && known.finding.mde <= finding.mde) continue;
    cells.set(key, { finding, detectable: error * (now + power), reach: error * now });
  }
  return [...cells.values()];
}

function isOf(rule: Rule, { metric, operator, judged, unit, slice, at }: Finding): boolean {
  return (
    metric === rule.metric &&
    judged === 'change' &&
    comparesFamilies(operator) === comparesFamilies(rule.operator) &&
    unit === (isRelative(rule) ? 'relative' : 'absolute') &&
    rule.slices.some((columns) => sameColumns(columns, Object.keys(slice))) &&
    (typeof rule.at === 'string'
      ? (rule.at === 'production') === (at === 'production')
      : at !== 'production' && rule.at.includes(at))
  );
}

function ofRule(rule: Rule, cells: readonly Cell[], shown: string): string[] {
  const name = `${CHECK}: ${rule.metric} ${rule.operator} ${rule.thresholdText}`;
  if (cells.length === 0) return [`${name}: none of its cells is in ${shown}, so that nothing is known of its errors`];
  const margin = marginOf(rule);
  const below = cells.filter(({ detectable }) => detectable > margin).sort((a, b) => b.detectable - a.detectable);
  const [worst] = below;
  if (!worst) return [];
  const unable = below.filter(({ reach }) => reach > margin).length;
  const size = formatMetricSize(rule.metric, worst.detectable, worst.finding.unit);
  return [
    `${name}: margin below the detectable change: ${below.length} of ${plural(cells.length, 'cell')}, by the errors ` +
      `of ${shown} (at most ${size}, ${formatSlice(worst.finding.slice)} at ${nameOfDistance(worst.finding.at)})` +
      (unable > 0 ? `; in ${unable} not even a change of 0 would pass with such an error` : ''),
  ];
}
