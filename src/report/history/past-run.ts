/** Report → what a history shows of its run. Every figure is the report's own, or its view's. */

import { type CheckReport, type Finding, type SweepReport, sweepsOf } from '../../checks/check-report.js';
import { scaleOf } from '../../estimation/metrics/registry.js';
import { LOG_RATIO } from '../../estimation/metrics/scale.js';
import { formatBounded, formatBounds, formatChange, formatMargin, formatMetric } from '../../verdict/format.js';
import type { Report } from '../../verdict/report-object.js';
import { cellsOf } from '../view/cell-rows.js';
import { chartOf, curvesOf } from '../view/curves.js';
import type { Chart } from '../view/model.js';
import { typesetAll } from '../view/typography.js';
import { waivedOf } from '../view/waivers.js';
import type { FoundReport } from './collect.js';
import type { PastChange, PastCoverage, PastGap, PastLevel, PastMeasure, PastRun, Worst } from './model.js';

export function pastRunOf({ path, report }: FoundReport): PastRun {
  const { verdict, headline, run, release, policy, checks } = report;
  const sweeps = sweepsOf(checks);
  const worst = worstOf(checks);
  const coverage = coverageOf(sweeps);
  const gap = gapOf(report);
  return {
    path,
    startedAt: run.startedAt,
    live: release.live,
    verdict,
    policySha256: policy.sha256,
    waivers: (report.waivers ?? []).map((waiver) => {
      const { state, owner, until, reason, findings: cells } = waiver;
      return { state, what: waivedOf(waiver), owner, until, reason, cells };
    }),
    ...typesetAll({
      headline,
      ...(worst ? { worst } : {}),
      changes: sweeps.flatMap(changesOf),
      levels: sweeps.flatMap(levelsOf),
      evidence: checks.flatMap(measuresOf),
      ...(coverage ? { coverage } : {}),
      ...(gap ? { gap } : {}),
    }),
  };
}

function worstOf(checks: readonly CheckReport[]): Worst | undefined {
  const cell = cellsOf(checks).find(({ required }) => required);
  if (!cell) return undefined;
  const { metric, where, allowed, used, usedInWords } = cell;
  const { value, least, most } = used;
  return { cell: `${metric}${where}`, allowed, used: value, least, most, text: usedInWords };
}

function isWhole({ slice }: Pick<Finding, 'slice'>): boolean {
  return Object.keys(slice).length === 0;
}

function changesOf(sweep: SweepReport): PastChange[] {
  const curves = curvesOf(sweep).filter(({ points }) => points.some(isWhole));
  return curves.flatMap((curve) => {
    const chart = chartOf(curve, undefined);
    return (['1', 'production'] as const).flatMap((at) => changeAt(chart, at, curve.findings));
  });
}

function changeAt(
  { metric, percent, points, margins }: Chart,
  at: PastChange['at'],
  findings: readonly Finding[],
): PastChange[] {
  const point = points.find(({ distance }) => distance === at);
  if (!point || !Number.isFinite(point.change)) return [];
  const margin = margins.find((line) => line.at.includes(at));
  const verdict = findings.find((finding) => String(finding.at) === at)?.verdict;
  return [
    {
      metric,
      at,
      percent,
      change: point.change,
      lower: point.lower,
      upper: point.upper,
      text: point.label,
      bounds: point.bounds,
      ...(verdict ? { verdict } : {}),
      ...(margin ? { allowed: margin.allowed } : {}),
      ...(margin?.upper === undefined ? {} : { most: margin.upper }),
      ...(margin?.lower === undefined ? {} : { least: margin.lower }),
    },
  ];
}

/** A metric that is itself a change against distance 0 has none. */
function levelsOf({ curve }: SweepReport): PastLevel[] {
  const whole = curve.filter((point) => isWhole(point) && scaleOf(point.metric) !== LOG_RATIO);
  return [...new Set(whole.map(({ metric }) => metric))].map((metric) => {
    const at = (distance: 0 | 'production') =>
      whole.find((point) => point.metric === metric && point.distance === distance);
    return {
      metric,
      aligned: at(0)?.value ?? at('production')?.atZero ?? Number.NaN,
      production: at('production')?.value ?? Number.NaN,
    };
  });
}

/** Findings of checks on evidence alone: those of a sweep are changes. */
function measuresOf(check: CheckReport): PastMeasure[] {
  if (check.kind === 'sweep') return [];
  return check.findings.filter(isWhole).map((finding) => {
    const { operator, margin, judged, value, change, lower, upper, verdict } = finding;
    const bounded = judged === 'value';
    return {
      check: check.check,
      metric: formatMetric(finding),
      value: bounded ? value : change,
      lower,
      upper,
      text: formatChange(finding),
      bounds: formatBounds(finding),
      verdict,
      allowed: formatMargin(finding),
      ...(operator === 'max' || operator === 'max_increase' || operator === 'max_change' ? { most: margin } : {}),
      ...(operator === 'min' ? { least: margin } : {}),
      ...(operator === 'max_decrease' || operator === 'max_change' ? { least: -margin } : {}),
    };
  });
}

function coverageOf(sweeps: readonly SweepReport[]): PastCoverage | undefined {
  if (sweeps.length === 0) return undefined;
  const production = sweeps.flatMap((sweep) => sweep.production);
  return {
    rows: Math.min(1, ...sweeps.flatMap(({ coverage }) => coverage.map(({ share }) => share))),
    mass: production.length === 0 ? Number.NaN : 1 - Math.max(...production.map(({ uncoveredMass }) => uncoveredMass)),
  };
}

function gapOf({ diagnosis }: Report): PastGap | undefined {
  const gap = diagnosis?.gap;
  if (!diagnosis || !gap) return undefined;
  // Bars may be in the unit of the online metric; parts of the gap are in the ledger's.
  const steps = new Set(diagnosis.waterfall?.bars.filter(({ kind }) => kind === 'step').map(({ id }) => id));
  return {
    words: gap.words,
    value: gap.value,
    lower: gap.lower,
    upper: gap.upper,
    offline: gap.offline.value,
    online: gap.online.value,
    text: formatBounded(gap),
    causes: diagnosis.hypotheses.flatMap(({ id, verdict, contribution, share }) =>
      steps.has(id) && contribution !== null ? [{ id, verdict, contribution, share }] : [],
    ),
    unexplained: diagnosis.residual?.value ?? Number.NaN,
  };
}
