/** What a check run and a comment say: the verdict and the one number that decided it, then the summary. */
import { byUrgency, isTrivial } from '../verdict/decide.js';
import { formatChange, formatDistance, formatMargin, formatMetric, formatSlice } from '../verdict/format.js';
import { exitStatus, type Report } from '../verdict/report-object.js';
import { escapeMarkdown, table } from './markdown.js';

export type Conclusion = 'success' | 'failure' | 'neutral';

export function conclusionOf(report: Report): Conclusion {
  if (report.verdict === 'ready') return 'success';
  return exitStatus(report) === 0 ? 'neutral' : 'failure';
}

const WORDS = { ready: 'Ready', not_ready: 'Not ready', inconclusive: 'Inconclusive' } as const;

/** `Not ready: log_loss +2.31 % at production on tier=large (max_increase 1%)`; of a pass the cell that came nearest to its margin. */
export function renderTitle(report: Report): string {
  const findings = report.checks.flatMap((check) => check.findings).filter((f) => f.level === 'fail' && !isTrivial(f));
  const decided = byUrgency(findings)[0];
  if (!decided) return WORDS[report.verdict];
  const slice = Object.keys(decided.slice).length > 0 ? ` on ${formatSlice(decided.slice)}` : '';
  const distance = decided.at === 'production' ? 'production' : `distance ${formatDistance(decided.at)}`;
  const at = decided.check === 'version-skew' ? ` at ${distance}` : '';
  const cell = `${formatMetric(decided)} ${formatChange(decided)}${at}${slice} (${formatMargin(decided)})`;
  return report.verdict === 'ready' ? `Ready: nearest to its margin is ${cell}` : `${WORDS[report.verdict]}: ${cell}`;
}

/** Findings named in a comment before the rest is counted. */
const MAX_ROWS = 10;

/** Short: what a reviewer needs, and where the rest is. */
export function renderComment(report: Report, detailsUrl: string | undefined): string {
  const icon = { ready: '✅', not_ready: '❌', inconclusive: '⚠️' }[report.verdict];
  const open = byUrgency(report.checks.flatMap((check) => check.findings).filter((f) => f.verdict !== 'pass'));
  const rows = open
    .slice(0, MAX_ROWS)
    .map((f) => [
      formatMetric(f),
      formatDistance(f.at),
      formatSlice(f.slice),
      formatChange(f),
      formatMargin(f),
      f.verdict,
    ]);
  return [
    `### ${icon} ${escapeMarkdown(report.policy.name)} / ${escapeMarkdown(report.release.name)} ${escapeMarkdown(report.release.live)}: ${escapeMarkdown(WORDS[report.verdict].toLowerCase())}`,
    `**${escapeMarkdown(report.headline)}**`,
    ...report.recommendation.options
      .slice(0, 4)
      .map(({ action, why }) => `- **${action.replaceAll('_', ' ')}**: ${escapeMarkdown(why)}.`),
    ...(rows.length > 0 ? [table(['metric', 'at', 'slice', 'change', 'allowed', 'verdict'], rows)] : []),
    ...(open.length > MAX_ROWS ? [`… and ${open.length - MAX_ROWS} more.`] : []),
    ...(detailsUrl === undefined ? [] : [`[The whole summary](${detailsUrl})`]),
  ].join('\n\n');
}
