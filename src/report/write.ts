/**
 * The report's files. Those of an earlier run are gone before anything is judged, so that a run that is refused,
 * crashes or is killed leaves none that says ready; new ones appear whole, by rename. Nothing is followed out of the
 * workspace: a link in the folder's place or a file's is refused.
 */
import { randomUUID } from 'node:crypto';
import { lstatSync, mkdirSync, renameSync, rmSync, type Stats, unlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Workspace } from '../data/artefacts/files.js';
import { ConfigError } from '../errors.js';
import { printable, quoted } from '../lib/text.js';
import type { Report } from '../verdict/report-object.js';
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
  refuseStrange(path, folder, workspace);
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
  const path = resolve(folder);
  removeReport(folder, workspace);
  const probe = join(path, `.skewgate-${randomUUID()}`);
  attempt(folder, () => {
    mkdirSync(path, { recursive: true });
    writeFileSync(probe, '', { flag: 'wx' });
    unlinkSync(probe);
  });
}

function attempt(folder: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    const why = printable((error as Error).message, 200);
    throw refused(folder, `which cannot be written (${why})`, 'a folder that can be made and written');
  }
}

/** Writes the files. What fails now (a full disk) is told and changes no verdict. */
export function writeReport(report: Report, folder: string | undefined, workspace: Workspace): ReportFiles {
  if (folder === undefined) return {};
  const path = resolve(folder);
  const suffix = `.${randomUUID()}.tmp`;
  const temporary = (key: keyof typeof NAMES) => join(path, `${NAMES[key]}${suffix}`);
  try {
    const view = viewOf(report);
    const writeUp = renderWriteUp(report);
    const texts = { html: renderHtml(view), summary: renderSummary(view), writeUp, json: renderJson(report) };
    const written = ORDER.flatMap((key) => (texts[key] === undefined ? [] : [[key, texts[key]] as const]));
    // The folder was looked at before the judging began; what a model's run makes of it meanwhile is looked at again.
    refuseStrange(path, folder, workspace);
    for (const [key, text] of written) writeFileSync(temporary(key), text, { flag: 'wx' });
    for (const [key] of written) renameSync(temporary(key), join(path, NAMES[key]));
    return Object.fromEntries(written.map(([key]) => [key, join(folder, NAMES[key])]));
  } catch (error) {
    for (const key of ORDER) rmSync(temporary(key), { force: true });
    return { failure: (error as Error).message };
  }
}

function refuseStrange(path: string, folder: string, workspace: Workspace): void {
  if (!workspace.contains(path))
    throw refused(
      folder,
      'which lies outside the workspace',
      `a folder inside ${quoted(workspace.root)}`,
      'The workspace is GITHUB_WORKSPACE, else the current directory. ' +
        'Write: --out skewgate-report (in a workflow, report-dir: skewgate-report)',
    );
  const kind = kindOf(path);
  if (kind !== undefined && kind !== 'folder')
    throw refused(folder, `which is a ${kind}`, 'a folder, or a path where one can be made');
  for (const name of Object.values(NAMES)) {
    const there = kindOf(join(path, name));
    if (there !== undefined && there !== 'file')
      throw refused(folder, `in which ${name} is a ${there}`, 'a file of an earlier run, or none', 'Remove it.');
  }
}

/** The entry that stands at a path itself, links not followed; undefined where nothing does. */
function kindOf(path: string): 'file' | 'folder' | 'symbolic link' | 'device, pipe or socket' | undefined {
  let stats: Stats;
  try {
    stats = lstatSync(path);
  } catch {
    return undefined;
  }
  if (stats.isSymbolicLink()) return 'symbolic link';
  if (stats.isDirectory()) return 'folder';
  return stats.isFile() ? 'file' : 'device, pipe or socket';
}

function refused(folder: string, found: string, expected: string, mend?: string): ConfigError {
  return new ConfigError([
    { found: `the report folder ${quoted(folder)}, ${found}`, expected, ...(mend === undefined ? {} : { mend }) },
  ]);
}
