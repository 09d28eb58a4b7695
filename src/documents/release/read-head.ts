/** The part of models/*.yml that every policy reads: its name, its live version, its evidence. */
import { dirname, resolve } from 'node:path';
import releaseSchema from '../../../gates/release.schema.json' with { type: 'json' };
import type { Workspace } from '../../data/artefacts/files.js';
import { tableAt } from '../../data/artefacts/table-at.js';
import { ConfigError } from '../../errors.js';
import { quoted } from '../../lib/text.js';
import { zoneOf } from '../../lib/zones.js';
import { checkout, type PolicyOrigin, readWorkspaceYaml } from '../policy/origin.js';
import type { PolicyHead } from '../policy/policy.js';
import { compileSchema, type Path, YamlSource } from '../yaml/source.js';
import { holdToPast, pastsOf } from './history.js';
import type { EvidenceFile, ReleaseHead, Similarity } from './release.js';

const validate = compileSchema(releaseSchema);

/** The file as the schema has checked it. */
export interface RawHead {
  release: string;
  live: string | number;
  evidence?: Record<string, string | { path: string; sha256?: string; timezone?: string }>;
  query_tower?: { sha256?: Record<string, string> };
  score?: { similarity?: Similarity };
}

/** What a diagnosis alone needs of a release: no towers. What the origin's commit has published of it must still stand. */
export async function readReleaseHead(
  path: string,
  policy: PolicyHead,
  workspace: Workspace,
  origin: PolicyOrigin = checkout('file'),
): Promise<ReleaseHead> {
  const file = resolve(path);
  const source = openRelease(file, workspace);
  const notices = pastsOf(file, source.text, origin.past, workspace).flatMap((past) => holdToPast(past, source));
  const head = await headOf(source, dirname(file), workspace, policy);
  source.problems.throwIfAny(ConfigError);
  return { ...head, notices: [...head.notices, ...notices] };
}

/** Opens a release file and checks its form; `text` is read in its place where it is another commit's. */
export function openRelease(
  file: string,
  workspace: Workspace,
  text: string = readWorkspaceYaml(file, workspace, 'release'),
): YamlSource {
  const source = new YamlSource(workspace.show(file), text);
  source.check(validate, {});
  source.problems.throwIfAny(ConfigError);
  return source;
}

/** Name, live version and evidence; problems are added to the source's. */
export async function headOf(
  source: YamlSource,
  folder: string,
  workspace: Workspace,
  { requirePins }: PolicyHead,
): Promise<ReleaseHead> {
  const raw = source.value as RawHead;
  const evidence = new Map<string, EvidenceFile>();
  for (const [name, written] of Object.entries(raw.evidence ?? {})) {
    const at: Path = ['evidence', name];
    const { path: given, sha256: pin, timezone } = typeof written === 'string' ? { path: written } : written;
    const place = source.place(typeof written === 'string' ? at : [...at, 'path']);
    const problem = (found: string, expected: string, mend?: string) =>
      source.problems.add({ place, found, expected, ...(mend === undefined ? {} : { mend }) });
    const path = resolve(folder, given);
    if (!workspace.contains(path)) problem(`evidence ${quoted(given)} outside the workspace`, 'a path inside it');
    else {
      const table = tableAt(path, workspace, place);
      if (!table) {
        problem(`evidence at ${quoted(given)}, where no file is`, 'a path relative to this release');
        continue;
      }
      if (table.problems.length > 0) {
        for (const found of table.problems) source.problems.add(found);
        continue;
      }
      const zone = timezone === undefined ? undefined : zoneOf(timezone);
      if (timezone !== undefined && !zone)
        source.problems.add({
          place: source.place([...at, 'timezone']),
          found: `timezone ${quoted(timezone)}`,
          expected: 'UTC, an offset such as +02:00, or a name of the IANA time zone database',
          mend: 'Write: timezone: Europe/Berlin',
        });
      const sha256 = await workspace.digests.of(table.artefact);
      if (pin === undefined && requirePins)
        problem(
          `no sha256 of ${quoted(name)}`,
          'one, as the policy says require_pins: true',
          `Write: {path: ${given}, sha256: ${sha256}}`,
        );
      if (pin !== undefined && pin.toLowerCase() !== sha256)
        problem(
          `sha256 ${pin.slice(0, 12)}… of ${quoted(name)}, but the file has ${sha256.slice(0, 12)}…`,
          'the digest of the file',
        );
      evidence.set(name, {
        name,
        path,
        shown: workspace.show(path),
        sha256,
        place,
        ...(zone ? { timezone: zone } : {}),
      });
    }
  }
  return {
    path: source.file,
    folder,
    sha256: source.sha256,
    name: raw.release,
    live: String(raw.live),
    livePlace: source.place(['live']),
    evidence,
    pins: new Map(Object.entries(raw.query_tower?.sha256 ?? {}).map(([version, pin]) => [version, pin.toLowerCase()])),
    ...(raw.score?.similarity === undefined ? {} : { similarity: raw.score.similarity }),
    notices: [],
  };
}
