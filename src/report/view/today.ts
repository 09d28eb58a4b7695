/** The candidate beside the family that serves today, and against the version before it. */

import type { CurvePoint, Distance, SweepReport } from '../../checks/check-report.js';
import { formatMetricDelta, formatRetained, formatTonight, formatValue } from '../../verdict/format.js';
import type { ViewSection } from './model.js';
import { ABSENT, nameOfDistance } from './words.js';

/**
 * The candidate at production (without it: at distance 1) beside the family that serves today, over all rows: one
 * entry a metric.
 */
function besideToday(check: SweepReport): readonly { own: CurvePoint; today: CurvePoint }[] {
  const { compared } = check;
  if (!compared) return [];
  const at: Distance = check.production.length > 0 ? 'production' : 1;
  const here = (point: CurvePoint) => point.distance === at && Object.keys(point.slice).length === 0;
  return check.curve.filter(here).flatMap((own) => {
    const today = compared.curve.find((point) => here(point) && point.metric === own.metric);
    return today ? [{ own, today }] : [];
  });
}

export function besideSection(check: SweepReport): ViewSection[] {
  const { compared } = check;
  const [first, ...others] = besideToday(check);
  if (!compared || !first) return [];
  const rows = [first, ...others].map(({ own, today }) => ({
    cells: [
      own.metric,
      formatMetricDelta(own.metric, own.change, own.unit),
      formatMetricDelta(today.metric, today.change, today.unit),
      own.retainedGain ? formatRetained(own.retainedGain) : ABSENT,
    ],
  }));
  const at = nameOfDistance(first.own.distance);
  const titles = ['metric', `change at ${at}`, 'of today’s family', 'gain over today that is left'];
  return [
    {
      kind: 'beside',
      title: `Beside ${compared.release} ${compared.live}, which serves today`,
      blocks: [{ kind: 'table', table: { columns: titles.map((title) => ({ title })), rows } }],
    },
  ];
}

/**
 * The promoted version against the one before it with its own index. Where the release names what serves today
 * (`compare_with`, be it this version or another family) nothing is said of what serves or of what is forgone: that
 * stands beside it. Where it names nothing, the version before is what serves.
 */
export function tonightSection({ tonight, compared }: SweepReport, live: string): ViewSection[] {
  if (!tonight || tonight.entries.length === 0) return [];
  const { version, at } = tonight;
  const where = at === 'production' ? 'production’s index' : 'an index one version older';
  const own = `${live} with its own index`;
  const titles = ['metric', version, `${live} with ${where}`, compared ? own : `${own}: forgone by not promoting`];
  const rows = tonight.entries.map((entry) => {
    const { now, own } = formatTonight(entry);
    return { cells: [entry.metric, formatValue(entry.served), now, own] };
  });
  const before = compared ? 'the version before it' : 'which serves today';
  return [
    {
      kind: 'tonight',
      title: `Against ${version} with its own index (${before}), all rows`,
      blocks: [{ kind: 'table', table: { columns: titles.map((title) => ({ title })), rows } }],
    },
  ];
}
