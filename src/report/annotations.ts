/** Findings → annotations: one where the release names the version, then one a rule at the policy line that set the threshold, failures first. */
import type { Finding } from '../checks/check.js';
import { reasonOf } from '../checks/reason-words.js';
import type { Place } from '../errors.js';
import { inert, list, plural, printable } from '../lib/text.js';
import { byUrgency } from '../verdict/decide.js';
import { formatBounds, formatChange, formatLine, formatMargin, formatMetric, formatSlice } from '../verdict/format.js';
import { exitStatus, type Report } from '../verdict/report-object.js';

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly title: string;
  readonly message: string;
  readonly place?: Place;
}

/** Cells named in one annotation before the rest is counted. */
const WORST = 3;

/**
 * @param releasePlace where this change names the version that was judged; left out: the release's `live`
 */
export function annotationsOf(report: Report, releasePlace: Place = report.release.place): Annotation[] {
  const annotations: Annotation[] = onRelease(report, releasePlace);
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
        title: `${formatMetric(worst)} ${worst.verdict === 'fail' ? 'fails' : 'is inconclusive'}: ${formatMargin(worst)}`,
        message: [
          ...findings.slice(0, WORST).map(describe),
          ...(findings.length > WORST ? [`and ${plural(findings.length - WORST, 'more cell')}`] : []),
          `${findings.length} of ${plural(all, 'cell')} of this rule.`,
        ].join('\n'),
        // Lines of the base's policy are not those of a file that this change edits.
        ...(report.policy.difference === undefined ? { place: worst.place } : {}),
      });
    }
  }
  const order = { error: 0, warning: 1, notice: 2 };
  const shown = annotations.map(({ title, message, ...rest }) => ({
    ...rest,
    title: printable(title),
    message: message.split('\n').map(inert).join('\n'),
  }));
  return shown.sort((a, b) => order[a.level] - order[b.level]);
}

/** On the version that this change promotes: what is wrong with it, and by which lines. */
function onRelease(report: Report, place: Place): Annotation[] {
  if (report.verdict === 'ready') return [];
  const open = byUrgency(
    report.checks.flatMap((check) => check.findings).filter((f) => f.level === 'fail' && f.verdict !== 'pass'),
  );
  const rules = [...new Set(open.map(({ place: at }) => `${at.file}:${at.line}`))];
  const cells = report.checks.flatMap((check) => check.findings).filter((f) => f.level === 'fail').length;
  return [
    {
      level: exitStatus(report) === 0 ? 'warning' : 'error',
      title: `${report.release.live} ${report.verdict === 'not_ready' ? 'is not ready' : 'is not shown to be ready'}`,
      message: [
        report.headline,
        ...open.slice(0, WORST).map((f) => `${formatMetric(f)}, ${describe(f)}, ${formatMargin(f)} (${formatLine(f)})`),
        `${open.length} of ${plural(cells, 'required cell')} ${open.length === 1 ? 'does' : 'do'} not pass, by ${list(rules, 6)}.`,
      ].join('\n'),
      place,
    },
  ];
}

function describe(finding: Finding): string {
  const at = finding.at === 'production' ? 'production' : `distance ${finding.at}`;
  const why = finding.verdict === 'inconclusive' ? ` (${reasonOf(finding)})` : '';
  return `${formatSlice(finding.slice)} at ${at}: ${formatChange(finding)} ${formatBounds(finding)}${why}`;
}
