/** Reliability diagrams by distance, and the ladder of maps. */

import { capital } from '../../lib/text.js';
import { ladderAxis, ladderRow, MAPS } from '../charts/ladder.js';
import { endOfAxes, reliabilityDiagram } from '../charts/reliability.js';
import { dots } from '../charts/svg.js';
import { escapeHtml } from '../html-text.js';
import type { Reliability, Rung } from '../view/model.js';

/** Slices whose diagrams are drawn. */
const SLICES = 6;

export function reliabilityPart(diagrams: readonly Reliability[]): string {
  const whole = diagrams.filter(({ slice }) => slice === 'all rows');
  const shown = [...whole, ...diagrams.filter((diagram) => !whole.includes(diagram))].slice(0, SLICES);
  const [first, ...others] = shown;
  if (!first) return '';
  const most = endOfAxes(shown);
  return [
    `<h2>Predicted and actual, by distance: ${escapeHtml(first.slice)}</h2>`,
    '<p class="soft">A bubble is a tenth of the predictions at distance 0, its area the share of the rows that it has at this distance; above the line more happens than is predicted.</p>',
    rowOf(first, most),
    ...(others.length === 0
      ? []
      : [
          `<details><summary>Other slices (${others.length})</summary>${others
            .map((one) => `<h3>${escapeHtml(one.slice)}</h3>${rowOf(one, most)}`)
            .join('')}</details>`,
        ]),
  ].join('\n');
}

function rowOf({ points, slice }: Reliability, most: number): string {
  const figures = points.map((point) => {
    const at = point.distance === 'production' ? 'production' : `distance ${point.distance}`;
    return `<figure><figcaption>${escapeHtml(at)}</figcaption>${reliabilityDiagram({ ...point, distance: at }, slice, most)}</figure>`;
  });
  return `<div class="grid">${figures.join('')}</div>`;
}

export function ladderPart(ladder: readonly Rung[]): string {
  const known = ladder.filter((rung) => MAPS.some((map) => rung[map] !== null));
  const [first] = known;
  if (!first) return '';
  const legend = MAPS.map(
    (map) =>
      `<li><svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">${dots([[7, 7]], `l-${map}`)}</svg>${
        { scale: 'one scale', orthogonal: 'an orthogonal map', linear: 'any linear map' }[map]
      }</li>`,
  );
  const rows = known.map(
    (rung) => `<tr><th scope="row">distance ${escapeHtml(rung.distance)}</th><td>${ladderRow(rung)}</td></tr>`,
  );
  return (
    `<h3>${escapeHtml(capital(`share of ${first.of}, on all rows, that a map between the versions repairs`))}</h3>` +
    `<ul class="legend">${legend.join('')}</ul>` +
    '<table class="ladder forest"><caption class="vh">Share repaired by map and distance</caption>' +
    `<tbody>${rows.join('')}<tr><th scope="row"><span class="vh">scale</span></th><td>${ladderAxis()}</td></tr></tbody></table>`
  );
}
