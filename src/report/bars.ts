/** A curve in characters: signed bars, split into the part that is age and the part that is incompatibility. */

import { pad, widthOf, wrap } from './columns.js';
import type { Paint } from './paint.js';
import { isSplit } from './view/curves.js';
import type { Chart, ChartPoint } from './view/model.js';
import { PARTS_MEAN } from './view/words.js';

/** Characters of all bars of a chart at most, and at least. */
const MOST = 40;
const LEAST = 10;
const FILLED = { age: '▒', rest: '█' } as const;

/** Parts of one sign follow each other from 0 on, age first; others stand on either side. */
interface Sides {
  readonly below: readonly Part[];
  readonly above: readonly Part[];
}

interface Part {
  readonly size: number;
  readonly filled: string;
}

/** @param width columns of the terminal */
export function bars({ points, parts, margins, metric }: Chart, paint: Paint, width: number): string[] {
  const split = isSplit({ points });
  const sides = points.map(sidesOf);
  const [low, high] = [sides.map(({ below }) => total(below)), sides.map(({ above }) => total(above))].map((sizes) =>
    Math.max(0, ...sizes.filter(Number.isFinite)),
  ) as [number, number];
  const names = Math.max(...points.map(({ distance }) => distance.length));
  const labels = Math.max(...points.map(({ label }) => widthOf(label)));
  const room = Math.max(LEAST, Math.min(MOST, width - names - labels - 8));
  const scale = (size: number) => Math.round((room * size) / Math.max(low + high, Number.MIN_VALUE)) || 0;
  const left = scale(low);
  const lines = points.map(({ distance, label, split: words }, i) => {
    const { below, above } = sides[i] ?? { below: [], above: [] };
    const bar = `${pad(filled(below, scale).reverse().join(''), left, 'left')}│${pad(filled(above, scale).join(''), room - left)}`;
    const line = `  ${pad(distance, names, 'left')} ${bar} ${pad(label, labels, 'left')}`;
    return widthOf(line) + widthOf(words) + 2 <= width && words !== ''
      ? `${line}  ${paint.dim(words)}`
      : line.trimEnd();
  });
  const told = [
    ...(split ? [`${FILLED.age} ${parts.age}, ${FILLED.rest} ${parts.incompatibility}`] : [`${FILLED.rest} ${metric}`]),
    ...margins.map(({ allowed, at }) => `${allowed} is asked at ${at.join(', ')}`),
  ].join('; ');
  const meant = split ? [`  ${PARTS_MEAN}`] : [];
  return [...lines, ...[`  ${told}`, ...meant].flatMap((line) => wrap(line, width, '  ')).map(paint.dim)];
}

/** Characters of the parts, from 0 on: each ends where all up to it end, so that rounding adds up. */
function filled(parts: readonly Part[], scale: (size: number) => number): string[] {
  return parts.map(({ size, filled: character }, i) => {
    const before = total(parts.slice(0, i));
    return character.repeat(scale(before + size) - scale(before));
  });
}

function total(parts: readonly Part[]): number {
  return parts.reduce((sum, { size }) => sum + size, 0);
}

function sidesOf({ change, age, incompatibility }: ChartPoint): Sides {
  const known =
    age !== null && incompatibility !== null
      ? [
          { value: age, filled: FILLED.age },
          { value: incompatibility, filled: FILLED.rest },
        ]
      : [{ value: change, filled: FILLED.rest }];
  const side = (sign: 1 | -1) =>
    known.flatMap(({ value, filled }) => (sign * value > 0 ? [{ size: Math.abs(value), filled }] : []));
  return { below: side(-1), above: side(1) };
}
