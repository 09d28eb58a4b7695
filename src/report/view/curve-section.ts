/** The curve that decided, as a chart and as a table. */

import type { CurvePoint, SweepReport } from '../../checks/check-report.js';
import {
  formatBounds,
  formatDistance,
  formatMetricDelta,
  formatMetricSize,
  formatSlice,
  formatValue,
} from '../../verdict/format.js';
import { askedInWords } from './asked.js';
import { chartOf, curvesOf, isSplit } from './curves.js';
import type { ViewSection, ViewTable } from './model.js';
import { ABSENT, BOUNDS, PARTS, PARTS_MEAN } from './words.js';

/** The curve of the most urgent finding that has one. */
export function curveSection(check: SweepReport): ViewSection[] {
  const [curve] = curvesOf(check);
  const first = curve?.points[0];
  if (!curve || !first) return [];
  const chart = chartOf(curve, check.compared && nameOfToday(check.compared));
  const said = [
    ...chart.margins.map((line) => ({ text: askedInWords(line) })),
    ...(isSplit(chart) ? [{ text: PARTS_MEAN, aside: true as const }] : []),
  ];
  return [
    {
      kind: 'curve',
      title: `${first.metric}, ${formatSlice(first.slice)}`,
      blocks: [
        { kind: 'chart', chart, table: tableOf(curve.points) },
        ...(said.length > 0 ? [{ kind: 'sentences' as const, sentences: said }] : []),
      ],
    },
  ];
}

export function nameOfToday({ release, live }: NonNullable<SweepReport['compared']>): string {
  return `${release} ${live}`;
}

function tableOf(points: readonly CurvePoint[]): ViewTable {
  const titles = ['distance', 'value', 'change', BOUNDS.pass, PARTS.age, PARTS.incompatibility, 'detectable'];
  return {
    columns: titles.map((title, i) => (i === 0 ? { title } : { title, align: i === 3 ? 'right' : 'decimal' })),
    rows: points.map((p) => {
      const part = (value: number | null) => (value === null ? ABSENT : formatMetricDelta(p.metric, value, p.unit));
      const cells = [
        formatDistance(p.distance),
        formatValue(p.value),
        formatMetricDelta(p.metric, p.change, p.unit),
        formatBounds(p),
        part(p.stale),
        part(p.incompatible),
        Number.isFinite(p.mde) ? formatMetricSize(p.metric, p.mde, p.unit) : ABSENT,
      ];
      return { cells };
    }),
  };
}
