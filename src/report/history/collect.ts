/** The reports of past runs in a folder: every report.json in it, at any depth, read strictly; what is none is said. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sizeOf, type Workspace } from '../../data/artefacts/files.js';
import { ConfigError } from '../../errors.js';
import { printable, quoted } from '../../lib/text.js';
import type { Report } from '../../verdict/report-object.js';
import { SCHEMA } from '../json.js';
import { readReport } from '../read-json.js';

/** The file that a run writes its report to. */
const NAME = 'report.json';
/** A report of ten thousand cells takes 20 MB. */
const MOST_BYTES = 256 * 2 ** 20;

export interface FoundReport {
  /** As shown: relative to the workspace. */
  readonly path: string;
  readonly report: Report;
}

/** A file or folder that is no part of the history, and why. */
export interface LeftOut {
  readonly path: string;
  readonly why: string;
}

export interface Collected {
  readonly reports: readonly FoundReport[];
  readonly left: readonly LeftOut[];
}

/**
 * Links are not followed: a folder of artifacts belongs to whoever wrote them. A file that is byte for byte one that
 * came before it is the same run, collected twice.
 *
 * @throws ConfigError where the folder is none of the workspace, or holds no report that can be read
 */
export function collectReports(folder: string, workspace: Workspace): Collected {
  if (!workspace.contains(folder))
    throw refused(folder, 'which lies outside the workspace', `a folder inside ${quoted(workspace.root)}`);
  const reports: FoundReport[] = [];
  const left: LeftOut[] = [];
  const seen = new Map<string, string>();
  for (const { path, linked } of filesBelow(folder, left, workspace)) {
    const shown = workspace.show(path);
    const read = linked ? 'a symbolic link, which is not followed' : readOne(path, shown, seen);
    if (typeof read === 'string') left.push({ path: shown, why: read });
    else reports.push({ path: shown, report: read });
  }
  if (reports.length > 0) return { reports, left };
  const [first] = left;
  throw refused(
    folder,
    first === undefined
      ? `in which no ${NAME} stands`
      : `in which no ${NAME} can be read (${first.path}: ${first.why})`,
    `a folder with the reports of past runs, each as ${NAME} in a folder of its own`,
    'Keep a run’s report with: skewgate run … --out reports/v43',
  );
}

/** In the order of their paths, numbers by their size. */
function filesBelow(
  folder: string,
  left: LeftOut[],
  workspace: Workspace,
): { readonly path: string; readonly linked: boolean }[] {
  let entries: ReturnType<typeof entriesOf>;
  try {
    entries = entriesOf(folder);
  } catch (error) {
    left.push({ path: workspace.show(folder), why: `a folder that cannot be read (${messageOf(error)})` });
    return [];
  }
  const order = entries.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  return order.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name.startsWith('.') ? [] : filesBelow(path, left, workspace);
    return entry.name === NAME ? [{ path, linked: entry.isSymbolicLink() }] : [];
  });
}

function entriesOf(folder: string) {
  return readdirSync(folder, { withFileTypes: true });
}

/** The report of a file, or why it is left out. */
function readOne(path: string, shown: string, seen: Map<string, string>): Report | string {
  let text: string;
  try {
    if (sizeOf(path) > MOST_BYTES) return `a file above ${MOST_BYTES / 2 ** 20} MiB`;
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return `a file that cannot be read (${messageOf(error)})`;
  }
  const twin = seen.get(text);
  if (twin !== undefined) return `the same bytes as ${twin}`;
  seen.set(text, shown);
  const other = otherSchema(text);
  if (other !== undefined) return other;
  try {
    return readReport(text, shown);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems[0]?.found ?? 'no report';
    throw error;
  }
}

/** Says that a JSON file is of another schema than this version reads; undefined of this one and of no JSON. */
function otherSchema(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const named = typeof value === 'object' && value !== null && 'schema' in value ? value.schema : undefined;
    if (typeof named !== 'string' || named === SCHEMA) return undefined;
    return `a report of the schema ${printable(named, 60)}, where this version reads ${SCHEMA}`;
  } catch {
    return undefined;
  }
}

function messageOf(error: unknown): string {
  return printable(error instanceof Error ? error.message : String(error), 120);
}

function refused(folder: string, found: string, expected: string, mend?: string): ConfigError {
  return new ConfigError([
    { found: `the folder ${quoted(folder)}, ${found}`, expected, ...(mend === undefined ? {} : { mend }) },
  ]);
}
