/** The checkpoints of a release that a sweep needs: found, digested, and held to their pins. */
import { isFile } from '../../data/artefacts/files.js';
import { tableAt } from '../../data/artefacts/table-at.js';
import type { Checkpoint, Side } from '../../data/checkpoints/checkpoint.js';
import { readCheckpointFile, wrongPin } from '../../data/checkpoints/checkpoint-file.js';
import type { Place } from '../../errors.js';
import { list, quoted } from '../../lib/text.js';
import type { SkewPolicy } from '../policy/policy.js';
import type { Path } from '../yaml/source.js';
import { notPulled, remotePath, strayLink } from './no-file.js';
import { templateOf } from './read-tower.js';
import { depthsOf, type Versions } from './read-versions.js';
import { locate, own, type ReleaseReading } from './reading.js';
import type { WrittenTower } from './release-file.js';

type Checkpoints = ReadonlyMap<string, Checkpoint>;

/** The live query checkpoint, which must exist, and the older ones that do. */
export async function queryCheckpoints(
  raw: WrittenTower,
  versions: Versions,
  reading: ReleaseReading<SkewPolicy>,
): Promise<Checkpoints> {
  const { source, policy } = reading;
  const { from } = policy.versionSkew;
  const { deepest, query: needed } = depthsOf(policy);
  const { kind, template } = templateOf(raw);
  const found = new Map<string, Checkpoint>();
  for (const [k, version] of versions.chain.slice(0, deepest + 1).entries()) {
    if (k > 0 && !template.includes('{version}')) {
      if (k <= needed)
        source.problem(
          source.place(['query_tower', kind]),
          'a query tower without {version}',
          k <= -from
            ? `old query checkpoints, as the sweep starts at distance ${from}`
            : 'old query checkpoints, as the sweep is repeated for older live versions (anchors)',
          'Write: checkpoints/query/{version}.onnx, or sweep: {from: 0, …} without anchors',
        );
      break;
    }
    const pinned = own(raw.sha256, version) !== undefined;
    const why = k <= needed ? neededAs(k, from) : pinned ? 'the digest that sha256 gives' : undefined;
    const checkpoint = await evaluatedCheckpoint('query', raw, version, why, reading);
    if (checkpoint) found.set(version, checkpoint);
  }
  unknownDigests('query', raw, versions, reading);
  return found;
}

/** Says what a query checkpoint k versions behind the live one is needed for. */
function neededAs(k: number, from: number): string {
  if (k === 0) return 'the live version';
  return k <= -from ? `distance ${-k} of the sweep` : `anchor ${k} of the sweep`;
}

/** The item checkpoint of every swept version. */
export async function itemCheckpoints(
  raw: WrittenTower,
  versions: Versions,
  reading: ReleaseReading<SkewPolicy>,
): Promise<Checkpoints> {
  const { deepest, item: needed } = depthsOf(reading.policy);
  const found = new Map<string, Checkpoint>();
  for (const [k, version] of versions.chain.slice(0, deepest + 1).entries()) {
    // Beyond that, an old item version serves only the split of negative distances, and may be missing.
    const why = k <= needed ? `distance ${k} of the sweep` : undefined;
    const checkpoint = await evaluatedCheckpoint('item', raw, version, why, reading);
    if (checkpoint) found.set(version, checkpoint);
  }
  unknownDigests('item', raw, versions, reading);
  return found;
}

function unknownDigests(side: Side, raw: WrittenTower, { versions }: Versions, { source }: ReleaseReading): void {
  for (const version of Object.keys(raw.sha256 ?? {}))
    if (!versions.includes(version))
      source.problem(
        source.keyPlace([`${side}_tower`, 'sha256', version]),
        `a digest of ${quoted(version)}, which \`versions\` does not list`,
        `one of ${list(versions)}`,
      );
}

/** A version's file as it is evaluated. @param why what it is needed for; undefined: it may be missing */
function evaluatedCheckpoint(
  side: Side,
  raw: WrittenTower,
  version: string,
  why: string | undefined,
  reading: ReleaseReading,
): Promise<Checkpoint | undefined> {
  const { source } = reading;
  const at: Path = [`${side}_tower`];
  const { kind, template } = templateOf(raw);
  const what = `${side} checkpoint ${quoted(version)}`;
  return readCheckpoint(
    {
      ...{ side, version, kind, what },
      template,
      written: template.replaceAll('{version}', version),
      place: source.place([...at, kind]),
      inside: 'a path inside the workspace',
      missing: why === undefined ? undefined : [`no ${side} checkpoint of ${quoted(version)}`, `that file, for ${why}`],
      ...(raw.columns === undefined ? {} : { columns: raw.columns }),
      pin: own(raw.sha256, version),
      pinPlace: source.place([...at, 'sha256', version]),
      ownerPlace: source.keyPlace(raw.sha256 ? [...at, 'sha256'] : at),
      wanted: 'one for every checkpoint',
    },
    reading,
  );
}

/** The live version's file at the precision of serving; undefined where the tower names none. */
export async function servedCheckpoint(
  side: Side,
  raw: WrittenTower,
  live: string,
  reading: ReleaseReading,
): Promise<Checkpoint | undefined> {
  if (!raw.served) return undefined;
  const { source } = reading;
  const at: Path = [`${side}_tower`, 'served'];
  if (raw.onnx === undefined)
    return source.problem(
      source.keyPlace(at),
      `served beside precomputed embeddings`,
      'served only with onnx',
      'Give the scores at both precisions: evidence: {precision: …}.',
    );
  const what = `the served ${side} checkpoint`;
  return readCheckpoint(
    {
      ...{ side, version: live, kind: 'onnx', what },
      template: raw.served.onnx,
      written: raw.served.onnx.replaceAll('{version}', live),
      place: source.place([...at, 'onnx']),
      inside: 'a path inside it',
      missing: [`no served ${side} checkpoint`, 'the live version’s file as it is served'],
      pin: raw.served.sha256,
      pinPlace: source.place([...at, 'sha256']),
      ownerPlace: source.keyPlace(at),
      wanted: 'one',
    },
    reading,
  );
}

/** One checkpoint as the release names it, and what messages say of it. */
interface NamedCheckpoint extends Pick<Checkpoint, 'side' | 'version' | 'kind' | 'columns'> {
  /** As messages call it. */
  readonly what: string;
  /** Its path as written, the version filled in, and where that stands. */
  readonly template: string;
  readonly written: string;
  readonly place: Place;
  /** The expectation that a path outside the workspace fails. */
  readonly inside: string;
  /** The words for what is found and expected where there is no file; undefined: it may be missing. */
  readonly missing: readonly [found: string, expected: string] | undefined;
  readonly pin: string | undefined;
  readonly pinPlace: Place;
  /** The place of a pin that is required and left out. */
  readonly ownerPlace: Place;
  /** The number of pins, in words, that a policy with require_pins expects there. */
  readonly wanted: string;
}

/** Reads and digests one checkpoint; undefined where it is missing, or with a problem noted. */
async function readCheckpoint(named: NamedCheckpoint, reading: ReleaseReading): Promise<Checkpoint | undefined> {
  const { source, folder, policy, workspace } = reading;
  const { side, version, kind, what, written, place, missing, pin } = named;
  const { path, shown, inside } = locate(written, reading);
  const release = workspace.show(folder);
  const words =
    remotePath(written, what, release, named.template) ??
    strayLink(path, what, workspace) ??
    notPulled(path, what, workspace);
  if (words) return source.problem(place, words.found, words.expected, words.mend);
  if (!inside) return source.problem(place, `${what} at ${quoted(written)}, outside the workspace`, named.inside);
  const table = kind === 'embeddings' ? tableAt(path, workspace, place) : undefined;
  if (!table && !isFile(path))
    return (
      missing && source.problem(place, `${missing[0]} at ${quoted(written)}`, missing[1], `(Looked for ${shown}.)`)
    );
  for (const problem of table?.problems ?? []) source.problems.add(problem);
  if (table && table.problems.length > 0) return undefined;
  const file = { version, kind, path, shown, folder };
  const content = await readCheckpointFile(file, source.problems.problems, workspace.digests);
  if (!content) return undefined;
  if (pin === undefined && policy.requirePins)
    source.problem(
      named.ownerPlace,
      `no sha256 of ${what}`,
      `${named.wanted}, as ${policy.path} says require_pins: true`,
      `Run: skewgate pin ${source.file}`,
    );
  const mend = `If the file is the right one, run: skewgate pin ${source.file}`;
  const wrong = pin === undefined ? undefined : wrongPin(pin, content, what, shown, mend);
  if (wrong) source.problems.add({ place: named.pinPlace, ...wrong });
  const { sha256, external, identity, onnx } = content;
  const { columns } = named;
  const known = { sha256, external, ...(identity === undefined ? {} : { identity }), ...(onnx ? { onnx } : {}) };
  return { side, ...file, ...known, ...(columns ? { columns } : {}) };
}
