/** models/*.yml → Release: versions, checkpoints, digests. Every mistake of the file is found in one reading. */
import { dirname, resolve } from 'node:path';
import { isFile, type Workspace } from '../../data/artefacts/files.js';
import { tableAt } from '../../data/artefacts/table-at.js';
import type { Checkpoint, Side } from '../../data/checkpoints/checkpoint.js';
import { type CheckpointContent, readCheckpointFile, wrongPin } from '../../data/checkpoints/checkpoint-file.js';
import { ConfigError, type Place } from '../../errors.js';
import { didYouMean, list, quoted } from '../../lib/text.js';
import { checkout, type PolicyOrigin } from '../policy/origin.js';
import { comparesFamilies, type SkewPolicy } from '../policy/policy.js';
import type { Path, YamlSource } from '../yaml/source.js';
import { comparedOf } from './compared.js';
import { holdComparedFiles, holdFiles, holdToPast, pastsOf } from './history.js';
import { ownFamilyNotices } from './own-family.js';
import { headOf, openRelease, type RawHead } from './read-head.js';
import type { InputSource, Link, Release, ScoreSpec, Similarity, Tower } from './release.js';

interface RawTower {
  onnx?: string;
  embeddings?: string;
  served?: { onnx: string; sha256?: string; batch?: number };
  sha256?: Record<string, string>;
  inputs?: Record<
    string,
    string | string[] | { column: string; pad?: number | string | boolean; length?: number; mask?: string }
  >;
  output?: string;
  batch?: number;
}

interface RawRelease extends RawHead {
  versions?: (string | number)[];
  query_tower?: RawTower;
  item_tower?: RawTower;
  compare_with?: string;
  score?: {
    similarity?: Similarity;
    link?: Link;
    scale?: number | Record<string, number>;
    bias?: number | Record<string, number>;
  };
}

/** A release as the sweep needs it. */
type TowerRelease = RawRelease & Required<Pick<RawRelease, 'versions' | 'query_tower' | 'item_tower'>>;

/**
 * Reads and checks a release for a policy: the policy's sweep says which versions are needed, its pins what must be pinned. Where the policy comes from a commit, what that commit has published
 * of the release must still stand, and the family that serves today is that commit's.
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
  const compared = comparedOf(file, raw.compare_with, place, pasts, origin.past, workspace);
  if (compared) {
    // What serves today needs no anchors and no ledger of its own: it is what the candidate is held against.
    const once = { ...policy, diagnosis: [], versionSkew: { ...policy.versionSkew, anchors: 1 } };
    const other = openRelease(compared.file, workspace, compared.text);
    const { release: compareWith } = await readOne(other, compared.file, once, workspace);
    holdComparedFiles(compareWith, origin.past, other);
    other.problems.throwIfAny(ConfigError);
    const own = await ownFamilyNotices({ release, raw, files: workspace.digests }, compareWith, compared.place, policy);
    return {
      ...release,
      compareWith,
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

/** One release file with towers, by itself. */
async function readOne(source: YamlSource, file: string, policy: SkewPolicy, workspace: Workspace) {
  const raw = source.value as RawRelease;
  for (const key of ['versions', 'query_tower', 'item_tower'] as const)
    if (raw[key] === undefined)
      source.problems.add({
        place: source.place([]),
        found: `no ${quoted(key)}`,
        expected: `${key}, which the check version-skew of ${policy.path} needs`,
        mend: `Write: ${{ versions: 'versions: [v42, v41, v40]', query_tower: "query_tower: {onnx: 'checkpoints/query/{version}.onnx'}", item_tower: "item_tower: {onnx: 'checkpoints/item/{version}.onnx'}" }[key]}`,
      });
  source.problems.throwIfAny(ConfigError);
  const reader = new ReleaseReader(source, dirname(file), workspace, policy);
  const release = await reader.read(raw as TowerRelease);
  source.problems.throwIfAny(ConfigError);
  return { release, raw: raw as TowerRelease };
}

/** How far back the sweep goes on each side. */
function depthsOf({ versionSkew: { from, to, anchors } }: SkewPolicy): {
  query: number;
  item: number;
  deepest: number;
} {
  return { query: Math.max(-from, anchors - 1), item: to + anchors - 1, deepest: Math.max(to + anchors - 1, -from) };
}

class ReleaseReader {
  private readonly notices: string[] = [];

  constructor(
    private readonly source: YamlSource,
    private readonly folder: string,
    private readonly workspace: Workspace,
    private readonly policy: SkewPolicy,
  ) {}

  async read(raw: TowerRelease): Promise<Release> {
    const head = await headOf(this.source, this.folder, this.workspace, this.policy);
    for (const [i, version] of raw.versions.entries())
      if (typeof version === 'number' && !Number.isSafeInteger(version))
        this.problem(
          this.source.place(['versions', i]),
          `version ${version}, a number too long to be exact`,
          'a version in quotation marks',
        );
    const versions = raw.versions.map(String);
    const live = String(raw.live);
    const chain = this.chain(versions, live);
    const { from, to, anchors } = this.policy.versionSkew;
    const { deepest } = depthsOf(this.policy);
    if (chain.length <= deepest)
      this.problem(
        this.source.place(['versions']),
        `${chain.length} versions from ${quoted(live)} backwards`,
        `at least ${deepest + 1}, as the sweep from ${from} to ${to}${anchors > 1 ? ` over ${anchors} anchors` : ''} of ${this.policy.path}:${this.policy.versionSkew.sweepPlace.line} needs them`,
        'List older versions, or shorten the sweep.',
      );
    const towers = { query: this.tower('query', raw.query_tower), item: this.tower('item', raw.item_tower) };
    const score = this.score(raw, versions);
    // Digests are taken only once the rest of the file stands: hashing is the slow part.
    this.source.problems.throwIfAny(ConfigError);
    const checkpoints = {
      query: await this.queryCheckpoints(raw.query_tower, versions, chain),
      item: await this.itemCheckpoints(raw.item_tower, versions, chain),
    };
    for (const version of checkpoints.query.keys()) {
      score.scale(version);
      score.bias(version);
    }
    const release = {
      ...head,
      live,
      versions,
      chain,
      towers,
      checkpoints,
      score,
      notices: this.notices,
    };
    const served = {
      query: await this.servedCheckpoint('query', raw.query_tower, live),
      item: await this.servedCheckpoint('item', raw.item_tower, live),
    };
    if (!served.query && !served.item) return release;
    // A tower without files of its own is served as it was evaluated.
    const only = (side: Side): Map<string, Checkpoint> => {
      const checkpoint = served[side] ?? checkpoints[side].get(live);
      return new Map(checkpoint ? [[live, checkpoint]] : []);
    };
    const asServed = {
      ...release,
      chain: [live],
      towers: {
        query: servedTower(towers.query, raw.query_tower.served, this.source),
        item: servedTower(towers.item, raw.item_tower.served, this.source),
      },
      checkpoints: { query: only('query'), item: only('item') },
    };
    return { ...release, served: asServed };
  }

  /** The live version's file at the precision of serving; undefined where the tower names none. */
  private async servedCheckpoint(side: Side, raw: RawTower, live: string): Promise<Checkpoint | undefined> {
    if (!raw.served) return undefined;
    const at: Path = [`${side}_tower`, 'served'];
    const { onnx, sha256 } = raw.served;
    const written = onnx.replaceAll('{version}', live);
    const path = resolve(this.folder, written);
    const place = this.source.place([...at, 'onnx']);
    if (raw.onnx === undefined)
      return this.problem(
        this.source.keyPlace(at),
        `served beside precomputed embeddings`,
        'served only with onnx',
        'Give the scores at both precisions: evidence: {precision: …}.',
      );
    if (!this.workspace.contains(path))
      return this.problem(
        place,
        `the served ${side} checkpoint at ${quoted(written)}, outside the workspace`,
        'a path inside it',
      );
    if (!isFile(path))
      return this.problem(
        place,
        `no served ${side} checkpoint at ${quoted(written)}`,
        'the live version’s file as it is served',
        `(Looked for ${this.workspace.show(path)}.)`,
      );
    const file = { version: live, kind: 'onnx', path, shown: this.workspace.show(path), folder: this.folder } as const;
    const content = await readCheckpointFile(file, this.source.problems.problems, this.workspace.digests);
    if (!content) return undefined;
    if (sha256 === undefined && this.policy.requirePins)
      this.problem(
        this.source.keyPlace(at),
        `no sha256 of the served ${side} checkpoint`,
        `one, as ${this.policy.path} says require_pins: true`,
        `Run: skewgate pin ${this.source.file}`,
      );
    this.holdPin(sha256, content, this.source.place([...at, 'sha256']), `the served ${side} checkpoint`, file.shown);
    return { side, ...file, ...known(content) };
  }

  private holdPin(
    pin: string | undefined,
    content: CheckpointContent,
    place: Place,
    what: string,
    shown: string,
  ): void {
    if (pin === undefined) return;
    const mend = `If the file is the right one, run: skewgate pin ${this.source.file}`;
    const wrong = wrongPin(pin, content, what, shown, mend);
    if (wrong) this.source.problems.add({ place, ...wrong });
  }

  private problem(place: Place, found: string, expected: string, mend?: string): undefined {
    this.source.problems.add({ place, found, expected, ...(mend === undefined ? {} : { mend }) });
    return undefined;
  }

  private chain(versions: readonly string[], live: string): string[] {
    for (const [i, version] of versions.entries())
      if (versions.indexOf(version) !== i)
        this.problem(
          this.source.place(['versions', i]),
          `version ${quoted(version)} a second time`,
          'every version once',
        );
    const start = versions.indexOf(live);
    if (start < 0) {
      const near = didYouMean(live, versions);
      this.problem(
        this.source.place(['live']),
        `live version ${quoted(live)}, which \`versions\` does not list`,
        `one of ${list(versions)}`,
        near ? `Did you mean "${near}"?` : undefined,
      );
      return [...versions];
    }
    if (start > 0)
      this.notices.push(`${list(versions.slice(0, start))}: newer than live ${live}, left out of the sweep.`);
    return versions.slice(start);
  }

  private tower(side: Side, raw: RawTower): Tower {
    const at: Path = [`${side}_tower`];
    if ((raw.onnx === undefined) === (raw.embeddings === undefined))
      this.problem(
        this.source.keyPlace(at),
        `${side}_tower with ${raw.onnx === undefined ? 'neither onnx nor embeddings' : 'both onnx and embeddings'}`,
        'exactly one of the two',
        `Write: onnx: checkpoints/${side}/{version}.onnx`,
      );
    if (raw.embeddings !== undefined)
      for (const key of ['inputs', 'output', 'batch'] as const)
        if (raw[key] !== undefined)
          this.problem(
            this.source.keyPlace([...at, key]),
            `${key} of precomputed embeddings`,
            `${key} only with onnx`,
            'Remove it.',
          );
    const template = raw.onnx ?? raw.embeddings;
    const templatePlace = this.source.place([...at, raw.onnx === undefined ? 'embeddings' : 'onnx']);
    if (template !== undefined && side === 'item' && !template.includes('{version}'))
      this.problem(
        templatePlace,
        `a path without {version}: ${quoted(template)}`,
        'one file per version',
        `Write: checkpoints/${side}/{version}.onnx`,
      );
    const inputs = new Map<string, InputSource>();
    const inputPlaces = new Map<string, Place>();
    const masks = new Set<string>();
    for (const [name, written] of Object.entries(raw.inputs ?? {})) {
      const path = [...at, 'inputs', name];
      inputPlaces.set(name, this.source.keyPlace(path));
      if (typeof written === 'string') inputs.set(name, { kind: 'column', column: written });
      else if (Array.isArray(written)) inputs.set(name, { kind: 'gather', columns: written });
      else {
        inputs.set(name, { kind: 'list', ...written });
        if (written.mask !== undefined) {
          masks.add(written.mask);
          inputPlaces.set(written.mask, this.source.place([...path, 'mask']));
          if (written.pad === undefined)
            this.problem(
              this.source.keyPlace([...path, 'mask']),
              'a mask without a pad value',
              'pad beside mask',
              'Write: pad: 0',
            );
        }
      }
    }
    for (const mask of masks)
      if (inputs.has(mask))
        this.problem(
          this.source.keyPlace([...at, 'inputs', mask]),
          `input ${quoted(mask)} both as a mask and with a column`,
          'one of the two',
        );
    return {
      side,
      inputs,
      inputPlaces,
      ...(raw.output === undefined ? {} : { output: raw.output }),
      place: this.source.keyPlace(at),
      outputPlace: this.source.place([...at, 'output']),
      ...(raw.batch === undefined ? {} : { batch: raw.batch }),
      batchPlace: this.source.place([...at, 'batch']),
    };
  }

  private zeroScale(path: Path): void {
    this.problem(this.source.place(path), 'scale 0, which makes every score the same', 'a number other than 0');
  }

  private score(raw: RawRelease, versions: readonly string[]): ScoreSpec {
    const at: Path = ['score'];
    const perVersion = (key: 'scale' | 'bias', otherwise: number) => {
      const written = raw.score?.[key];
      if (written === undefined) return () => otherwise;
      if (typeof written === 'number') {
        if (key === 'scale' && written === 0) this.zeroScale([...at, key]);
        return () => written;
      }
      for (const [version, value] of Object.entries(written)) {
        if (key === 'scale' && value === 0) this.zeroScale([...at, key, version]);
        if (!versions.includes(version))
          this.problem(
            this.source.keyPlace([...at, key, version]),
            `${key} of ${quoted(version)}, which \`versions\` does not list`,
            `one of ${list(versions)}`,
          );
      }
      return (version: string) => {
        const value = own(written, version);
        if (value === undefined)
          throw new ConfigError([
            {
              place: this.source.place([...at, key]),
              found: `no ${key} of query version ${quoted(version)}`,
              expected: 'a number for every query version that is scored',
              mend: `Write: ${key}: {${version}: 1}`,
            },
          ]);
        return value;
      };
    };
    return {
      similarity: raw.score?.similarity ?? 'dot',
      link: raw.score?.link ?? 'sigmoid',
      scale: perVersion('scale', 1),
      bias: perVersion('bias', 0),
      place: this.source.place(at),
    };
  }

  /** The live query checkpoint must exist; older ones are taken where they do. */
  private async queryCheckpoints(
    raw: RawTower,
    versions: readonly string[],
    chain: readonly string[],
  ): Promise<Map<string, Checkpoint>> {
    const { from } = this.policy.versionSkew;
    const { deepest, query: needed } = depthsOf(this.policy);
    const template = (raw.onnx ?? raw.embeddings)!;
    const found = new Map<string, Checkpoint>();
    for (const [k, version] of chain.slice(0, deepest + 1).entries()) {
      if (k > 0 && !template.includes('{version}')) {
        if (k <= needed)
          this.problem(
            this.source.place(['query_tower', raw.onnx === undefined ? 'embeddings' : 'onnx']),
            'a query tower without {version}',
            k <= -from
              ? `old query checkpoints, as the sweep starts at distance ${from}`
              : 'old query checkpoints, as the sweep is repeated for older live versions (anchors)',
            'Write: checkpoints/query/{version}.onnx, or sweep: {from: 0, …} without anchors',
          );
        break;
      }
      const required = k <= needed || own(raw.sha256, version) !== undefined;
      const why =
        k === 0
          ? 'the live version'
          : k <= -from
            ? `distance ${-k} of the sweep`
            : k <= needed
              ? `anchor ${k} of the sweep`
              : 'the digest that sha256 gives';
      const checkpoint = await this.checkpoint('query', raw, version, required, why);
      if (checkpoint) found.set(version, checkpoint);
    }
    this.unknownDigests('query', raw, versions);
    return found;
  }

  private async itemCheckpoints(
    raw: RawTower,
    versions: readonly string[],
    chain: readonly string[],
  ): Promise<Map<string, Checkpoint>> {
    const { deepest, item: needed } = depthsOf(this.policy);
    const found = new Map<string, Checkpoint>();
    for (const [k, version] of chain.slice(0, deepest + 1).entries()) {
      // Beyond that, an old item version serves only the split of negative distances, and may be missing.
      const checkpoint = await this.checkpoint('item', raw, version, k <= needed, `distance ${k} of the sweep`);
      if (checkpoint) found.set(version, checkpoint);
    }
    this.unknownDigests('item', raw, versions);
    return found;
  }

  private unknownDigests(side: Side, raw: RawTower, versions: readonly string[]): void {
    for (const version of Object.keys(raw.sha256 ?? {}))
      if (!versions.includes(version))
        this.problem(
          this.source.keyPlace([`${side}_tower`, 'sha256', version]),
          `a digest of ${quoted(version)}, which \`versions\` does not list`,
          `one of ${list(versions)}`,
        );
  }

  private async checkpoint(
    side: Side,
    raw: RawTower,
    version: string,
    required: boolean,
    why: string,
  ): Promise<Checkpoint | undefined> {
    const at: Path = [`${side}_tower`];
    const kind = raw.onnx === undefined ? 'embeddings' : 'onnx';
    const place = this.source.place([...at, kind]);
    const written = raw[kind]!.replaceAll('{version}', version);
    const path = resolve(this.folder, written);
    if (!this.workspace.contains(path))
      return this.problem(
        place,
        `${side} checkpoint ${quoted(version)} at ${quoted(written)}, outside the workspace`,
        'a path inside the workspace',
      );
    const table = kind === 'embeddings' ? tableAt(path, this.workspace, place) : undefined;
    if (!table && !isFile(path)) {
      if (required)
        this.problem(
          place,
          `no ${side} checkpoint of ${quoted(version)} at ${quoted(written)}`,
          `that file, for ${why}`,
          `(Looked for ${this.workspace.show(path)}.)`,
        );
      return undefined;
    }
    for (const problem of table?.problems ?? []) this.source.problems.add(problem);
    if (table && table.problems.length > 0) return undefined;
    const file = { version, kind, path, shown: this.workspace.show(path), folder: this.folder } as const;
    const content = await readCheckpointFile(file, this.source.problems.problems, this.workspace.digests);
    if (!content) return undefined;
    const pin = own(raw.sha256, version);
    if (pin === undefined && this.policy.requirePins)
      this.problem(
        raw.sha256 ? this.source.keyPlace([...at, 'sha256']) : this.source.keyPlace(at),
        `no sha256 of ${side} checkpoint ${quoted(version)}`,
        `one for every checkpoint, as ${this.policy.path} says require_pins: true`,
        `Run: skewgate pin ${this.source.file}`,
      );
    this.holdPin(
      pin,
      content,
      this.source.place([...at, 'sha256', version]),
      `${side} checkpoint ${quoted(version)}`,
      file.shown,
    );
    return { side, ...file, ...known(content) };
  }
}

/** The tower as its served file is embedded: in batches of its own, where it names a size, else in the tower's. */
function servedTower(tower: Tower, served: RawTower['served'], source: YamlSource): Tower {
  if (served?.batch === undefined) return tower;
  return { ...tower, batch: served.batch, batchPlace: source.place([`${tower.side}_tower`, 'served', 'batch']) };
}

/** What a checkpoint keeps of its files. */
function known({ sha256, external, onnx }: CheckpointContent) {
  return { sha256, external, ...(onnx ? { onnx } : {}) };
}

/** A value under a key of the user's own: `constructor` is no version unless it is written. */
function own<T>(map: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;
}
