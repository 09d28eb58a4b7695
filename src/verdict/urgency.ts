/** The order in which a reader sees findings. */
import type { Finding } from '../checks/check-report.js';

/**
 * The size of a finding over its margin (of a value: its distance from the bound over the bound); 0 where that is not
 * finite.
 */
export function severity(finding: Finding): number {
  const excess =
    finding.judged !== 'change'
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
