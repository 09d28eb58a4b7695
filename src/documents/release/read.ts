/** models/*.yml → Release: versions, checkpoints, digests. Every mistake of the file is found in one reading. */
import { dirname, resolve } from 'node:path';
import type { Workspace } from '../../data/artefacts/files.js';
import type { Checkpoint, Side } from '../../data/checkpoints/checkpoint.js';
import { ConfigError } from '../../errors.js';
import { present } from '../../lib/lookup.js';
import { quoted } from '../../lib/text.js';
import { checkout, type PolicyOrigin } from '../policy/origin.js';
import { comparesFamilies, type SkewPolicy } from '../policy/policy.js';
import type { YamlSource } from '../yaml/source.js';
import { comparedOf } from './compared.js';
import { namesReport } from './earlier-report.js';
import { holdComparedFiles, holdFiles, holdToPast, pastsOf } from './history.js';
import { ownFamilyNotices } from './own-family.js';
import { itemCheckpoints, queryCheckpoints, servedCheckpoint } from './read-checkpoints.js';
import { openRelease, readHead } from './read-head.js';
import { readScore } from './read-score.js';
import { besideScores, readScoreColumns } from './read-score-columns.js';
import { readTower, servedTower } from './read-tower.js';
import { readVersions } from './read-versions.js';
import type { ReleaseReading } from './reading.js';
import type { Release, ScoreRelease, TowerRelease } from './release.js';
import type { ReleaseFile } from './release-file.js';

/** A release file with towers. */
type WrittenTowers = ReleaseFile & Required<Pick<ReleaseFile, 'versions' | 'query_tower' | 'item_tower'>>;

/**
 * Reads and checks a release for a policy: the policy's sweep says which versions are needed, its pins what must be
 * pinned. Where the policy comes from a commit, what that commit has published of the release must still stand, and the
 * family that serves today is that commit's.
 */
export async function readRelease(
  path: string,
  policy: SkewPolicy,
  workspace: Workspace,
  origin: PolicyOrigin = checkout('file'),
): Promise<Release> {
  const file = resolve(path);
  const source = openRelease(file, workspace);
  const pasts = pastsOf(file, source.text, origin.past, workspace);
  const order = pasts.flatMap((past) => holdToPast(past, source));
  const { release: read, raw } = await readOne(source, file, policy, workspace);
  holdFiles(read, pasts, origin.past, source);
  source.problems.throwIfAny(ConfigError);
  const release = { ...read, notices: [...read.notices, ...order] };
  const place = source.place(['compare_with']);
  const family = namesReport(raw.compare_with) ? undefined : raw.compare_with;
  const compared = comparedOf(file, family, place, pasts, origin.past, workspace);
  if (compared) {
    // The family that serves today needs no anchors and no ledger of its own: the candidate is held against it.
    const once = { ...policy, diagnosis: [], versionSkew: { ...policy.versionSkew, anchors: 1 } };
    const other = openRelease(compared.file, workspace, compared.text);
    const { release: compareWith } = await readOne(other, compared.file, once, workspace);
    holdComparedFiles(compareWith, origin.past, other);
    other.problems.throwIfAny(ConfigError);
    const own = await ownFamilyNotices({ release, raw, files: workspace.digests }, compareWith, compared.place, policy);
    return {
      ...release,
      compareWith,
      comparedAt: compared.place,
      notices: [...release.notices, ...compared.notices, ...own],
      ...(compared.difference === undefined ? {} : { difference: compared.difference }),
    };
  }
  const needing = policy.versionSkew.rules.find((rule) => comparesFamilies(rule.operator));
  if (needing)
    throw new ConfigError([
      {
        place: source.place([]),
        found: `no compare_with, which ${needing.operator} at ${policy.path}:${needing.place.line} needs`,
        expected: 'the release file of the family that serves today',
        mend: 'Write: compare_with: models/l1-cvr.production.yml',
      },
    ]);
  return release;
}

/** One release file, by itself. */
async function readOne(
  source: YamlSource,
  file: string,
  policy: SkewPolicy,
  workspace: Workspace,
): Promise<{ release: Release; raw: ReleaseFile }> {
  const raw = source.value as ReleaseFile;
  const reading = { source, folder: dirname(file), workspace, policy };
  const release = raw.scores === undefined ? await readTowers(raw, reading) : await readScores(raw, reading);
  source.problems.throwIfAny(ConfigError);
  return { release, raw };
}

/** Keys without which there is nothing to sweep, and how each is written. */
const NEEDED = {
  versions: 'versions: [v42, v41, v40]',
  query_tower: "query_tower: {onnx: 'checkpoints/query/{version}.onnx'}",
  item_tower: "item_tower: {onnx: 'checkpoints/item/{version}.onnx'}",
} as const;

/** Refuses a release without keys that its kind needs. */
function requireKeys<K extends keyof typeof NEEDED>(
  keys: readonly K[],
  raw: ReleaseFile,
  { source, policy }: ReleaseReading<SkewPolicy>,
): asserts raw is ReleaseFile & Required<Pick<ReleaseFile, K>> {
  for (const key of keys)
    if (raw[key] === undefined)
      source.problem(
        source.place([]),
        `no ${quoted(key)}`,
        `${key}, which the check version-skew of ${policy.path} needs`,
        `Write: ${NEEDED[key]}`,
      );
  source.problems.throwIfAny(ConfigError);
}

async function readTowers(raw: ReleaseFile, reading: ReleaseReading<SkewPolicy>): Promise<TowerRelease> {
  const { source } = reading;
  requireKeys(['versions', 'query_tower', 'item_tower'], raw, reading);
  const head = await readHead(raw, reading);
  const listed = readVersions(raw.versions, head.live, reading);
  const towers = {
    query: readTower('query', raw.query_tower, source),
    item: readTower('item', raw.item_tower, source),
  };
  const score = readScore(raw.score, listed.versions, source);
  // Digests are taken only once the rest of the file stands: hashing is the slow part.
  source.problems.throwIfAny(ConfigError);
  const checkpoints = {
    query: await queryCheckpoints(raw.query_tower, listed, reading),
    item: await itemCheckpoints(raw.item_tower, listed, reading),
  };
  for (const version of checkpoints.query.keys()) {
    score.scale(version);
    score.bias(version);
  }
  const release = { ...head, ...listed, towers, checkpoints, score };
  const served = await readServed(raw, release, reading);
  return served ? { ...release, served } : release;
}

/** A release whose scores stand in the rows: the eval set's digest pins them. */
async function readScores(raw: ReleaseFile, reading: ReleaseReading<SkewPolicy>): Promise<ScoreRelease> {
  const { source, policy } = reading;
  requireKeys(['versions'], raw, reading);
  besideScores(raw, source);
  const head = await readHead(raw, reading);
  const listed = readVersions(raw.versions, head.live, reading);
  const scores = readScoreColumns(present(raw.scores, 'scores of a release that is read by them'), policy, source);
  const score = readScore(raw.score, listed.versions, source);
  source.problems.throwIfAny(ConfigError);
  score.scale(head.live);
  score.bias(head.live);
  return { ...head, ...listed, scores, score };
}

/** The live version as it is served; undefined where no tower names files of its own for that. */
async function readServed(
  raw: WrittenTowers,
  release: TowerRelease,
  reading: ReleaseReading<SkewPolicy>,
): Promise<TowerRelease | undefined> {
  const { live, towers, checkpoints } = release;
  const served = {
    query: await servedCheckpoint('query', raw.query_tower, live, reading),
    item: await servedCheckpoint('item', raw.item_tower, live, reading),
  };
  if (!served.query && !served.item) return undefined;
  // A tower without files of its own is served as it was evaluated.
  const only = (side: Side): Map<string, Checkpoint> => {
    const checkpoint = served[side] ?? checkpoints[side].get(live);
    return new Map(checkpoint ? [[live, checkpoint]] : []);
  };
  return {
    ...release,
    chain: [live],
    towers: {
      query: servedTower(towers.query, raw.query_tower.served, reading.source),
      item: servedTower(towers.item, raw.item_tower.served, reading.source),
    },
    checkpoints: { query: only('query'), item: only('item') },
  };
}
