/** Production's shares by version distance: one bar a tier, under the axis of a curve. */

import { scaleLinear } from 'd3-scale';
import type { PlacedTier } from '../view/tiers.js';
import { shareTick } from './figures.js';
import { cut, line, rect, text } from './svg.js';

/** Tiers that are told apart by colour; the others are counted. */
const SHOWN = 5;

interface Place {
  readonly x: (distance: string) => number;
  readonly half: number;
  readonly pure: readonly { readonly distance: string }[];
  readonly end: number;
  readonly narrow: boolean;
  readonly top: number;
  readonly height: number;
}

export function histogram(
  tiers: readonly PlacedTier[],
  { x, half, pure, end, narrow, top, height }: Place,
  { left, right }: { readonly left: number; readonly right: number },
): string {
  const shown = tiers.slice(0, SHOWN);
  const distances = new Set(pure.map(({ distance }) => distance));
  const largest = Math.max(...shown.flatMap(({ shares }) => [...shares.values()]), 0.01);
  const y = scaleLinear()
    .domain([0, largest])
    .range([top + height, top + 14]);
  const width = Math.max(1.5, Math.min(16, (1.6 * half) / shown.length));
  const bars = shown.flatMap(({ shares, place }, i) =>
    [...shares].flatMap(([distance, share]) =>
      distances.has(distance) && share > 0
        ? [
            rect(
              x(distance) + width * (i - shown.length / 2),
              y(share),
              width - 1,
              y(0) - y(share),
              `tier${place % SHOWN}`,
            ),
          ]
        : [],
    ),
  );
  return [
    line(left, y(0), end, y(0), 'zero'),
    text(left - 6, y(largest) + 4, shareTick(largest), 'end'),
    text(left - 6, y(0) + 4, shareTick(0), 'end'),
    ...bars,
    ...(narrow ? [] : legend(shown, tiers.length, end + 8, top, right)),
  ].join('');
}

function legend(shown: readonly PlacedTier[], all: number, at: number, top: number, room: number): string[] {
  const rows = shown.map(({ name, place }, i) => {
    const y = top + 10 + 15 * i;
    return rect(at, y - 8, 9, 9, `tier${place % SHOWN}`) + text(at + 14, y, cut(name, room - 24));
  });
  return all > shown.length ? [...rows, text(at, top + 10 + 15 * shown.length, `${all - shown.length} more`)] : rows;
}
