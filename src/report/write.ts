/**
 * The report's files. Those of an earlier run are gone before anything is judged, so that a run that is refused,
 * crashes or is killed leaves none that says ready; new ones appear whole, by rename. Nothing is followed out of the
 * workspace: a link in the folder's place or a file's is refused.
 */
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Workspace } from '../data/artefacts/files.js';
import type { Report } from '../verdict/report-object.js';
import { attempt, makeFolder, putWhole, refuseStrange } from './folder.js';
import { renderHtml } from './html.js';
import { renderJson } from './json.js';
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
  readonly failure?: string;
}

const NAMES = {
  html: 'report.html',
  summary: 'summary.md',
  writeUp: 'post-mortem.md',
  json: 'report.json',
} as const;
/** Last comes what programs read: where it stands, the others do. */
const ORDER = ['html', 'summary', 'writeUp', 'json'] as const;

/**
 * Removes the files of an earlier run.
 *
 * @throws ConfigError where the folder is none of the workspace, or something other than a file stands in it under one
 * of the names.
 */
function removeReport(folder: string, workspace: Workspace): void {
  const path = resolve(folder);
  refuseStrange(folder, Object.values(NAMES), workspace);
  attempt(folder, () => {
    for (const key of ORDER) rmSync(join(path, NAMES[key]), { force: true });
  });
}

/**
 * The same as far as it can be done: what stands in the way is said by `prepareReport`, or by whatever else is wrong
 * with the run.
 */
export function forgetReport(folder: string, root: string): void {
  try {
    removeReport(folder, new Workspace(root));
  } catch {}
}

/** The same, and makes the folder. @throws ConfigError also where it cannot be written. */
export function prepareReport(folder: string, workspace: Workspace): void {
  removeReport(folder, workspace);
  makeFolder(folder);
}

/** Writes the files. What fails now (a full disk) is told and changes no verdict. */
export function writeReport(report: Report, folder: string | undefined, workspace: Workspace): ReportFiles {
  if (folder === undefined) return {};
  try {
    const view = viewOf(report);
    const writeUp = renderWriteUp(report);
    const texts = { html: renderHtml(view), summary: renderSummary(view), writeUp, json: renderJson(report) };
    const written = ORDER.flatMap((key) => (texts[key] === undefined ? [] : [[key, texts[key]] as const]));
    // The folder was looked at before the judging began; what a model's run makes of it meanwhile is looked at again.
    refuseStrange(folder, Object.values(NAMES), workspace);
    putWhole(
      folder,
      written.map(([key, text]) => [NAMES[key], text]),
    );
    return Object.fromEntries(written.map(([key]) => [key, join(folder, NAMES[key])]));
  } catch (error) {
    return { failure: (error as Error).message };
  }
}
