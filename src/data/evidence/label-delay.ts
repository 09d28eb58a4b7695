/**
 * The time that labels take, and how many have not come yet: a row whose label is still to come stands as a negative,
 * which no check on the ledger can tell from one.
 */

import { countBelow, countThrough } from '../../lib/ordered.js';
import { elapsed, type Times } from './times.js';

/** Positives by which delays are told. Judgement of this project. */
const FEWEST = 100;
/** A share of the positives that still waits for its label is said from here on. Judgement of this project. */
const WAITS = 0.01;
const YOUNGEST = 0.1;

export interface LabelDelay {
  /** Times after their event by which half, and 95 %, of the labels that come at all are known. */
  readonly half: number;
  readonly most: number;
  /** Share of the positives that have not come yet, of all rows and of the youngest tenth; NaN where none can tell. */
  readonly waiting: number;
  readonly waitingYoungest: number;
  /** The span of the events, in the same unit: longer delays are not known of. */
  readonly span: number;
}

/**
 * Delays of positives are right-truncated: of a young event only a short one can have been seen. Their distribution is
 * estimated in reversed time (Lagakos, Barraj & De Gruttola 1988),
 *
 *     F(t) = Π_{u > t} (1 - n(u) / N(u)),   N(u) = #{delay ≤ u ≤ age},
 *
 * n(u) being the positives with delay u, an age counting to the ledger's latest time. A positive of age a then stands
 * for 1/F(a) of which the others have not come yet. Undefined where there are too few.
 */
export function labelDelay(
  event: Times,
  labelled: Times,
  label: Float64Array,
  missing: Uint8Array,
): LabelDelay | undefined {
  const rows = Array.from(label.keys());
  const latest = rows.reduce((best, r) => Math.max(best, elapsed(event, 0, event, r)), 0);
  const known = rows.filter((r) => missing[r] === 0);
  const asOf = known.reduce((best, r) => Math.max(best, elapsed(event, 0, labelled, r)), latest);
  const age = Float64Array.from(rows, (r) => asOf - elapsed(event, 0, event, r));
  const positives = known.filter((r) => label[r]! > 0);
  if (positives.length < FEWEST) return undefined;
  const delay = Float64Array.from(positives, (r) => elapsed(event, r, labelled, r));
  const arrived = distributionOf(
    delay,
    Float64Array.from(positives, (r) => age[r]!),
  );
  const waitingOf = (own: readonly number[]) => {
    const expected = own.reduce((sum, r) => sum + 1 / arrived.at(age[r]!), 0);
    return Number.isFinite(expected) ? 1 - own.length / expected : Number.NaN;
  };
  const young = age.toSorted()[Math.floor(YOUNGEST * rows.length)]!;
  return {
    half: arrived.quantile(0.5),
    most: arrived.quantile(0.95),
    waiting: waitingOf(positives),
    waitingYoungest: waitingOf(positives.filter((r) => age[r]! <= young)),
    span: age.reduce((best, a) => Math.max(best, a), 0),
  };
}

/** The distribution of delays that are seen only where they are at most the age. */
function distributionOf(delay: Float64Array, age: Float64Array) {
  const [delays, ages] = [delay.toSorted(), age.toSorted()];
  const steps: { readonly from: number; readonly share: number }[] = [];
  let share = 1;
  for (let i = delays.length - 1; i >= 0; ) {
    const u = delays[i]!;
    let first = i;
    while (first > 0 && delays[first - 1] === u) first--;
    steps.push({ from: u, share });
    // As no delay is longer than its age, those that end before u are not at risk there.
    const atRisk = i + 1 - countBelow(ages, u);
    share *= 1 - (i + 1 - first) / atRisk;
    i = first - 1;
  }
  steps.reverse();
  const from = Float64Array.from(steps, (step) => step.from);
  return {
    /** Share of the labels that are known at an age; 0 where none can be. */
    at: (t: number): number => steps[countThrough(from, t) - 1]?.share ?? 0,
    quantile: (q: number): number => steps.find((step) => step.share >= q)?.from ?? Number.NaN,
  };
}

const HOUR = 3_600_000;

/** `2.1 days`, `3.5 hours`; of numbers in a unit of their own `3600 in the unit of event_ts`. */
function durationOf(value: number, inMilliseconds: boolean): string {
  const three = (x: number) => String(Number(x.toPrecision(3)));
  if (!inMilliseconds) return `${three(value)} in the unit of event_ts`;
  const [size, unit] = value >= 24 * HOUR ? [24 * HOUR, 'days'] : [HOUR, 'hours'];
  return `${three(value / size)} ${unit}`;
}

const percent = (share: number) => `${Number((100 * share).toPrecision(2))} %`;

/** Says how old labels are, and whether the youngest rows still wait for theirs. */
export function delayInWords(
  { half, most, waiting, waitingYoungest, span }: LabelDelay,
  file: string,
  inMilliseconds: boolean,
): string {
  const duration = (value: number) => durationOf(value, inMilliseconds);
  const known =
    `${file}: half of the positives are known ${duration(half)} after their event, 95 % after ${duration(most)}` +
    ` (of delays up to ${duration(span)}, which is as far as its events go back)`;
  if (Number.isNaN(waiting) || Number.isNaN(waitingYoungest))
    return `${known}; how many have not come yet cannot be told, as its events are too young for that.`;
  if (waiting < WAITS && waitingYoungest < WAITS) return `${known}; next to none have not come yet.`;
  return (
    `${known}; about ${percent(waiting)} of them have not come yet, and ${percent(waitingYoungest)} of those of ` +
    'the youngest tenth of its rows, which stand as negatives: leave out the rows that are younger than their labels take.'
  );
}
