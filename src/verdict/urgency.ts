/** The order in which a reader sees findings. */
import { type Finding, isRequired } from '../checks/check-report.js';
import { marginUsed } from '../checks/margin-used.js';

/**
 * The margins that rank a finding among those of its verdict. What fails is ranked by how far it is beyond its margin;
 * what passes by how near its bound comes to it; what is open by what is surely lost, so that noise does not lead.
 * Nothing known ranks last.
 */
export function severity(finding: Finding): number {
  const { value, least, most } = marginUsed(finding);
  const used = { fail: value, inconclusive: least, pass: most }[finding.verdict];
  return Number.isNaN(used) ? Number.NEGATIVE_INFINITY : used;
}

/** A change at distance 0 is 0 by definition: it passes, and says nothing. */
export function isTrivial(finding: Finding): boolean {
  return finding.at === 0 && finding.judged === 'change' && finding.verdict === 'pass';
}

/** Failing first, then open, then passing; within each the worst first. */
export function byUrgency(findings: readonly Finding[]): Finding[] {
  const rank = (f: Finding) => ({ fail: 0, inconclusive: 1, pass: 2 })[f.verdict] * 2 + (isRequired(f) ? 0 : 1);
  const used = new Map(findings.map((finding) => [finding, severity(finding)]));
  const compare = (a: Finding, b: Finding) => {
    const [x, y] = [used.get(a) ?? 0, used.get(b) ?? 0];
    return rank(a) - rank(b) || (x === y ? 0 : y - x) || a.rule - b.rule;
  };
  return [...findings].sort(compare);
}

/**
 * The required finding that a verdict rests on: of a failure the worst, of a pass the nearest to its margin. Undefined
 * where something else decided.
 */
export function decisive(findings: readonly Finding[], verdict: Finding['verdict']): Finding | undefined {
  return byUrgency(findings).find(
    (finding) => isRequired(finding) && finding.verdict === verdict && !isTrivial(finding),
  );
}
