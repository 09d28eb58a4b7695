/** Reports to draw: of the good project as the gate judges it, and one with many cells. */
import type { CurvePoint, Finding } from '../../src/checks/check-report.js';
import { decideByDiagnosis } from '../../src/verdict/decide-gap.js';
import type { Report } from '../../src/verdict/report-object.js';
import { DIAGNOSIS, FULL } from './full-report.js';
import { Project } from './project.js';
import { sweepOf } from './sweep-report.js';

/** The report of the good project. */
export async function goodReport(): Promise<Report> {
  const project = new Project();
  try {
    const { report, message } = await project.judge();
    if (!report) throw new Error(message);
    return report;
  } finally {
    project.remove();
  }
}

/** A report with other findings, and with points of its own curve where they are given. */
export function withFindings(report: Report, findings: readonly Finding[], curve?: readonly CurvePoint[]): Report {
  const sweep = sweepOf(report);
  const verdict = findings.some((f) => f.level === 'fail' && f.verdict === 'fail') ? 'fail' : 'pass';
  return {
    ...report,
    verdict: verdict === 'fail' ? 'not_ready' : 'ready',
    checks: [{ ...sweep, verdict, findings, curve: curve ?? sweep.curve }],
  };
}

/** The good report with `failing` and `passing` cells of one rule each in place of its own; the last of those that fail is the worst. */
export async function largeReport(failing: number, passing: number): Promise<Report> {
  const report = await goodReport();
  const sweep = sweepOf(report);
  const [finding] = sweep.findings;
  const [point] = sweep.curve;
  if (!finding || !point) throw new Error('the good project has no findings');
  const slices = Array.from({ length: failing + passing }, (_, i) => ({
    tier: `a rather long slice value, number ${i}`,
  }));
  const findings = slices.map(
    (slice, i): Finding => ({
      ...finding,
      slice,
      rule: i < failing ? 0 : 1,
      verdict: i < failing ? 'fail' : 'pass',
      change: i < failing ? 0.5 + i / 1000 : 0,
    }),
  );
  const curve = slices.flatMap((slice) =>
    Array.from({ length: 7 }, (_, distance): CurvePoint => ({ ...point, slice, distance })),
  );
  return withFindings(report, findings, curve);
}

const bounded = (value: number, error: number) => ({ value, lower: value - error, upper: value + error });
// Every row of it was served.
const { joins: _, ...SERVED } = DIAGNOSIS;
const LOST = {
  ...SERVED,
  outcome: undefined,
  gap: {
    ledger: 'prediction',
    metric: 'log_loss',
    words: 'log loss',
    bothServed: true,
    rows: 20_000,
    ...bounded(0.0299, 0.004),
    offline: bounded(0.0257, 0.003),
    online: bounded(-0.0042, 0.004),
    lost: bounded(0.025, 0.004),
  },
} as const;

/** A policy without rules found the whole gain lost online. */
export const lostGap: Report = {
  ...FULL,
  release: { ...FULL.release, live: 'v42' },
  checks: [],
  waivers: [],
  diagnosis: LOST,
  ...decideByDiagnosis(LOST, 'v42'),
};
