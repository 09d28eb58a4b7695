/** The drawing of curves as the page's script has it: bundled into `drawing.ts` by `npm run schemas`. */

import { figureOf, iconOf } from './figure.js';
import { type Packed, unpacked, unpackedTiers } from './packed.js';

export interface PackedCurve {
  readonly metric: string;
  readonly slice: string;
  readonly icon: string;
  /** The figure as HTML. */
  figure(): string;
}

/** One a curve, in their order; undefined where the page holds it drawn. */
export function curvesOf({ charts, tiers }: Packed): (PackedCurve | undefined)[] {
  const all = unpackedTiers(tiers);
  return charts.map((one) => {
    if (one === 0) return undefined;
    const chart = unpacked(one);
    return { metric: chart.metric, slice: chart.slice, icon: iconOf(chart), figure: () => figureOf(chart, all) };
  });
}
