/** Did the treatment answer later? Percentiles of both arms at every tower and stage in words, and as an acquittal. */

import { interval } from '../../estimation/statistics/noninferiority.js';
import { list } from '../../lib/text.js';
import type { Acquittal } from '../evidence-check.js';
import { type Compared, figure } from '../measurement.js';
import { placeOf } from './latency.js';

/**
 * A percentile that is later by at most this share of the control's is none to speak of: a histogram of usual buckets
 * knows it up to a tenth on either side. Judgement of this project.
 */
const LATER = 0.25;

/** p50, p90 and p99 of both arms, one fact for every tower and stage; where p99 grew most first. */
export function latencyFacts(late: readonly Compared[]): string[] {
  return placesOf(late)
    .toSorted((a, b) => growth(b) - growth(a))
    .map((own) => {
      const shown = (of: (m: Compared) => number) => own.map((m) => figure(of(m))).join(' / ');
      return `latency p50 / p90 / p99 at ${placeAt(own[0]!)} ${shown(before)} ms in control and ${shown(after)} ms in treatment`;
    });
}

interface Punctual {
  readonly acquittal: Required<Acquittal>;
  readonly facts: readonly string[];
}

/**
 * The condition under which failures that cost next to nothing are ruled out: at every tower and stage no percentile of
 * latency is later by a quarter or more, by its bound.
 *
 * @param places towers and stages whose failures were counted
 */
export function punctual(late: readonly Compared[], places: readonly Compared[], confidence: number): Punctual {
  const suspicion = (acquits: string, ...facts: string[]): Punctual => ({
    acquittal: { innocent: false, acquits },
    facts,
  });
  const measured = new Set(late.map(placeAt));
  const missing = [...new Set(places.map(placeAt))].filter((place) => !measured.has(place));
  if (missing.length > 0) {
    const at = late.length > 0 ? ` at ${list(missing, 4)}` : ' of both arms at every tower and stage';
    return suspicion(`a table latency${at}`, `latency is not known${late.length > 0 ? at : ''}`);
  }
  const suspect = late.filter((m) => !isSmall(m, confidence));
  if (suspect.length === 0) return { acquittal: { innocent: true, acquits: '' }, facts: [] };
  const later = suspect.filter(
    ({ change, open }) =>
      open === undefined && change.relative.value >= LATER && interval(change.relative, confidence).lower > 0,
  );
  const worst = (later.length > 0 ? later : suspect).toSorted(
    (a, b) => b.change.relative.value - a.change.relative.value,
  )[0]!;
  const at = `${percentileOf(worst)} at ${placeAt(worst)}`;
  if (later.length === 0)
    return suspicion(`more requests with their latency, or finer buckets: ${at} is not known well enough`);
  const more = later.length > 1 ? `, and ${later.length - 1} more percentiles` : '';
  return suspicion(
    `an A/B in which the treatment answers as soon as control at ${list([...new Set(later.map(placeAt))], 4)}`,
    `the treatment answers later: ${at} ${figure(before(worst))} ms in control and ${figure(after(worst))} ms in ` +
      `treatment${more}`,
  );
}

function isSmall({ change, open }: Compared, confidence: number): boolean {
  if (open !== undefined) return false;
  // Of a control that answers in 0 ms there is no share.
  return interval(change.relative, confidence).upper < LATER || interval(change.absolute, confidence).upper <= 0;
}

const placeAt = ({ slice }: Compared): string => placeOf(Object.values(slice));
const percentileOf = ({ metric }: Compared): string => metric.replace('latency_', '');
const after = ({ value }: Compared): number => value.value;
const before = ({ value, change }: Compared): number => value.value - change.absolute.value;

/** The percentiles of each tower and stage, in their order. */
function placesOf(late: readonly Compared[]): Compared[][] {
  const places = new Map<string, Compared[]>();
  for (const m of late) places.set(placeAt(m), [...(places.get(placeAt(m)) ?? []), m]);
  return [...places.values()];
}

/** The relative growth of p99, of a latency without bounds the least. */
function growth(own: readonly Compared[]): number {
  const p99 = own.find(({ metric }) => metric === 'latency_p99')?.change.relative.value;
  return p99 !== undefined && Number.isFinite(p99) ? p99 : Number.NEGATIVE_INFINITY;
}
