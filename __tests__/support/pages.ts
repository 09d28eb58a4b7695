/** Pages and summaries as a browser is shown them (scripts/look.mjs): of reports that were judged, and of generated ones. */
import { hasLine } from '../../src/report/charts/decision.js';
import { renderHistoryPage } from '../../src/report/history/page.js';
import { historyOf } from '../../src/report/history/timelines.js';
import { renderHtml } from '../../src/report/html.js';
import { readReport } from '../../src/report/read-json.js';
import { renderSummary } from '../../src/report/summary.js';
import { viewOf } from '../../src/report/view/view.js';
import type { Report } from '../../src/verdict/report-object.js';
import { FULL } from './full-report.js';
import { CORPUS } from './hostile.js';
import { manyCells } from './many-cells.js';
import { pastReport } from './past-reports.js';
import { lostGap } from './reports.js';

export interface Rendered {
  readonly html: string;
  readonly summary: string;
  /** Metrics on slices that its chart can be switched to. */
  readonly curves?: number;
}

function rendered(report: Report): Rendered {
  const view = viewOf(report);
  return { html: renderHtml(view), summary: renderSummary(view), curves: view.curves.filter(hasLine).length };
}

/** @param text of a report.json */
export function ofReport(text: string): Rendered {
  return rendered(readReport(text));
}

/** A report of `slices` times twenty cells. */
export function ofManyCells(slices: number): Rendered {
  return rendered(manyCells(slices));
}

/** Releases over time: a good one whose margin became narrower, one with a gap, and one that ran once. */
export function ofHistory(): Rendered {
  const weeks = [0.002, 0.004, 0.003, 0.006, 0.005, 0.009, 0.012];
  const good = weeks.map((change, i) => {
    const margin = i < 3 ? { margin: 0.02, threshold: '2%' } : {};
    const verdict = change > 0.01 ? ('fail' as const) : ('pass' as const);
    const report = i === 4 && FULL.waivers ? { waivers: FULL.waivers } : {};
    return pastReport(`v${37 + i}`, 1 + 7 * i, change, { finding: { ...margin, verdict }, report });
  });
  const [one] = lostGap.diagnosis?.hypotheses ?? [];
  const lost = [0.02, 0.015, 0.004].map((contribution, i): Report => {
    const { diagnosis } = lostGap;
    const hypotheses = one ? [{ ...one, verdict: 'contributing' as const, contribution }] : [];
    const startedAt = new Date(Date.UTC(2026, 1, 1 + i)).toISOString();
    return {
      ...lostGap,
      release: { ...lostGap.release, name: 'lost' },
      run: { ...lostGap.run, startedAt },
      ...(diagnosis ? { diagnosis: { ...diagnosis, hypotheses } } : {}),
    };
  });
  const reports = [...good, ...lost, manyCells(2)].map((report, i) => ({ path: `${i}/report.json`, report }));
  const left = [{ path: 'cut/report.json', why: 'a file that is no JSON' }];
  return { html: renderHistoryPage(historyOf({ reports, left })), summary: '' };
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
