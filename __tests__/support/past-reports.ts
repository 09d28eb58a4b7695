/** A folder of reports of past runs. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CurvePoint, Distance, Finding } from '../../src/checks/check-report.js';
import { renderJson } from '../../src/report/json.js';
import type { Report } from '../../src/verdict/report-object.js';
import { check, finding } from './findings.js';
import { FULL } from './full-report.js';

const { diagnosis: _, waivers: __, ...WITHOUT_GAP } = FULL;

/** A run of `release` at `live` on a day of January 2026, whose log loss changes by `change` in production. */
export function pastReport(
  live: string,
  day: number,
  change: number,
  own: { readonly finding?: Partial<Finding>; readonly report?: Partial<Report> } = {},
): Report {
  const judged = finding({ change, lower: change - 0.002, upper: change + 0.002, ...own.finding });
  const point = (distance: Distance, of: number): CurvePoint => ({
    metric: 'log_loss',
    slice: {},
    distance,
    value: 0.4 * (1 + of),
    atZero: 0.4,
    change: of,
    unit: 'relative',
    lower: of - 0.002,
    upper: of + 0.002,
    stale: null,
    incompatible: null,
    mde: 0.001,
    rows: 100,
    positives: 20,
  });
  const curve = [point(0, 0), point(1, change / 2), point('production', change)];
  const production = [{ slice: {}, histogram: new Map([[1, 0.9]]), source: 'histogram' as const, uncoveredMass: 0.1 }];
  const coverage = [{ distance: 1, version: 'v0', missingRows: 5, share: 0.95 }];
  const verdict = judged.verdict === 'fail' ? 'not_ready' : judged.verdict === 'pass' ? 'ready' : 'inconclusive';
  return {
    ...WITHOUT_GAP,
    verdict,
    headline: `${live} is ${verdict}`,
    release: { ...FULL.release, name: 'm', live, chain: [live] },
    checks: [check([judged], { curve, production, coverage })],
    notices: [],
    run: { ...FULL.run, startedAt: new Date(Date.UTC(2026, 0, day)).toISOString() },
    ...own.report,
  };
}

/** A workspace with files of reports; `remove` takes it away. */
export class PastReports {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'skewgate-history-')));

  /** @param file a report, or the text of a file */
  put(path: string, file: Report | string): this {
    const at = join(this.folder, path);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, typeof file === 'string' ? file : renderJson(file));
    return this;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
