/** The terminal's text: verdict first, then what failed where and by how much, the curve, then the rest. */
import { type CheckReport, type Finding, type SweepReport, sweepsOf } from '../checks/check.js';
import { reasonOf } from '../checks/reason-words.js';
import { inert, plural, printable } from '../lib/text.js';
import { byUrgency, isTrivial } from '../verdict/decide.js';
import type { Diagnosis } from '../verdict/diagnosis/diagnosis.js';
import {
  formatBounds,
  formatChange,
  formatDelta,
  formatDistance,
  formatHistogram,
  formatLine,
  formatMargin,
  formatMetric,
  formatMetricDelta,
  formatRetained,
  formatSlice,
  formatValue,
  LAYERS,
} from '../verdict/format.js';
import type { Report } from '../verdict/report-object.js';
import { besideToday, curveToShow, driftToShow, tonightHeader, tonightRows } from './curve.js';
import { trailOf } from './trail.js';

/** How parts of the text are painted; the identity where there is no colour. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

export const PLAIN: Paint = { bold: same, dim: same, red: same, green: same, yellow: same };

function same(text: string): string {
  return text;
}

export const COLOUR: Paint = {
  bold: (text) => `\u001b[1m${text}\u001b[0m`,
  dim: (text) => `\u001b[2m${text}\u001b[0m`,
  red: (text) => `\u001b[31m${text}\u001b[0m`,
  green: (text) => `\u001b[32m${text}\u001b[0m`,
  yellow: (text) => `\u001b[33m${text}\u001b[0m`,
};

/** Findings shown of each kind before the rest is counted. */
const MAX_SHOWN = 12;

export function renderText(report: Report, paint: Paint = PLAIN): string {
  const { verdict, policy, release } = report;
  const badge = {
    ready: paint.green(paint.bold('✓ READY')),
    not_ready: paint.red(paint.bold('✗ NOT READY')),
    inconclusive: paint.yellow(paint.bold('? INCONCLUSIVE')),
  }[verdict];
  const lines = [
    `${badge}  ${printable(release.name)} ${printable(release.live)}, judged by ${printable(policy.name)} (${printable(policy.path, 300)})`,
    `  ${inert(report.headline)}`,
  ];
  const findings = byUrgency(report.checks.flatMap((check) => check.findings));
  const of = (verdict: Finding['verdict']) => findings.filter((f) => f.verdict === verdict);
  lines.push(
    ...section('Failed', of('fail'), paint.red, paint),
    ...section('Inconclusive', of('inconclusive'), paint.yellow, paint),
  );
  for (const check of sweepsOf(report.checks))
    lines.push(
      ...curve(check, paint),
      ...why(check, paint),
      ...beside(check, paint),
      ...tonight(check, report.release.live, paint),
    );
  if (report.diagnosis) lines.push(...trail(report.diagnosis, paint));
  if (report.recommendation.options.length > 0) {
    lines.push('', paint.bold('What would help'));
    for (const { action, why } of report.recommendation.options)
      lines.push(`  ${action.replaceAll('_', ' ')}: ${inert(why)}.`);
  }
  lines.push(
    ...section(
      'Passed',
      of('pass').filter((f) => !isTrivial(f)),
      paint.green,
      paint,
    ),
  );
  for (const check of sweepsOf(report.checks)) {
    if (check.production.length > 0) lines.push('', paint.bold('Version distances in production'));
    for (const entry of check.production) {
      const masses = formatHistogram(entry.histogram);
      const outside =
        entry.uncoveredMass > 0 ? `, ${formatDelta(entry.uncoveredMass, 'relative').slice(1)} outside the sweep` : '';
      lines.push(paint.dim(`  ${formatSlice(entry.slice)}: {${masses}} (${entry.source}${outside})`));
    }
  }
  lines.push('');
  for (const notice of report.notices) lines.push(paint.yellow(`  note: ${printable(notice, 400)}`));
  const bounds = `one-sided ${formatDelta(policy.confidence, 'relative').slice(1).replace('.00', '')} bounds, clustered by query and item; policy ${policy.sha256.slice(0, 12)}`;
  lines.push(paint.dim(`  ${[...judgedRows(report), bounds].join('; ')}`));
  return `${lines.join('\n')}\n`;
}

/** What the verdict rests on. */
function judgedRows({ evalSet, checks, diagnosis }: Report): string[] {
  const count = (of: (check: CheckReport) => number) => checks.reduce((n, check) => n + of(check), 0);
  return [
    ...(evalSet
      ? [
          `${plural(evalSet.rows, 'row')}, ${plural(evalSet.positives, 'positive')}, ${plural(evalSet.queries, 'query', 'queries')}, ${plural(evalSet.items, 'item')}`,
          `${plural(
            count((check) => check.rules),
            'rule',
          )} → ${plural(
            count((check) => check.findings.length),
            'cell',
          )}`,
        ]
      : []),
    ...(diagnosis?.gap ? [`a ledger of ${plural(diagnosis.gap.rows, 'row')}`] : []),
  ];
}

/** The trail of a diagnosis: hypothesis, verdict, share of the gap, why, and what would settle it. */
function trail(diagnosis: Diagnosis, paint: Paint): string[] {
  const { title, gap, rows, rest, queries } = trailOf(diagnosis);
  const lines = ['', paint.bold(title), ...gap.map((line) => `  ${line}`)];
  const width = Math.max(...rows.map(({ hypothesis }) => hypothesis.id.length));
  for (const [layer, name] of LAYERS) {
    const of = rows.filter(({ hypothesis }) => hypothesis.layer === layer);
    if (of.length > 0) lines.push(paint.dim(`  ${layer}. ${name}`));
    for (const { decision, hypothesis: h } of of) {
      lines.push(`    ${h.id.padEnd(width)}  ${paint.bold(decision.padEnd(12))}  ${inert(h.why)}`);
      if (h.settle !== '') lines.push(paint.dim(`    ${' '.repeat(width)}  would settle it: ${inert(h.settle)}`));
    }
  }
  lines.push(...rest.map((line, i) => (i === 1 ? paint.dim(`  (${line})`) : `  ${line}`)));
  if (queries.length > 0) lines.push('', paint.bold('Queries that write the evidence which is missing'));
  for (const { id, sql } of queries) lines.push(`  ${id}`, ...sql.split('\n').map((line) => paint.dim(`    ${line}`)));
  return lines;
}

function section(
  title: string,
  findings: readonly Finding[],
  colour: (text: string) => string,
  paint: Paint,
): string[] {
  if (findings.length === 0) return [];
  const shown = findings.slice(0, MAX_SHOWN);
  const rows = shown.map((f) => [
    `${formatMetric(f)}${f.level === 'warn' ? ' (warns)' : ''}`,
    f.at === 'production' ? 'production' : `distance ${f.at}`,
    formatSlice(f.slice),
    formatChange(f),
    formatBounds(f),
    formatMargin(f),
    formatLine(f),
  ]);
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const lines = ['', colour(paint.bold(`${title} (${findings.length})`))];
  for (const [i, row] of rows.entries()) {
    lines.push(
      `  ${row
        .map((cell, j) => (j === 3 || j === 4 ? cell.padStart(widths[j]!) : cell.padEnd(widths[j]!)))
        .join('  ')
        .trimEnd()}`,
    );
    if (shown[i]!.verdict === 'inconclusive') lines.push(paint.dim(`      ${reasonOf(shown[i]!)}`));
  }
  if (findings.length > shown.length)
    lines.push(
      paint.dim(`  … and ${findings.length - shown.length} more: --out DIR writes all of them to report.json`),
    );
  return lines;
}

/** Why the family is sensitive: the reading of its drift. */
function why(check: SweepReport, paint: Paint): string[] {
  const drift = driftToShow(check);
  if (!drift || check.verdict === 'pass') return [];
  return ['', paint.bold('Why'), `  distance ${drift.distance}: ${drift.reading}.`];
}

/** Beside the family that serves today. */
function beside(check: SweepReport, paint: Paint): string[] {
  const pairs = besideToday(check);
  if (pairs.length === 0 || !check.compared) return [];
  const rows = pairs.map(({ own, today }) => [
    own.metric,
    formatMetricDelta(own.metric, own.change, own.unit),
    formatMetricDelta(today.metric, today.change, today.unit),
    own.retainedGain ? formatRetained(own.retainedGain) : '',
  ]);
  const head = [`at ${formatDistance(pairs[0]!.own.distance)}`, 'candidate', 'today', 'gain over today that is left'];
  return [
    '',
    paint.bold(`Beside ${printable(check.compared.release)} ${printable(check.compared.live)}, which serves today`),
    ...aligned([head, ...rows]),
  ];
}

/** Against what serves tonight: the question beside the sweep's own. */
function tonight(check: SweepReport, live: string, paint: Paint): string[] {
  const rows = tonightRows(check);
  if (rows.length === 0) return [];
  return [
    '',
    paint.bold(`Against what serves tonight (${printable(check.tonight!.version)} with its own index), all rows`),
    ...aligned([tonightHeader(check, printable(live)), ...rows]),
  ];
}

/** Rows of cells, padded to columns. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map(
    (row) =>
      `  ${row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd()}`,
  );
}

const BAR = 32;

/** The curve that decided, as bars; the part that is age is drawn apart from the part that is incompatibility. */
function curve(check: SweepReport, paint: Paint): string[] {
  const points = curveToShow(check);
  const first = points[0];
  if (!first) return [];
  const largest = Math.max(...points.map((p) => Math.abs(p.change)).filter(Number.isFinite), 1e-12);
  const split = points.some((p) => p.stale !== null && p.distance !== 0);
  const lines = [
    '',
    paint.bold(`${first.metric}, ${formatSlice(first.slice)}`) +
      paint.dim(`: change against distance 0 (${formatValue(first.atZero)})`),
  ];
  for (const point of points) {
    const bar = '█'.repeat(Math.round((BAR * Math.abs(point.change)) / largest) || 0);
    const cells = [
      formatDistance(point.distance).padStart(10),
      bar.padEnd(BAR),
      formatMetricDelta(point.metric, point.change, point.unit).padStart(10),
    ];
    if (split && point.stale !== null && point.incompatible !== null && point.distance !== 0)
      cells.push(
        paint.dim(
          `age ${formatMetricDelta(point.metric, point.stale, point.unit)}, incompatibility ${formatMetricDelta(point.metric, point.incompatible, point.unit)}`,
        ),
      );
    lines.push(`  ${cells.join(' ').trimEnd()}`);
  }
  return lines;
}
