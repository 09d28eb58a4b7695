/** The policy's `eval_set`: pinned files, the columns that have a role, and how rankings are made. */
import type { Place } from '../../errors.js';
import { quoted } from '../../lib/text.js';
import type { Path } from '../yaml/source.js';
import { EVAL_FILES, type EvalFile, type EvalFileRef, type EvalSetPolicy } from './policy.js';
import type { WrittenEvalSet } from './policy-file.js';
import type { PolicyReading } from './reading.js';

const AT: Path = ['eval_set'];

export function readEvalSet(raw: WrittenEvalSet, reading: PolicyReading): EvalSetPolicy {
  const files: Partial<Record<EvalFile, EvalFileRef>> = {};
  for (const name of EVAL_FILES) {
    const file = evalFile(raw, name, reading);
    if (file) files[name] = file;
  }
  return {
    files: files as EvalSetPolicy['files'],
    columns: raw.columns,
    columnPlaces: columnPlaces(raw, reading),
    slices: raw.slices ?? [],
    candidates: raw.candidates ?? 'logged',
    weightQueries: raw.weight_queries ?? false,
    grades: raw.grades ?? 1,
  };
}

/** One file and its digest: both or neither must be written. */
function evalFile(raw: WrittenEvalSet, name: EvalFile, reading: PolicyReading): EvalFileRef | undefined {
  const { source } = reading;
  const written = raw[name];
  const digest = raw.sha256[name];
  const place = source.place([...AT, name]);
  if (written === undefined) {
    if (digest !== undefined)
      source.problem(
        source.keyPlace([...AT, 'sha256', name]),
        `a digest of ${quoted(name)}, which eval_set does not name`,
        `eval_set.${name}, or no digest of it`,
      );
    return undefined;
  }
  if (digest === undefined)
    source.problem(
      source.keyPlace([...AT, 'sha256']),
      `no sha256 of ${quoted(name)}`,
      'one digest per file',
      `Run: skewgate pin ${source.file}`,
    );
  const file = reading.path(written, place, `eval_set.${name}`);
  if (file === undefined || digest === undefined) return undefined;
  return { path: file, sha256: digest.toLowerCase(), place, digestPlace: source.place([...AT, 'sha256', name]) };
}

/** The places that name a role or a slice column. A column has one role, but that a query may be its own cluster. */
function columnPlaces({ columns, slices }: WrittenEvalSet, { source }: PolicyReading): Map<string, Place> {
  const places = new Map<string, Place>();
  const used = new Map<string, string>();
  for (const [role, column] of Object.entries(columns)) {
    const place = source.place([...AT, 'columns', role]);
    places.set(role, place);
    const other = used.get(column);
    const mayShare = role === 'cluster' && (other === 'query' || other === undefined);
    if (other !== undefined && !mayShare)
      source.problem(place, `column ${quoted(column)} as ${other} and as ${role}`, 'a column of its own for each');
    used.set(column, role);
  }
  for (const [i, column] of (slices ?? []).entries())
    places.set(`slices.${column}`, source.place([...AT, 'slices', i]));
  return places;
}
