/** Curves as few bytes: columns of whole numbers, as fine as a screen shows them. */

import type { Chart, ChartPoint, MarginLine, Tier } from '../view/model.js';

/** In units of the chart; null where the figure is not known. */
type Figure = number | null;
type PackedMargin = readonly [allowed: string, line: string, upper: Figure, lower: Figure, at: readonly string[]];

export type PackedChart = readonly [
  metric: string,
  slice: string,
  mark: NonNullable<Chart['mark']> | '',
  percent: 0 | 1,
  what: string,
  nameOfToday: string,
  /** A unit in the chart's own. */
  unit: number,
  margins: readonly PackedMargin[],
  /** Production's label. */
  label: string,
  distances: readonly string[],
  change: readonly Figure[],
  lower: readonly Figure[],
  upper: readonly Figure[],
  age: readonly Figure[],
  /** Left out, 0, where it is the change without the part that is age. */
  incompatibility: readonly Figure[] | 0,
  /** 0 where no family serves today. */
  today: readonly Figure[] | 0,
];

/** Curves and tiers as the page's script reads them. */
export interface Packed {
  /** One a curve, in their order; 0 stands for one that the page holds drawn. */
  readonly charts: readonly (PackedChart | 0)[];
  readonly tiers: readonly (readonly [name: string, shares: readonly (readonly [string, number])[]])[];
}

/** Units of the largest change of a chart, which is some hundred pixels high. */
const UNITS = 2000;

/** Only what is drawn. */
export function packed(chart: Chart): PackedChart {
  const { metric, slice, mark = '', percent, what, today = '', margins, points } = chart;
  const largest = Math.max(...points.map(({ change }) => Math.abs(change)).filter(Number.isFinite));
  const unit = Number(((largest > 0 ? largest : 1) / UNITS).toPrecision(3));
  const figure = (value: number | null | undefined): Figure =>
    value === null || value === undefined || !Number.isFinite(value) ? null : Math.round(value / unit);
  const column = (of: (point: ChartPoint) => number | null) => points.map((point) => figure(of(point)));
  const change = column((point) => point.change);
  const age = column((point) => point.age);
  const incompatibility = column((point) => point.incompatibility);
  const beside = column((point) => point.today);
  return [
    metric,
    slice,
    mark,
    percent ? 1 : 0,
    what,
    today,
    unit,
    margins.map(({ allowed, line, upper, lower, at }) => [allowed, line, figure(upper), figure(lower), at]),
    points.find(({ pure }) => !pure)?.label ?? '',
    points.map(({ distance }) => distance),
    change,
    column((point) => point.lower),
    column((point) => point.upper),
    age,
    incompatibility.every((value, i) => isRest(value, change[i] ?? null, age[i] ?? null)) ? 0 : incompatibility,
    beside.every((value) => value === null) ? 0 : beside,
  ];
}

/** True of a part that is the change without the other part, but for their rounding. */
function isRest(value: Figure, change: Figure, age: Figure): boolean {
  if (value === null) return age === null;
  return change !== null && age !== null && Math.abs(change - age - value) <= 1;
}

export function packedTiers(tiers: readonly Tier[]): Packed['tiers'] {
  return tiers.map(({ name, shares }) => [name, [...shares]]);
}

export function unpackedTiers(tiers: Packed['tiers']): Tier[] {
  return tiers.map(([name, shares]) => ({ name, shares: new Map(shares) }));
}

/** A chart of which all that is drawn is as it was. */
export function unpacked(packed: PackedChart): Chart {
  const [metric, slice, mark, percent, what, nameOfToday, unit, margins, label, distances, ...columns] = packed;
  const [change, lower, upper, age, incompatibility, today] = columns;
  const value = (figure: Figure | undefined) => (figure === null || figure === undefined ? null : figure * unit);
  const points = distances.map((distance, i): ChartPoint => {
    const [all, part] = [value(change[i]), value(age[i])];
    const rest = all === null || part === null ? null : all - part;
    return {
      distance,
      pure: distance !== PRODUCTION,
      change: all ?? Number.NaN,
      lower: value(lower[i]) ?? Number.NaN,
      upper: value(upper[i]) ?? Number.NaN,
      age: part,
      incompatibility: incompatibility === 0 ? rest : value(incompatibility[i]),
      today: today === 0 ? null : value(today[i]),
      label: distance === PRODUCTION ? label : '',
      bounds: '',
      split: '',
    };
  });
  return {
    metric,
    slice,
    ...(mark === '' ? {} : { mark }),
    percent: percent === 1,
    what,
    ...(nameOfToday === '' ? {} : { today: nameOfToday }),
    margins: margins.map((margin) => marginOf(margin, value)),
    points,
    bound: 'upper',
    ticks: [],
    parts: { age: '', incompatibility: '' },
  };
}

/** As `formatDistance` writes it. */
const PRODUCTION = 'production';

function marginOf(
  [allowed, line, upper, lower, at]: PackedMargin,
  value: (figure: Figure) => number | null,
): MarginLine {
  const [above, below] = [value(upper), value(lower)];
  return {
    allowed,
    line,
    ...(above === null ? {} : { upper: above }),
    ...(below === null ? {} : { lower: below }),
    at,
  };
}
