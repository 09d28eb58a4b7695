/** Findings → annotations at the policy line that set the threshold: one a rule, failures first. */
import type { Finding } from '../checks/check.js';
import type { Place } from '../errors.js';
import { plural } from '../lib/text.js';
import { byUrgency } from '../verdict/decide.js';
import { formatBounds, formatChange, formatMargin, formatSlice } from '../verdict/format.js';
import type { Report } from '../verdict/report-object.js';

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly title: string;
  readonly message: string;
  readonly place?: Place;
}

/** Cells named in one annotation before the rest is counted. */
const WORST = 3;

export function annotationsOf(report: Report): Annotation[] {
  const annotations: Annotation[] = [];
  for (const check of report.checks) {
    const open = byUrgency(check.findings.filter((f) => f.verdict !== 'pass'));
    for (const rule of new Set(open.map((f) => f.rule))) {
      const findings = open.filter((f) => f.rule === rule);
      const worst = findings[0]!;
      const level =
        worst.level === 'fail' && (worst.verdict === 'fail' || report.policy.onInconclusive === 'fail')
          ? 'error'
          : 'warning';
      const all = check.findings.filter((f) => f.rule === rule).length;
      annotations.push({
        level,
        title: `${worst.metric} ${worst.verdict === 'fail' ? 'fails' : 'is inconclusive'}: ${formatMargin(worst)}`,
        message: [
          ...findings.slice(0, WORST).map(describe),
          ...(findings.length > WORST ? [`and ${plural(findings.length - WORST, 'more cell')}`] : []),
          `${findings.length} of ${plural(all, 'cell')} of this rule.`,
        ].join('\n'),
        place: worst.place,
      });
    }
  }
  const order = { error: 0, warning: 1, notice: 2 };
  return annotations.sort((a, b) => order[a.level] - order[b.level]);
}

function describe(finding: Finding): string {
  const at = finding.at === 'production' ? 'production' : `distance ${finding.at}`;
  const why = finding.verdict === 'inconclusive' ? ` (${finding.reason})` : '';
  return `${formatSlice(finding.slice)} at ${at}: ${formatChange(finding)} ${formatBounds(finding)}${why}`;
}
