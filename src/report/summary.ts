/** summary.md: the job summary, within GitHub's limits, the failing cells and the curve first. */
import { type CheckReport, type Finding, type SweepReport, sweepsOf } from '../checks/check.js';
import { reasonOf } from '../checks/reason-words.js';
import { capital, plural } from '../lib/text.js';
import { byUrgency, isTrivial } from '../verdict/decide.js';
import {
  formatBounds,
  formatChange,
  formatDelta,
  formatDistance,
  formatHistogram,
  formatLine,
  formatMargin,
  formatMetricDelta,
  formatRetained,
  formatSlice,
  formatValue,
} from '../verdict/format.js';
import type { Report } from '../verdict/report-object.js';
import { besideToday, curveToShow, driftToShow, tonightHeader, tonightRows } from './curve.js';
import { escapeMarkdown, raw, table } from './markdown.js';
import { TRAIL_HEADER, trailOf } from './trail.js';

/** A job summary may hold 1 MiB a step, a check run's 65,535 characters; the smaller limit serves both. */
export const SUMMARY_LIMIT = 65_535;

export function renderSummary(report: Report): string {
  const parts = [
    title(report),
    options(report),
    policyDifference(report),
    comparisonDifference(report),
    // What decided stands first: rules, or the gap.
    ...(report.checks.length > 0 ? [] : [trail(report)]),
    ...report.checks.flatMap((check) => [
      ...(check.kind === 'sweep' ? [curveChart(check)] : []),
      findingsTable(check),
      ...(check.kind === 'sweep'
        ? [curveTable(check), drift(check), beside(check), tonight(check, report.release.live)]
        : []),
    ]),
    ...(report.checks.length > 0 ? [trail(report)] : []),
    ...report.checks.map(passedTable),
    queries(report),
    production(report),
    provenance(report),
  ];
  return fitParts(parts.filter((part) => part !== ''));
}

/** Whole parts from the top while they fit; what is left out is said. */
function fitParts(parts: readonly string[]): string {
  const rest = '_The rest did not fit here: the full tables are in report.json._';
  let text = '';
  for (const part of parts) {
    if (text.length + part.length + rest.length + 4 > SUMMARY_LIMIT) return `${text}\n${rest}\n`;
    text += text === '' ? part : `\n\n${part}`;
  }
  return `${text}\n`;
}

function title({ verdict, headline, policy, release }: Report): string {
  const badge = { ready: '✅ Ready', not_ready: '❌ Not ready', inconclusive: '⚠️ Inconclusive' }[verdict];
  return `## ${badge}: ${escapeMarkdown(release.name)} ${escapeMarkdown(release.live)}\n\n**${escapeMarkdown(headline)}**\n\nJudged by ${escapeMarkdown(policy.name)} (${escapeMarkdown(policy.path)}).`;
}

/** What the change makes of the policy that judges it. In `pre`, where GitHub looks for no mention or reference; entities besides. */
function policyDifference({ policy }: Report): string {
  if (policy.difference === undefined) return '';
  const lines = policy.difference.split('\n').map((line) => escapeMarkdown(line));
  return [
    '### This change edits the policy',
    '',
    `Judged by the base commit’s ${escapeMarkdown(policy.path)}. Its edit counts from the next change on:`,
    '',
    `<pre>${lines.join('\n')}</pre>`,
  ].join('\n');
}

/** The same of the family that serves today. */
function comparisonDifference({ release }: Report): string {
  if (release.difference === undefined) return '';
  const lines = release.difference.split('\n').map((line) => escapeMarkdown(line));
  return [
    '### This change edits what the candidate is compared with',
    '',
    'Compared with the base commit’s. Its edit counts from the next change on:',
    '',
    `<pre>${lines.join('\n')}</pre>`,
  ].join('\n');
}

/** The trail of a diagnosis. */
function trail({ diagnosis }: Report): string {
  if (!diagnosis) return '';
  const { title, gap, rows, rest } = trailOf(diagnosis);
  const icon = {
    sufficient: '🔴',
    contributing: '🟠',
    inconclusive: '⚪',
    not_tested: '⬜',
    ruled_out: '🟢',
    no_gap: '⚪',
  } as const;
  const cells = rows.map(({ layer, decision, share, evidence, hypothesis: { id, verdict, why, settle } }) => [
    layer,
    id,
    raw(`${icon[verdict]} ${decision}`),
    share,
    why,
    settle === '' ? '–' : settle,
    evidence === '' ? '–' : evidence,
  ]);
  return [
    `### ${title}`,
    '',
    ...gap.map((line) => `${escapeMarkdown(capital(line))}.\n`),
    table(TRAIL_HEADER, cells),
    ...rest.map((line) => `\n${escapeMarkdown(capital(line))}.`),
  ].join('\n');
}

/** The SQL that writes what a diagnosis lacks. */
function queries({ diagnosis }: Report): string {
  const missing = diagnosis ? trailOf(diagnosis).queries : [];
  if (missing.length === 0) return '';
  return [
    '<details><summary>Queries that write the evidence which is missing</summary>',
    ...missing.map(({ id, sql }) => `\n${id}\n\n\`\`\`sql\n${sql}\n\`\`\``),
    '',
    '</details>',
  ].join('\n');
}

/** Rows of one table before the rest is counted. */
const MAX_ROWS = 100;
const HEADER = ['', 'metric', 'at', 'slice', 'measured', 'bounds', 'allowed', 'policy'];

function findingRows(findings: readonly Finding[]): string {
  const icon = { fail: '❌', inconclusive: '⚠️', pass: '✅' };
  const rows = findings
    .slice(0, MAX_ROWS)
    .map((f) => [
      raw(`${icon[f.verdict]}${f.level === 'warn' ? ' (warns)' : ''}`),
      f.metric,
      formatDistance(f.at),
      formatSlice(f.slice),
      formatChange(f),
      formatBounds(f),
      formatMargin(f),
      formatLine(f),
    ]);
  const more = findings.length > MAX_ROWS ? `\n\n… and ${findings.length - MAX_ROWS} more, in report.json.` : '';
  return table(HEADER, rows) + more;
}

function findingsTable(check: CheckReport): string {
  const findings = byUrgency(check.findings.filter((f) => f.verdict !== 'pass'));
  if (findings.length === 0) return '';
  const failed = findings.filter((f) => f.verdict === 'fail').length;
  const open = findings.filter((f) => f.verdict === 'inconclusive');
  const heading = `### ${escapeMarkdown(check.check)}: ${failed} failed, ${open.length} inconclusive of ${plural(check.findings.length, 'cell')}`;
  const reasons = [...new Set(open.map(reasonOf))].slice(0, 5).map((reason) => `- ⚠️ ${escapeMarkdown(reason)}`);
  return [heading, '', findingRows(findings), ...(reasons.length > 0 ? ['', ...reasons] : [])].join('\n');
}

/** A Mermaid chart of the curve that decided: the change, and the bound on the side that the metric may not move to. */
function curveChart(check: SweepReport): string {
  const points = curveToShow(check).filter((p) => p.distance !== 'production' && Number.isFinite(p.change));
  const first = points[0];
  if (!first || points.length < 2) return '';
  const percent = first.unit === 'relative' || first.metric === 'calibration_shift';
  const figure = (value: number) => {
    const shown = first.metric === 'calibration_shift' ? Math.expm1(value) : value;
    return Number((percent ? 100 * shown : shown).toPrecision(6));
  };
  const falls = points.reduce((sum, p) => sum + p.change, 0) < 0;
  const changes = points.map((p) => figure(p.change));
  const bounds = points.map((p) => figure(falls ? p.lower : p.upper));
  // A bound that is not known is no line.
  const known = bounds.every(Number.isFinite);
  const drawn = known ? [...changes, ...bounds] : changes;
  const range = [Math.min(0, ...drawn), Math.max(0, ...drawn)];
  return [
    '```mermaid',
    '%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "#cf222e, #8c959f"}}}}%%',
    'xychart-beta',
    `  title "${first.metric}: change by version distance"`,
    `  x-axis "version distance" [${points.map((p) => `"${p.distance}"`).join(', ')}]`,
    `  y-axis "change${percent ? ' (%)' : ''}" ${range[0]} --> ${range[1]! > range[0]! ? range[1] : range[0]! + 1}`,
    `  line [${changes.join(', ')}]`,
    ...(known ? [`  line [${bounds.join(', ')}]`] : []),
    '```',
    '',
    `Red: the change against distance 0 on ${escapeMarkdown(formatSlice(first.slice))}.${known ? ` Grey: its ${falls ? 'lower' : 'upper'} bound.` : ''}`,
  ].join('\n');
}

/** The same as a table, with what a chart cannot say. */
function curveTable(check: SweepReport): string {
  const points = curveToShow(check);
  const first = points[0];
  if (!first) return '';
  const rows = points.map((p) => [
    formatDistance(p.distance),
    formatValue(p.value),
    formatMetricDelta(p.metric, p.change, p.unit),
    formatBounds(p),
    p.stale === null ? '–' : formatMetricDelta(p.metric, p.stale, p.unit),
    p.incompatible === null ? '–' : formatMetricDelta(p.metric, p.incompatible, p.unit),
    Number.isFinite(p.mde) ? formatMetricDelta(p.metric, p.mde, p.unit).replace('+', '') : '–',
  ]);
  return [
    `### ${first.metric}, ${escapeMarkdown(formatSlice(first.slice))}`,
    '',
    table(['distance', 'value', 'change', 'bounds', 'stale', 'incompatible', 'detectable'], rows),
  ].join('\n');
}

/** Why: the reading, and the figures behind it. */
function drift(check: SweepReport): string {
  const shown = driftToShow(check);
  if (!shown) return '';
  const share = (value: number | undefined) =>
    value === undefined || !Number.isFinite(value) ? '–' : formatDelta(value, 'relative').replace('+', '');
  const figure = (value: number) => (Number.isFinite(value) ? formatValue(value) : '–');
  const rows = check.drift.map((d) => [
    String(d.distance),
    figure(d.displacement),
    figure(d.procrustesResidual),
    figure(d.cka),
    figure(d.normRatio),
    figure(d.offsetSd),
    figure(d.scaleRatio),
    figure(d.neighbourOverlap),
    share(d.alignable?.scale),
    share(d.alignable?.orthogonal),
    share(d.alignable?.linear),
  ]);
  const header = [
    'distance',
    'displacement',
    'after rotation',
    'CKA',
    'norm ratio',
    'offset (sd)',
    'scale',
    'neighbours kept',
    'scale repairs',
    'orthogonal repairs',
    'linear repairs',
  ];
  return [
    '### Why',
    '',
    `Distance ${shown.distance}: ${escapeMarkdown(shown.reading)}.`,
    '',
    '<details><summary>',
    'Drift of the item tower against the live version',
    '</summary>',
    '',
    table(header, rows),
    '',
    '</details>',
  ].join('\n');
}

function beside(check: SweepReport): string {
  const pairs = besideToday(check);
  if (pairs.length === 0 || !check.compared) return '';
  const rows = pairs.map(({ own, today }) => [
    own.metric,
    formatMetricDelta(own.metric, own.change, own.unit),
    formatMetricDelta(today.metric, today.change, today.unit),
    own.retainedGain ? formatRetained(own.retainedGain) : '–',
  ]);
  return [
    `### Beside ${escapeMarkdown(check.compared.release)} ${escapeMarkdown(check.compared.live)}, which serves today`,
    '',
    table(['metric', `change at ${formatDistance(pairs[0]!.own.distance)}`, 'of today’s family', 'gain left'], rows),
  ].join('\n');
}

function tonight(check: SweepReport, live: string): string {
  const rows = tonightRows(check);
  if (rows.length === 0) return '';
  return [
    `### Against what serves tonight (${escapeMarkdown(check.tonight!.version)} with its own index), all rows`,
    '',
    table(tonightHeader(check, live), rows),
  ].join('\n');
}

function options({ recommendation }: Report): string {
  if (recommendation.options.length === 0) return '';
  return [
    '### What would help',
    '',
    ...recommendation.options.map(({ action, why }) => `- **${action.replaceAll('_', ' ')}**: ${escapeMarkdown(why)}.`),
  ].join('\n');
}

function passedTable(check: CheckReport): string {
  const passed = byUrgency(check.findings.filter((f) => f.verdict === 'pass' && !isTrivial(f)));
  if (passed.length === 0) return '';
  return [
    '<details><summary>',
    `${escapeMarkdown(check.check)}: ${plural(passed.length, 'cell')} passed`,
    '</summary>',
    '',
    findingRows(passed),
    '',
    '</details>',
  ].join('\n');
}

function production({ checks }: Report): string {
  const rows = sweepsOf(checks).flatMap((check) =>
    check.production.map(({ slice, histogram, source, uncoveredMass }) => [
      formatSlice(slice),
      formatHistogram(histogram),
      source,
      formatDelta(uncoveredMass, 'relative').replace('+', ''),
    ]),
  );
  return rows.length === 0
    ? ''
    : `### Version distances in production\n\n${table(['slice', 'histogram', 'source', 'outside the sweep'], rows)}`;
}

function provenance({ policy, release, evalSet, notices }: Report): string {
  const rows = evalSet
    ? `${plural(evalSet.rows, 'row')}, ${plural(evalSet.positives, 'positive')}, ${plural(evalSet.queries, 'query', 'queries')}, ${plural(evalSet.items, 'item')}. Non-inferiority on paired differences, two`
    : 'Two';
  return [
    ...notices.map((notice) => `> ${escapeMarkdown(notice)}\n`),
    `${rows}-way clustered, one-sided at ${Math.round(1000 * policy.confidence) / 10} %; failures after Holm. ` +
      `Policy ${policy.sha256.slice(0, 12)}, release ${release.sha256.slice(0, 12)}.`,
  ].join('\n');
}
