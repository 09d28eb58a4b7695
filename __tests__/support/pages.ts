/** Pages and summaries as a browser is shown them (scripts/look.mjs): of reports that were judged, and of generated ones. */
import { renderHtml } from '../../src/report/html.js';
import { readReport } from '../../src/report/read-json.js';
import { renderSummary } from '../../src/report/summary.js';
import { viewOf } from '../../src/report/view/view.js';
import type { Report } from '../../src/verdict/report-object.js';
import { FULL } from './full-report.js';
import { CORPUS } from './hostile.js';
import { manyCells } from './many-cells.js';

export interface Rendered {
  readonly html: string;
  readonly summary: string;
}

function rendered(report: Report): Rendered {
  const view = viewOf(report);
  return { html: renderHtml(view), summary: renderSummary(view) };
}

/** @param text of a report.json */
export function ofReport(text: string): Rendered {
  return rendered(readReport(text));
}

/** A report of `slices` times twenty cells. */
export function ofManyCells(slices: number): Rendered {
  return rendered(manyCells(slices));
}

/** Every part of a page, with strings in its names that a browser could act on. */
export function ofHostileNames(): Rendered {
  const hostile = [...CORPUS, `"'\`&</style><script>console.error(1)</script><svg onload=console.error(1)>`];
  const named = (i: number) => hostile[i % hostile.length] ?? '';
  const { checks, ...report } = manyCells(hostile.length);
  return rendered({
    ...report,
    headline: hostile.join(' '),
    notices: hostile,
    release: { ...FULL.release, name: named(0), live: named(1) },
    policy: { ...FULL.policy, name: named(2), path: named(3), difference: hostile.join('\n') },
    checks: checks.map((check) => ({
      ...check,
      findings: check.findings.map((finding, i) => ({ ...finding, slice: { [named(i)]: named(i + 1) } })),
      ...(check.kind === 'sweep'
        ? { curve: check.curve.map((point, i) => ({ ...point, slice: { [named(Math.floor(i / 7))]: named(i) } })) }
        : {}),
    })),
  });
}
