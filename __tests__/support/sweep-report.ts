/** What a run's sweep reports. */
import { type SweepReport, sweepsOf } from '../../src/checks/check-report.js';
import type { Report } from '../../src/verdict/report-object.js';

/** @throws where the run judged nothing, or swept nothing */
export function sweepOf(report: Report | undefined): SweepReport {
  const [sweep] = sweepsOf(report?.checks ?? []);
  if (!sweep) throw new Error('no sweep in this report');
  return sweep;
}
