/** The sums of a part as a task for another thread, which reads the part by itself. */
import type { SpilledPart } from '../../data/spill/row-spill.js';
import type { Task } from '../../lib/threads.js';
import type { MetricRef } from '../metrics/registry.js';
import { type PlacedGeometry, placedGeometry, queryGeometry } from '../state/metric-parts.js';
import { type MetricName, metricOf, nameOf } from '../tabulation/tabulate-task.js';
import { binStatistics } from './bin-sum.js';
import type { OrderTables } from './order-sum.js';
import {
  type PartPlan,
  rowMetrics,
  type SummedPart,
  sumPart,
  type Weighed,
  type WeighedPart,
  weighPart,
  withPart,
} from './part-sums.js';
import { type ScoredPlan, scoredPart } from './scored-part.js';

/** The findings of the first pass, statistics of bins by the masses that they are of. */
export interface WeighedMasses extends Omit<Weighed, 'binned'> {
  /** By metric of bins: by state, shape (cells · BINS · 3). */
  readonly binned: readonly (readonly Float64Array[])[];
}

export function weighedOf(metrics: readonly MetricRef[], { binned, ...rest }: WeighedMasses): Weighed {
  const refs = rowMetrics(metrics, 'bins');
  return { ...rest, binned: binned.map((masses, n) => binStatistics(refs[n]!.metric, masses)) };
}

/** A pass over the parts, without anything that cannot be cloned. */
export interface PlainPass {
  /** Another number for every pass of a process. */
  readonly number: number;
  readonly scored: ScoredPlan;
  readonly metrics: readonly MetricName[];
  readonly plan: Omit<PartPlan, 'census'> & { readonly census: Plain<PartPlan['census']> };
  /** Undefined in the first of two passes. */
  readonly weighed: PlainWeighed | undefined;
}

type Plain<T> = Omit<T, 'geometry'> & { readonly geometry: PlacedGeometry };

interface PlainWeighed {
  readonly rankings: readonly PlacedGeometry[];
  readonly binned: WeighedMasses['binned'];
  readonly ordered: readonly OrderTables[];
}

let number = 0;

export function plainPass(
  scored: ScoredPlan,
  metrics: readonly MetricRef[],
  { census, ...plan }: PartPlan,
  weighed: WeighedMasses | undefined,
): PlainPass {
  return {
    number: ++number,
    scored,
    metrics: metrics.map(nameOf),
    plan: { ...plan, census: { ...census, geometry: placedGeometry(census.geometry) } },
    weighed: weighed && { ...weighed, rankings: weighed.rankings.map(placedGeometry) },
  };
}

/** A pass as functions take it. */
interface Pass {
  readonly scored: ScoredPlan;
  readonly metrics: readonly MetricRef[];
  readonly plan: PartPlan;
  readonly weighed: Weighed | undefined;
}

/** The pass that this thread works on. */
let current: { readonly number: number; readonly pass: Pass } | undefined;

function passOf({ number: own, scored, metrics: names, plan, weighed }: PlainPass): Pass {
  if (current?.number !== own) {
    const metrics = names.map(metricOf);
    const { census, ...rest } = plan;
    const pass = {
      scored,
      metrics,
      plan: { ...rest, census: { ...census, geometry: queryGeometry(census.geometry) } },
      weighed: weighed && weighedOf(metrics, { ...weighed, rankings: weighed.rankings.map(queryGeometry) }),
    };
    current = { number: own, pass };
  }
  return current.pass;
}

interface Asked {
  readonly pass: PlainPass;
  readonly part: SpilledPart;
}

export const WEIGH_PART: Task<Asked, WeighedPart> = {
  name: 'weigh part',
  run: ({ pass, part }) => {
    const { scored, metrics, plan } = passOf(pass);
    const read = (named: boolean) => scoredPart(scored, part, named, metrics);
    return withPart(read, (own) => weighPart(plan, own));
  },
};

export const SUM_PART: Task<Asked, SummedPart> = {
  name: 'sum part',
  run: ({ pass, part }) => {
    const { scored, metrics, plan, weighed } = passOf(pass);
    if (!weighed) throw new Error('sums before weights');
    const read = (named: boolean) => scoredPart(scored, part, named, metrics);
    return withPart(read, (own) => sumPart(plan, weighed, own));
  },
};
