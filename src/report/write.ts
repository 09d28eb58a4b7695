/**
 * The report's files: what an earlier run has left under their names is gone before anything is judged, and new ones
 * appear whole.
 */

import { sweepsOf } from '../checks/check-report.js';
import { Workspace } from '../data/artefacts/files.js';
import { OutputFolder } from '../data/artefacts/output-folder.js';
import type { Report } from '../verdict/report-object.js';
import { renderHtml } from './html.js';
import { renderJson } from './json.js';
import { losingCsv } from './losing-csv.js';
import { renderSummary } from './summary.js';
import { viewOf } from './view/view.js';
import { renderWriteUp } from './write-up.js';

/** The paths of a run's files; absent when no folder was asked for, or when they could not be written. */
export interface ReportFiles {
  readonly json?: string;
  readonly summary?: string;
  readonly html?: string;
  /** There where the run has a diagnosis. */
  readonly writeUp?: string;
  /** There where the policy asks for them. */
  readonly losingQueries?: string;
  readonly losingItems?: string;
  readonly failure?: string;
}

/** Last comes what programs read: where it stands, the others do. */
const FOLDER = new OutputFolder(
  'the report folder',
  {
    losingQueries: 'losing-queries.csv',
    losingItems: 'losing-items.csv',
    html: 'report.html',
    summary: 'summary.md',
    writeUp: 'post-mortem.md',
    json: 'report.json',
  },
  '--out skewgate-report (in a workflow, report-dir: skewgate-report)',
);

/** Removes the files of an earlier run, and makes the folder. @throws ConfigError where it cannot be written. */
export function prepareReport(folder: string, workspace: Workspace): void {
  FOLDER.prepare(folder, workspace);
}

/**
 * Removes the files of an earlier run as far as it can be done: what stands in the way is said by `prepareReport`, or
 * by whatever else is wrong with the run.
 */
export function forgetReport(folder: string, root: string): void {
  try {
    FOLDER.clear(folder, new Workspace(root));
  } catch {}
}

/** Writes the files. What fails now (a full disk) is told and changes no verdict. */
export function writeReport(report: Report, folder: string | undefined, workspace: Workspace): ReportFiles {
  if (folder === undefined) return {};
  try {
    const view = viewOf(report);
    const writeUp = renderWriteUp(report);
    const texts = { html: renderHtml(view), summary: renderSummary(view), json: renderJson(report) };
    const losing = sweepsOf(report.checks).find((check) => check.losing)?.losing;
    const lists = losing && { losingQueries: losingCsv(losing, 'query'), losingItems: losingCsv(losing, 'item') };
    return FOLDER.put({ ...texts, ...(writeUp === undefined ? {} : { writeUp }), ...lists }, folder, workspace);
  } catch (error) {
    return { failure: (error as Error).message };
  }
}
