/**
 * `skewgate pin FILE`: fills in or refreshes the sha256 pins of a policy or a release; comments and layout are kept.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Document, isMap, isScalar, LineCounter, parseDocument, YAMLMap } from 'yaml';
import { isFile, Workspace } from '../data/artefacts/files.js';
import { artefactAt } from '../data/artefacts/list.js';
import { tableAt } from '../data/artefacts/table-at.js';
import type { Checkpoint } from '../data/checkpoints/checkpoint.js';
import { readCheckpointFile } from '../data/checkpoints/checkpoint-file.js';
import { EVAL_FILES } from '../documents/policy/policy.js';
import { openYaml } from '../documents/policy/read.js';
import { ConfigError, type Problem } from '../errors.js';
import { type CommandHost, type ExitStatus, guarded } from '../gate.js';
import { plural, quoted } from '../lib/text.js';
import { type Command, required } from './command.js';

/**
 * What is pinned: `owner` is the path of the mapping that holds `sha256`, by `key` where it has several, or of
 * `evidence`, whose tables have a digest of their own.
 */
interface Pin {
  readonly owner: readonly string[];
  readonly key: string;
  readonly path: string;
  /** Of a checkpoint, whose digest covers its external data. */
  readonly kind?: Checkpoint['kind'];
  /** `sha256` is the digest itself. */
  readonly single?: boolean;
}

const EVIDENCE = 'evidence';

export const pin: Command = {
  name: 'pin',
  does: ['fill in or refresh the sha256 pins of a policy or a release, comments kept'],
  options: {},
  argument: { name: 'FILE', expected: 'one file', example: 'gates/my-model.yml' },
  run: (values, host) => pinFile(required(values, 'argument'), host),
};

function pinFile(path: string, host: CommandHost): Promise<ExitStatus> {
  return guarded(host, async () => {
    const workspace = new Workspace(host.workspace);
    const file = resolve(path);
    const source = openYaml(file, workspace, 'policy or release');
    source.problems.throwIfAny(ConfigError);
    const text = readFileSync(file, 'utf8');
    const document = parseDocument(text, { lineCounter: new LineCounter() });
    const problems: Problem[] = [];
    let changed = 0;
    const pins =
      typeof source.value === 'object' && source.value !== null
        ? pinsOf(source.value as Record<string, unknown>, dirname(file))
        : undefined;
    if (pins === undefined || pins.length === 0)
      throw new ConfigError([
        {
          place: { file: source.file, line: 1, column: 1 },
          found: pins
            ? 'nothing to pin: no file under the paths that it names'
            : 'nothing to pin: neither eval_set, nor versions, nor evidence',
          expected: pins ? 'files that exist' : 'a policy with an eval set, or a release',
        },
      ]);
    for (const { owner, key, path: target, kind, single } of pins) {
      if (!workspace.contains(target)) {
        problems.push({
          place: source.place([...owner]),
          found: `${quoted(key)} outside the workspace`,
          expected: 'a file inside it',
        });
        continue;
      }
      const table = kind === 'onnx' ? undefined : tableAt(target, workspace, source.place([...owner]));
      if (table && table.problems.length > 0) {
        problems.push(...table.problems);
        continue;
      }
      const digest =
        kind === undefined
          ? table && (await workspace.digests.of(table.artefact))
          : (
              await readCheckpointFile(
                { version: key, kind, path: target, shown: workspace.show(target), folder: dirname(file) },
                problems,
                workspace.digests,
              )
            )?.sha256;
      if (digest === undefined) continue;
      const holder = document.getIn([...owner]);
      if (!isMap(holder)) {
        problems.push({
          place: source.place([...owner]),
          found: 'an alias',
          expected: 'a mapping of its own, to be pinned',
        });
        continue;
      }
      if (owner[0] === EVIDENCE) {
        if (pinTable(document, holder, key, digest)) changed++;
        continue;
      }
      if (single) {
        if (String(holder.get('sha256')).toLowerCase() === digest) continue;
        holder.set('sha256', digest);
        changed++;
        continue;
      }
      const pinned = pinsMap(holder);
      // By text: a version 5 may be written as a number.
      const pair = pinned.items.find(({ key: k }) => isScalar(k) && String(k.value) === key);
      if (pair && isScalar(pair.value) && String(pair.value.value).toLowerCase() === digest) continue;
      if (pair) pair.value = document.createNode(digest);
      else pinned.set(key, digest);
      changed++;
    }
    if (problems.length > 0) throw new ConfigError(problems);
    if (changed > 0) writeFileSync(file, document.toString({ lineWidth: 0, flowCollectionPadding: false }));
    host.output(`${source.file}: ${plural(pins.length, 'pin')}, ${changed} changed\n`);
    return 0;
  });
}

/** `name: path` becomes `name: {path: …, sha256: …}`. Whether anything changed. */
function pinTable(document: Document, tables: YAMLMap, name: string, digest: string): boolean {
  const written = tables.get(name, true) as unknown;
  if (isMap(written)) {
    const old = written.get('sha256');
    if (String(old).toLowerCase() === digest) return false;
    written.set('sha256', digest);
    return true;
  }
  if (!isScalar(written)) return false;
  const pinned = document.createNode({ path: String(written.value), sha256: digest }) as YAMLMap;
  pinned.flow = true;
  if (written.comment) pinned.comment = written.comment;
  tables.set(name, pinned);
  return true;
}

/** The mapping of digests, made where there is none. */
function pinsMap(holder: YAMLMap): YAMLMap {
  const found = holder.get('sha256');
  if (isMap(found)) return found;
  const made = new YAMLMap();
  made.flow = true;
  holder.set('sha256', made);
  return made;
}

function pinsOf(value: Record<string, unknown>, folder: string): Pin[] | undefined {
  const evalSet = value.eval_set as Record<string, unknown> | undefined;
  if (typeof evalSet === 'object' && evalSet !== null)
    return EVAL_FILES.filter((name) => typeof evalSet[name] === 'string').map((name) => ({
      owner: ['eval_set'],
      key: name,
      path: existing(folder, String(evalSet[name])),
    }));
  const tables = tablesOf(value[EVIDENCE], folder);
  if (!Array.isArray(value.versions)) return tables;
  const pins: Pin[] = [...(tables ?? [])];
  for (const side of ['query_tower', 'item_tower']) {
    const tower = value[side] as Record<string, unknown> | undefined;
    const template = tower?.onnx ?? tower?.embeddings;
    if (typeof template !== 'string') continue;
    const kind = tower?.onnx === undefined ? 'embeddings' : 'onnx';
    for (const version of value.versions.map(String)) {
      const path = resolve(folder, template.replaceAll('{version}', version));
      if (kind === 'embeddings' ? artefactAt(path) : isFile(path))
        pins.push({ owner: [side], key: version, path, kind });
    }
    const served = (tower?.served as Record<string, unknown> | undefined)?.onnx;
    const live = String(value.live);
    const path = typeof served === 'string' ? resolve(folder, served.replaceAll('{version}', live)) : undefined;
    if (path !== undefined && isFile(path))
      pins.push({ owner: [side, 'served'], key: live, path, kind: 'onnx', single: true });
  }
  return pins;
}

/** Tables of evidence whose files are there; undefined where the release has none. */
function tablesOf(evidence: unknown, folder: string): Pin[] | undefined {
  if (typeof evidence !== 'object' || evidence === null) return undefined;
  return Object.entries(evidence).flatMap(([key, written]): Pin[] => {
    const path = typeof written === 'object' && written !== null ? (written as { path?: unknown }).path : written;
    if (typeof path !== 'string' || !artefactAt(resolve(folder, path))) return [];
    return [{ owner: [EVIDENCE], key, path: resolve(folder, path) }];
  });
}

function existing(folder: string, written: string): string {
  const path = resolve(folder, written);
  if (!artefactAt(path))
    throw new ConfigError([
      { found: `eval_set file ${quoted(written)}, which does not exist`, expected: 'a file to take the digest of' },
    ]);
  return path;
}
