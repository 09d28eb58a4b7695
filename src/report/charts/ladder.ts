/** The ladder of maps at a distance: the share of a loss that a scale, a rotation and any linear map repair. */

import { scaleLinear } from 'd3-scale';
import type { Rung } from '../view/model.js';
import { shareTick } from './figures.js';
import { dots, line, svg, text } from './svg.js';

const WIDTH = 340;
const HEIGHT = 22;

const x = scaleLinear()
  .domain([0, 1])
  .range([10, WIDTH - 10])
  .clamp(true);

export const MAPS = ['scale', 'orthogonal', 'linear'] as const;

export function ladderRow(rung: Rung): string {
  const known = MAPS.flatMap((map) => (rung[map] === null ? [] : [{ map, share: rung[map] }]));
  const label = known.map(({ map, share }) => `${map} ${shareTick(share)}`).join(', ');
  return svg(WIDTH, HEIGHT, `distance ${rung.distance}: ${label}`, [
    line(x(0), HEIGHT / 2, x(1), HEIGHT / 2, 'ax'),
    ...known.map(({ map, share }) => dots([[x(share), HEIGHT / 2]], `l-${map}`)),
  ]);
}

export function ladderAxis(): string {
  return svg(
    WIDTH,
    18,
    'share repaired, from 0 to 100 %',
    [0, 0.25, 0.5, 0.75, 1].map((share) =>
      text(Math.min(WIDTH - 18, Math.max(12, x(share))), 13, shareTick(share), 'middle', 'soft'),
    ),
  );
}
