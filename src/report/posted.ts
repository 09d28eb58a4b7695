/**
 * A report.json that another run has written, shown again. It comes from a fork's run, which the fork controls: every
 * string is hostile, and nothing of its own summary is used.
 */
import { plural, printable } from '../lib/text.js';
import { escapeMarkdown, table } from './markdown.js';
import { isReportFile } from './read-json.js';
import type { ReportFile } from './report-file.js';
import { CELLS, nameOfDistance, VERDICTS } from './view/words.js';

/** Undefined where the text is no report of the schema. */
export function parsePosted(text: string): ReportFile | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isReportFile(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The conclusion is what the findings say, whatever the report's first line claims. */
export function postedVerdict({ checks, verdict, policy }: ReportFile): 'success' | 'failure' | 'neutral' {
  const required = checks.flatMap(({ findings }) => findings).filter(({ level }) => level === 'fail');
  if (verdict === 'not_ready' || required.length === 0 || required.some((f) => f.verdict === 'fail')) return 'failure';
  if (verdict === 'ready') return required.every((f) => f.verdict === 'pass') ? 'success' : 'failure';
  return policy.on_inconclusive === 'warn' ? 'neutral' : 'failure';
}

/** Findings shown before the rest is counted. */
const MAX_ROWS = 50;

export function renderPosted(report: ReportFile, runUrl: string | undefined): { title: string; summary: string } {
  const { policy, release } = report;
  const open = report.checks.flatMap(({ findings }) => findings).filter((f) => f.verdict !== 'pass');
  const rows = open.slice(0, MAX_ROWS).map((f) => [
    CELLS[f.verdict].one,
    f.metric,
    nameOfDistance(f.at),
    Object.entries(f.slice)
      .map(([column, value]) => `${column}=${value}`)
      .join(', ') || 'all rows',
    figure(f.change ?? f.value),
    `${f.operator} ${f.margin}`,
  ]);
  const log = runUrl === undefined ? '' : `: [its log](${runUrl})`;
  const parts = [
    `**${escapeMarkdown(report.headline)}**`,
    ...report.recommendation.options
      .slice(0, 6)
      .map(({ action, why }) => `- **${action.replaceAll('_', ' ')}**: ${escapeMarkdown(why)}.`),
    ...(rows.length > 0 ? [table(['verdict', 'metric', 'at', 'slice', 'change', 'allowed'], rows)] : []),
    ...(open.length > MAX_ROWS ? [`… and ${plural(open.length - MAX_ROWS, 'more cell')}.`] : []),
    [
      `${escapeMarkdown(release.name)} ${escapeMarkdown(release.live)}, judged by ${escapeMarkdown(policy.name)}`,
      `(${escapeMarkdown(policy.path)}, from ${policy.from}) in a run of the fork${log}.`,
      'The fork’s workflow computed this report;',
      'what a maintainer reviews is that the change leaves the workflow alone.',
    ].join(' '),
  ];
  return { title: printable(`${VERDICTS[report.verdict]}: ${report.headline}`, 200), summary: parts.join('\n\n') };
}

function figure(value: number | null): string {
  return value === null ? 'undefined' : String(Number(value.toPrecision(4)));
}
