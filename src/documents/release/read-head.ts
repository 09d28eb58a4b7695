/** The part of models/*.yml that every policy reads: its name, its live version, its evidence. */
import { dirname, resolve } from 'node:path';
import releaseSchema from '../../../gates/release.schema.json' with { type: 'json' };
import type { Workspace } from '../../data/artefacts/files.js';
import { tableAt } from '../../data/artefacts/table-at.js';
import { ConfigError } from '../../errors.js';
import { quoted } from '../../lib/text.js';
import { type Zone, zoneOf } from '../../lib/zones.js';
import { checkout, type PolicyOrigin, readWorkspaceYaml } from '../policy/origin.js';
import type { PolicyHead } from '../policy/policy.js';
import { lazySchema, type Path, YamlSource } from '../yaml/source.js';
import { earlierReportOf, namesReport } from './earlier-report.js';
import { holdToPast, pastsOf } from './history.js';
import { notPulled, remotePath, strayLink, type Words } from './no-file.js';
import { locate, type ReleaseReading } from './reading.js';
import type { EvidenceFile, ReleaseHead } from './release.js';
import type { ReleaseFile } from './release-file.js';

const validator = lazySchema(releaseSchema);

/**
 * Reads the part of a release that a diagnosis alone needs: no towers. All that the origin's commit has published of it
 * must still stand.
 */
export async function readReleaseHead(
  path: string,
  policy: PolicyHead,
  workspace: Workspace,
  origin: PolicyOrigin = checkout('file'),
): Promise<ReleaseHead> {
  const file = resolve(path);
  const source = openRelease(file, workspace);
  const notices = pastsOf(file, source.text, origin.past, workspace).flatMap((past) => holdToPast(past, source));
  const reading = { source, folder: dirname(file), workspace, policy };
  const head = await readHead(source.value as ReleaseFile, reading);
  source.problems.throwIfAny(ConfigError);
  return { ...head, notices: [...head.notices, ...notices, ...idleComparison(source)] };
}

/** Says of a family to compare with that nothing here compares. */
function idleComparison(source: YamlSource): string[] {
  const { compare_with: written } = source.value as ReleaseFile;
  if (written === undefined || namesReport(written)) return [];
  return [
    `compare_with at ${quoted(written)} is not read, as the policy sweeps no versions; a diagnosis is compared with ` +
      'the report.json of an earlier run.',
  ];
}

/** Opens a release file and checks its form; `text` is read in its place where it is another commit's. */
export function openRelease(
  file: string,
  workspace: Workspace,
  text: string = readWorkspaceYaml(file, workspace, 'release'),
): YamlSource {
  const source = new YamlSource(workspace.show(file), text);
  source.check(validator(), {});
  source.problems.throwIfAny(ConfigError);
  return source;
}

/** Name, live version and evidence; problems are added to the source's. */
export async function readHead(raw: ReleaseFile, reading: ReleaseReading): Promise<ReleaseHead> {
  const { source, folder } = reading;
  const evidence = new Map<string, EvidenceFile>();
  for (const [name, written] of Object.entries(raw.evidence ?? {})) {
    const file = await readEvidenceFile(name, written, reading);
    if (file) evidence.set(name, file);
  }
  const versions = (raw.versions ?? []).map((_, i) => ['versions', i]);
  for (const path of [['live'], ...versions]) noteRounded(path, raw, reading);
  const earlier = earlierReportOf(raw.compare_with, reading);
  return {
    path: source.file,
    folder,
    sha256: source.sha256,
    name: raw.release,
    live: String(raw.live),
    livePlace: source.place(['live']),
    evidence,
    ...(raw.sql_dialect === undefined ? {} : { sqlDialect: raw.sql_dialect }),
    pins: new Map(Object.entries(raw.query_tower?.sha256 ?? {}).map(([version, pin]) => [version, pin.toLowerCase()])),
    ...(raw.score?.similarity === undefined ? {} : { similarity: raw.score.similarity }),
    ...(earlier ? { earlier } : {}),
    notices: [],
  };
}

/** Notes a version that YAML reads as another number than is written: 010 is 10, and 1e3 is 1000. */
function noteRounded(path: readonly (string | number)[], raw: ReleaseFile, { source }: ReleaseReading): void {
  const written = source.written(path);
  const value = path.length === 1 ? raw.live : raw.versions?.[Number(path[1])];
  if (typeof value !== 'number' || written === undefined || written === String(value)) return;
  source.problem(
    source.place(path),
    `version ${quoted(written)} without quotation marks, which YAML reads as ${value}`,
    'a version that is read as it is written',
    `Write: "${written}"`,
  );
}

/** A table of evidence: its path, or a mapping with more. */
type WrittenTable = NonNullable<NonNullable<ReleaseFile['evidence']>['ledger']>;

/** One table of evidence, digested and held to its pin; undefined, with a problem noted, where it cannot be read. */
async function readEvidenceFile(
  name: string,
  written: WrittenTable,
  reading: ReleaseReading,
): Promise<EvidenceFile | undefined> {
  const { source, policy, workspace } = reading;
  const at: Path = ['evidence', name];
  const short = typeof written === 'string';
  const whole: Exclude<WrittenTable, string> = short ? { path: written } : written;
  const { path: given, sha256: pin, timezone } = whole;
  const place = source.place(short ? at : [...at, 'path']);
  const { path, shown, inside } = locate(given, reading);
  const words = missingEvidence(given, name, path, reading);
  if (words) return source.problem(place, words.found, words.expected, words.mend);
  if (!inside) return source.problem(place, `evidence ${quoted(given)} outside the workspace`, 'a path inside it');
  const table = tableAt(path, workspace, place);
  if (!table)
    return source.problem(place, `evidence at ${quoted(given)}, where no file is`, 'a path relative to this release');
  for (const problem of table.problems) source.problems.add(problem);
  if (table.problems.length > 0) return undefined;
  const zone = timezone === undefined ? undefined : readZone(timezone, [...at, 'timezone'], source);
  const sha256 = await workspace.digests.of(table.artefact);
  if (pin === undefined && policy.requirePins)
    source.problem(
      place,
      `no sha256 of ${quoted(name)}`,
      'one, as the policy says require_pins: true',
      `Write: {path: ${given}, sha256: ${sha256}}`,
    );
  if (pin !== undefined && pin.toLowerCase() !== sha256)
    source.problem(
      place,
      `sha256 ${pin.slice(0, 12)}… of ${quoted(name)}, but the file has ${sha256.slice(0, 12)}…`,
      'the digest of the file',
    );
  const reported = reportedGain(whole, at, source);
  return { name, path, shown, sha256, place, ...(zone ? { timezone: zone } : {}), ...(reported ? { reported } : {}) };
}

/** The gain that a ledger's release says was reported; an error without what it is of is a problem. */
function reportedGain(
  { reported_gain: gain, reported_se: se }: Exclude<WrittenTable, string>,
  at: Path,
  source: YamlSource,
): EvidenceFile['reported'] {
  if (gain !== undefined) return { gain, ...(se === undefined ? {} : { standardError: se }) };
  if (se === undefined) return undefined;
  return source.problem(
    source.place([...at, 'reported_se']),
    `reported_se ${se} without reported_gain`,
    'the gain that it is the standard error of',
    `Write: reported_gain: 0.061, reported_se: ${se}`,
  );
}

/** A table of evidence of which only an address, a link or a .dvc file is there. */
function missingEvidence(
  given: string,
  name: string,
  path: string,
  { workspace, folder }: ReleaseReading,
): Words | undefined {
  const what = `evidence ${quoted(name)}`;
  return (
    remotePath(given, what, workspace.show(folder)) ??
    strayLink(path, what, workspace) ??
    notPulled(path, what, workspace)
  );
}

function readZone(written: string, at: Path, source: YamlSource): Zone | undefined {
  return (
    zoneOf(written) ??
    source.problem(
      source.place(at),
      `timezone ${quoted(written)}`,
      'UTC, an offset such as +02:00, or a name of the IANA time zone database',
      'Write: timezone: Europe/Berlin',
    )
  );
}
