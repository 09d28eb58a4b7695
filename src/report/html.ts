/** report.html: the whole report on one page that needs nothing else. Every string is escaped, and the page may run no script and load nothing. */
import type { CheckReport, CurvePoint, Finding, SweepReport } from '../checks/check.js';
import { reasonOf } from '../checks/reason-words.js';
import { capital, inert, plural } from '../lib/text.js';
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
  formatMetricDelta,
  formatRetained,
  formatSlice,
  formatValue,
} from '../verdict/format.js';
import type { Report } from '../verdict/report-object.js';
import { besideToday, curveToShow, driftToShow, tonightHeader, tonightRows } from './curve.js';
import { TRAIL_HEADER, trailOf } from './trail.js';

const STYLE = `
:root { color-scheme: light dark; --line: #d0d7de; --soft: #59636e; --bad: #cf222e; --good: #1a7f37; --open: #9a6700; --bar: #8c959f; }
@media (prefers-color-scheme: dark) { :root { --line: #3d444d; --soft: #9198a1; --bad: #ff7b72; --good: #3fb950; --open: #d29922; --bar: #656c76; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .25rem; } h2 { font-size: 1.15rem; margin-top: 2rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; } .wide { overflow-x: auto; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; } th { color: var(--soft); font-weight: 600; }
h1.not_ready, .fail .verdict, .sufficient .verdict { color: var(--bad); } h1.ready, .pass .verdict, .ruled_out .verdict { color: var(--good); } h1.inconclusive, .inconclusive .verdict, .contributing .verdict { color: var(--open); } .verdict { font-weight: 600; }
.soft { color: var(--soft); } .headline { font-size: 1.1rem; } pre { white-space: pre-wrap; } svg { max-width: 100%; height: auto; } svg text { fill: currentColor; font: 12px system-ui, sans-serif; }
`;

export function renderHtml(report: Report): string {
  const { verdict, headline, policy, release, recommendation } = report;
  const badge = { ready: 'Ready', not_ready: 'Not ready', inconclusive: 'Inconclusive' }[verdict];
  const body = [
    `<h1 class="${verdict}">${badge}: ${text(release.name)} ${text(release.live)}</h1>`,
    `<p class="headline">${text(headline)}</p>`,
    `<p class="soft">Judged by ${text(policy.name)} (${text(policy.path)}, from ${policy.from}).</p>`,
    section(
      'What would help',
      recommendation.options.length === 0
        ? ''
        : `<ul>${recommendation.options.map(({ action, why }) => `<li><strong>${action.replaceAll('_', ' ')}</strong>: ${text(why)}.</li>`).join('')}</ul>`,
    ),
    section(
      'This change edits the policy',
      policy.difference === undefined ? '' : `<pre>${text(policy.difference, true)}</pre>`,
    ),
    section(
      'This change edits what the candidate is compared with',
      release.difference === undefined ? '' : `<pre>${text(release.difference, true)}</pre>`,
    ),
    ...byVerdict(report.checks).flatMap((check) => checkSections(check, report.release.live)),
    report.diagnosis ? trail(report.diagnosis) : '',
    provenance(report),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${badge}: ${text(release.name)} ${text(release.live)}</title>
<style>${STYLE}</style>
</head>
<body>
${body.filter((part) => part !== '').join('\n')}
</body>
</html>
`;
}

/** Text that is nothing but text. `lines`: its line breaks are kept. */
function text(value: string, lines = false): string {
  const shown = lines ? value.split('\n').map(inert).join('\n') : inert(value);
  return shown.replace(/[&<>"'`]/g, (c) => `&#${c.charCodeAt(0)};`);
}

function section(title: string, content: string): string {
  return content === '' ? '' : `<h2>${text(title)}</h2>\n${content}`;
}

/** `classes`: of each row; `marked`: the column that they colour. */
function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  classes: readonly string[] = [],
  marked = 0,
): string {
  if (rows.length === 0) return '';
  const head = header.map((cell) => `<th>${text(cell)}</th>`).join('');
  const body = rows.map((row, i) => {
    const cells = row.map((cell, j) => `<td${classes[i] && j === marked ? ' class="verdict"' : ''}>${text(cell)}</td>`);
    return `<tr${classes[i] ? ` class="${classes[i]}"` : ''}>${cells.join('')}</tr>`;
  });
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}

/** What failed first. */
function byVerdict(checks: readonly CheckReport[]): CheckReport[] {
  const order = { fail: 0, inconclusive: 1, pass: 2 };
  return checks.toSorted((a, b) => order[a.verdict] - order[b.verdict]);
}

function checkSections(check: CheckReport, live: string): string[] {
  const findings = byUrgency(check.findings.filter((f) => !isTrivial(f)));
  const judged = section(
    `${check.check}: ${plural(findings.length, 'cell')}`,
    table(
      ['verdict', 'metric', 'at', 'slice', 'measured', 'bounds', 'allowed', 'policy', 'why'],
      findings.map(findingRow),
      findings.map((f) => f.verdict),
    ),
  );
  if (check.kind === 'evidence') return [judged];
  const points = curveToShow(check);
  const first = points[0];
  return [
    first ? section(`${first.metric}, ${formatSlice(first.slice)}`, drawing(points) + curveTable(points)) : '',
    judged,
    drift(check),
    beside(check),
    tonight(check, live),
    section(
      'Version distances in production',
      table(
        ['slice', 'histogram', 'source', 'outside the sweep'],
        check.production.map(({ slice, histogram, source, uncoveredMass }) => [
          formatSlice(slice),
          formatHistogram(histogram),
          source,
          formatDelta(uncoveredMass, 'relative').replace('+', ''),
        ]),
      ),
    ),
  ];
}

function findingRow(f: Finding): string[] {
  return [
    f.level === 'warn' ? `${f.verdict} (warns)` : f.verdict,
    f.metric,
    formatDistance(f.at),
    formatSlice(f.slice),
    formatChange(f),
    formatBounds(f),
    formatMargin(f),
    formatLine(f),
    f.verdict === 'inconclusive' ? reasonOf(f) : '',
  ];
}

const WIDTH = 720;
const HEIGHT = 260;
const EDGE = { left: 70, right: 20, top: 15, bottom: 35 };

/** The curve that decided: the change with its bounds, and what age alone would cost. */
function drawing(points: readonly CurvePoint[]): string {
  const shown = points.filter((p) => Number.isFinite(p.change) && p.distance !== 'production');
  if (shown.length < 2) return '';
  const values = shown.flatMap((p) => [p.change, p.lower, p.upper, p.stale ?? 0]).filter(Number.isFinite);
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const x = (i: number) => EDGE.left + (i * (WIDTH - EDGE.left - EDGE.right)) / (shown.length - 1);
  const y = (value: number) =>
    EDGE.top + ((high - value) * (HEIGHT - EDGE.top - EDGE.bottom)) / Math.max(high - low, Number.MIN_VALUE);
  const line = (of: (p: CurvePoint) => number | null, style: string) => {
    const at = shown.flatMap((p, i) => {
      const value = of(p);
      return value === null || !Number.isFinite(value) ? [] : [`${round(x(i))},${round(y(value))}`];
    });
    return at.length < 2 ? '' : `<polyline fill="none" ${style} points="${at.join(' ')}"/>`;
  };
  const { metric, unit } = shown[0]!;
  const label = (value: number) => text(formatMetricDelta(metric, value, unit));
  const ticks = [low, 0, high].filter((value, i, all) => all.indexOf(value) === i);
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${text(metric)} by version distance">`,
    ...ticks.map(
      (value) =>
        `<line x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${round(y(value))}" y2="${round(y(value))}" stroke="var(--line)"/><text x="${EDGE.left - 8}" y="${round(y(value) + 4)}" text-anchor="end">${label(value)}</text>`,
    ),
    ...shown.map((p, i) =>
      [
        Number.isFinite(p.lower) && Number.isFinite(p.upper)
          ? `<line x1="${round(x(i))}" x2="${round(x(i))}" y1="${round(y(p.lower))}" y2="${round(y(p.upper))}" stroke="var(--bar)" stroke-width="6" opacity=".5"/>`
          : '',
        `<text x="${round(x(i))}" y="${HEIGHT - 12}" text-anchor="middle">${formatDistance(p.distance)}</text>`,
      ].join(''),
    ),
    line(
      (p) => p.stale ?? (p.distance === 0 ? 0 : null),
      'stroke="var(--soft)" stroke-width="2" stroke-dasharray="5 4"',
    ),
    line((p) => p.change, 'stroke="var(--bad)" stroke-width="2.5"'),
    '</svg>',
    '<p class="soft">Red: the change against distance 0, with its one-sided bounds. Dashed: the part that is age.</p>',
  ].join('');
}

function round(value: number): number {
  return Number(value.toFixed(2));
}

function curveTable(points: readonly CurvePoint[]): string {
  return table(
    ['distance', 'value', 'change', 'bounds', 'age', 'incompatibility', 'detectable'],
    points.map((p) => [
      formatDistance(p.distance),
      formatValue(p.value),
      formatMetricDelta(p.metric, p.change, p.unit),
      formatBounds(p),
      p.stale === null ? '–' : formatMetricDelta(p.metric, p.stale, p.unit),
      p.incompatible === null ? '–' : formatMetricDelta(p.metric, p.incompatible, p.unit),
      Number.isFinite(p.mde) ? formatMetricDelta(p.metric, p.mde, p.unit).replace('+', '') : '–',
    ]),
  );
}

function drift(check: SweepReport): string {
  const shown = driftToShow(check);
  if (!shown) return '';
  const figure = (value: number | undefined) =>
    value === undefined || !Number.isFinite(value) ? '–' : formatValue(value);
  const rows = check.drift.map((d) => [
    String(d.distance),
    ...[d.displacement, d.procrustesResidual, d.cka, d.normRatio, d.offsetSd, d.scaleRatio, d.neighbourOverlap].map(
      figure,
    ),
    ...[d.alignable?.scale, d.alignable?.orthogonal, d.alignable?.linear].map(figure),
    d.reading,
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
    'reading',
  ];
  return section('Why', `<p>Distance ${shown.distance}: ${text(shown.reading)}.</p>${table(header, rows)}`);
}

function beside(check: SweepReport): string {
  const pairs = besideToday(check);
  if (pairs.length === 0 || !check.compared) return '';
  return section(
    `Beside ${check.compared.release} ${check.compared.live}, which serves today`,
    table(
      ['metric', `change at ${formatDistance(pairs[0]!.own.distance)}`, 'of today’s family', 'gain left'],
      pairs.map(({ own, today }) => [
        own.metric,
        formatMetricDelta(own.metric, own.change, own.unit),
        formatMetricDelta(today.metric, today.change, today.unit),
        own.retainedGain ? formatRetained(own.retainedGain) : '–',
      ]),
    ),
  );
}

function tonight(check: SweepReport, live: string): string {
  const rows = tonightRows(check);
  if (rows.length === 0) return '';
  return section(
    `Against what serves tonight (${check.tonight!.version} with its own index), all rows`,
    table(tonightHeader(check, live), rows),
  );
}

function trail(diagnosis: Diagnosis): string {
  const { title, gap, rows, rest, queries } = trailOf(diagnosis);
  const cells = rows.map(({ layer, decision, share, evidence, hypothesis: { id, why, settle } }) => [
    layer,
    id,
    decision,
    share,
    why,
    settle,
    evidence,
  ]);
  const paragraph = (line: string) => `<p>${text(capital(line))}.</p>`;
  return [
    section(
      title,
      [
        ...gap.map(paragraph),
        table(
          TRAIL_HEADER,
          cells,
          rows.map(({ hypothesis }) => hypothesis.verdict),
          2,
        ),
        ...rest.map(paragraph),
      ].join(''),
    ),
    section(
      'Queries that write the evidence which is missing',
      queries.map(({ id, sql }) => `<h3>${text(id)}</h3><pre>${text(sql)}</pre>`).join(''),
    ),
  ].join('\n');
}

function provenance({ policy, release, evalSet, notices, run }: Report): string {
  const digests = release.checkpoints.map(({ tower, version, sha256 }) => [tower, version, sha256]);
  return [
    section(
      'Notes',
      notices.length === 0 ? '' : `<ul>${notices.map((notice) => `<li>${text(notice)}</li>`).join('')}</ul>`,
    ),
    section('Checkpoints', table(['tower', 'version', 'sha256'], digests)),
    `<p class="soft">${evalSet ? `${plural(evalSet.rows, 'row')}, ${plural(evalSet.positives, 'positive')}, ${plural(evalSet.queries, 'query', 'queries')}, ${plural(evalSet.items, 'item')}. ` : ''}Two-way clustered, one-sided at ${Math.round(1000 * policy.confidence) / 10} %; failures after Holm. Policy ${policy.sha256.slice(0, 12)}, release ${release.sha256.slice(0, 12)}. skewgate ${text(run.version)}.</p>`,
  ].join('\n');
}
