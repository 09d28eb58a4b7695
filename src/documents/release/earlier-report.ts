/** The earlier report that a diagnosis is held against: `compare_with` may name a report.json in place of a release. */

import { isFile } from '../../data/artefacts/files.js';
import type { Place } from '../../errors.js';
import { quoted } from '../../lib/text.js';
import { locate, type ReleaseReading } from './reading.js';

/** The report of an earlier run. */
export interface EarlierReport {
  /** Absolute path, inside the workspace. */
  readonly path: string;
  /** Path as shown to the user. */
  readonly shown: string;
  readonly place: Place;
}

/** True where `compare_with` names a report, not a release. */
export function namesReport(written: unknown): written is string {
  return typeof written === 'string' && written.toLowerCase().endsWith('.json');
}

/** The report that a release names; undefined where it names none, or where a problem is noted. */
export function earlierReportOf(written: string | undefined, reading: ReleaseReading): EarlierReport | undefined {
  if (!namesReport(written)) return undefined;
  const { source } = reading;
  const place = source.place(['compare_with']);
  const { path, shown, inside } = locate(written, reading);
  if (inside && isFile(path)) return { path, shown, place };
  return source.problem(
    place,
    `compare_with at ${quoted(written)}, ${inside ? 'where no file is' : 'outside the workspace'}`,
    'the report.json of an earlier run, relative to this file',
    'A run writes it with --out FOLDER; keep that folder, or leave compare_with out.',
  );
}
