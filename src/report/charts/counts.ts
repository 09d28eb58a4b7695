/** The number of cells that fail, are open and pass, as one bar. */

import type { Verdict } from '../../checks/check-report.js';
import { rect, svg } from './svg.js';

const WIDTH = 1000;

export function countsBar(counts: Readonly<Record<Verdict, number>>, label: string): string {
  const all = counts.fail + counts.inconclusive + counts.pass;
  if (all === 0) return '';
  let from = 0;
  const parts = (['fail', 'inconclusive', 'pass'] as const).map((mark) => {
    const width = (WIDTH * counts[mark]) / all;
    const bar = counts[mark] === 0 ? '' : rect(from, 0, width - 2, 12, `b-${mark}`);
    from += width;
    return bar;
  });
  return svg(WIDTH, 12, label, parts, 'counts').replace('<svg ', '<svg preserveAspectRatio="none" ');
}
