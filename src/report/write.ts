/** The report's files. Failing to write them never changes the verdict. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../verdict/report-object.js';
import { renderHtml } from './html.js';
import { renderJson } from './json.js';
import { renderSummary } from './summary.js';

/** Where a run's files are; absent when no folder was asked for, or when they could not be written. */
export interface ReportFiles {
  readonly json?: string;
  readonly summary?: string;
  readonly html?: string;
  readonly failure?: string;
}

export function writeReport(report: Report, folder: string | undefined): ReportFiles {
  if (folder === undefined) return {};
  try {
    mkdirSync(folder, { recursive: true });
    const json = join(folder, 'report.json');
    const summary = join(folder, 'summary.md');
    writeFileSync(json, renderJson(report));
    writeFileSync(summary, renderSummary(report));
    const html = join(folder, 'report.html');
    writeFileSync(html, renderHtml(report));
    return { json, summary, html };
  } catch (error) {
    return { failure: (error as Error).message };
  }
}
