// docs/skew.svg: which versions meet offline and in production, and what that costs the example's two families. A pure
// function of their reports.

const WIDTH = 880;
const HEIGHT = 340;
const STYLE = `
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
  .title { font-size: 15px; font-weight: 600; }
  .faint { fill: #59636e; font-size: 12px; }
  .axis { stroke: #59636e; stroke-width: 1; }
  .aligned { stroke: #59636e; stroke-width: 1.5; stroke-dasharray: 4 4; fill: none; }
  .served { stroke: #0969da; fill: none; stroke-opacity: 0.75; }
  .tower { fill: #0969da; }
  .share { fill: #0969da; fill-opacity: 0.18; }
  .warm { stroke: #1a7f37; } .scratch { stroke: #cf222e; }
  .warm, .scratch { fill: none; stroke-width: 2.5; }
  .warm-text { fill: #1a7f37; } .scratch-text { fill: #cf222e; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .faint { fill: #9198a1; }
    .axis, .aligned { stroke: #9198a1; }
    .served { stroke: #4493f8; } .tower { fill: #4493f8; } .share { fill: #4493f8; }
    .warm { stroke: #3fb950; } .scratch { stroke: #f85149; }
    .warm-text { fill: #3fb950; } .scratch-text { fill: #f85149; }
  }`;

const at = (value) => Number(value.toFixed(1));
const text = (x, y, content, attributes = '') => `<text x="${at(x)}" y="${at(y)}"${attributes}>${content}</text>`;
const middle = ' text-anchor="middle"';
const percent = (share) => `${Math.round(100 * share)} %`;

/** Production's shares by distance, over all slices weighed alike, of a report. */
function sharesOf({ checks: [{ production }] }) {
  const shares = new Map();
  for (const { histogram } of production)
    for (const [distance, share] of Object.entries(histogram))
      shares.set(Number(distance), (shares.get(Number(distance)) ?? 0) + share / production.length);
  return shares;
}

/** Change of the log loss by swept distance, as [distance, change]. */
function changesOf({ checks: [{ curve }] }) {
  const points = curve.filter(
    ({ metric, slice, distance }) =>
      metric === 'log_loss' && Object.keys(slice).length === 0 && typeof distance === 'number',
  );
  return points.map(({ distance, change }) => [distance, change]).sort(([a], [b]) => a - b);
}

/** The pairs that meet: one offline, a pair for each version that the index holds in production. */
function pairs(live, shares) {
  const number = Number(live.replace(/\D/g, ''));
  const place = (distance) => 330 - distance * 110;
  const [query, item] = [118, 238];
  const lines = [...shares].map(
    ([distance, share]) =>
      `<line class="served" x1="${place(0)}" y1="${query}" x2="${place(distance)}" y2="${item}" stroke-width="${at(1.5 + 14 * share)}"/>`,
  );
  const indexed = [...shares].map(
    ([distance, share]) =>
      `<circle class="tower" cx="${place(distance)}" cy="${item}" r="${at(6 + 14 * Math.sqrt(share))}"/>` +
      text(place(distance), item + 36, `v${number - distance}`, middle) +
      text(place(distance), item + 53, `distance ${distance}: ${percent(share)}`, `${middle} class="faint"`),
  );
  return [
    text(16, 28, 'Which versions meet', ' class="title"'),
    text(16, 48, 'The query tower is live at once; the index is as old as its build.', ' class="faint"'),
    text(16, query + 4, 'query tower'),
    text(16, item + 4, 'item index'),
    ...lines,
    ...indexed,
    `<circle class="tower" cx="${place(0)}" cy="${query}" r="12"/>`,
    text(place(0), query - 22, `${live}, live`, middle),
    `<rect class="aligned" x="${place(0) - 32}" y="${query - 40}" width="64" height="${item - query + 80}" rx="8"/>`,
    text(place(0) + 40, 178, 'offline', ' class="faint"'),
    text(place(0) + 40, 194, 'this pair', ' class="faint"'),
    text(place(0) + 40, 210, 'alone', ' class="faint"'),
  ];
}

/** The curve of both families over the distance, above production's shares. */
function costs(warm, scratch, shares) {
  const [left, right, top, bottom] = [505, 785, 78, 288];
  const [first, last] = [-1, 5];
  const highest = 0.18;
  const x = (distance) => left + ((distance - first) / (last - first)) * (right - left);
  const y = (change) => bottom - (change / highest) * (bottom - top);
  const line = (points, name) =>
    `<polyline class="${name}" points="${points.map(([distance, change]) => `${at(x(distance))},${at(y(change))}`).join(' ')}"/>`;
  const bars = [...shares].map(([distance, share]) => {
    const height = share * (bottom - top);
    return `<rect class="share" x="${at(x(distance) - 17)}" y="${at(bottom - height)}" width="34" height="${at(height)}"/>`;
  });
  const ticks = Array.from({ length: last - first + 1 }, (_, i) =>
    text(x(first + i), bottom + 18, String(first + i).replace('-', '−'), `${middle} class="faint"`),
  );
  const levels = [0, 0.05, 0.1, 0.15].map((level) =>
    text(left - 26, y(level) + 4, `${level === 0 ? '' : '+'}${percent(level)}`, ' text-anchor="end" class="faint"'),
  );
  const end = (points) => points.at(-1)[1];
  return [
    text(450, 28, 'What it costs', ' class="title"'),
    text(450, 48, 'Log loss against distance 0; bars: production’s share of each distance', ' class="faint"'),
    ...bars,
    `<line class="axis" x1="${left - 20}" y1="${bottom}" x2="${right + 20}" y2="${bottom}"/>`,
    ...levels,
    ...ticks,
    text((left + right) / 2, bottom + 38, 'version distance', `${middle} class="faint"`),
    line(scratch, 'scratch'),
    line(warm, 'warm'),
    text(right + 8, y(end(scratch)) + 4, 'retrained', ' class="scratch-text"'),
    text(right + 8, y(end(scratch)) + 20, 'from scratch', ' class="scratch-text"'),
    text(right + 8, y(end(warm)) - 18, 'warm start', ' class="warm-text"'),
  ];
}

/** The picture of two reports of the same policy. */
export function skewPicture(warm, scratch) {
  const shares = sharesOf(warm);
  const shown = new Map([...shares].filter(([, share]) => share >= 0.01));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">`,
    '<title>Version skew: which versions of two towers meet, and what that costs two families of towers</title>',
    `<style>${STYLE}\n</style>`,
    ...pairs(warm.release.live, shown),
    ...costs(changesOf(warm), changesOf(scratch), shares),
    '</svg>',
    '',
  ].join('\n');
}
