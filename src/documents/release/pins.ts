/** The files of a release whose digests it holds. */
import { resolve } from 'node:path';
import { isFile } from '../../data/artefacts/files.js';
import { artefactAt } from '../../data/artefacts/list.js';
import type { Pin } from '../policy/pins.js';
import { unchecked } from '../yaml/unchecked.js';
import type { ReleaseFile, WrittenTower } from './release-file.js';

const TOWERS = ['query_tower', 'item_tower'] as const;

/**
 * The pins of a release that no schema has been held against, of files that are there; undefined of a file that has
 * neither versions nor evidence.
 *
 * @param value  the plain value of the file
 * @param folder the file's folder
 */
export function pinsOfRelease(value: unknown, folder: string): Pin[] | undefined {
  const release = unchecked<ReleaseFile>(value);
  if (!release) return undefined;
  const tables = pinsOfTables(release.evidence, folder);
  const { versions } = release;
  if (!Array.isArray(versions)) return tables;
  const names = versions.map(String);
  return [
    ...(tables ?? []),
    ...TOWERS.flatMap((side) => pinsOfTower(side, release[side], { names, live: String(release.live), folder })),
  ];
}

function pinsOfTables(evidence: unknown, folder: string): Pin[] | undefined {
  const tables = unchecked<Readonly<Record<string, unknown>>>(evidence);
  if (!tables) return undefined;
  return Object.entries(tables).flatMap(([name, written]): Pin[] => {
    const given = unchecked<{ path: string }>(written)?.path ?? written;
    if (typeof given !== 'string') return [];
    const path = resolve(folder, given);
    if (!artefactAt(path)) return [];
    return [{ slot: { form: 'table', owner: ['evidence'], key: name }, name, path, content: 'table' }];
  });
}

/** Every version whose file is there, then the live one as it is served. */
function pinsOfTower(
  side: (typeof TOWERS)[number],
  written: unknown,
  { names, live, folder }: { readonly names: readonly string[]; readonly live: string; readonly folder: string },
): Pin[] {
  const tower = unchecked<WrittenTower>(written);
  const template = tower?.onnx ?? tower?.embeddings;
  if (typeof template !== 'string') return [];
  const content = tower?.onnx === undefined ? 'embeddings' : 'onnx';
  const pathOf = (pattern: string, version: string) => resolve(folder, pattern.replaceAll('{version}', version));
  const pins = names.flatMap((name): Pin[] => {
    const path = pathOf(template, name);
    const there = content === 'embeddings' ? artefactAt(path) !== undefined : isFile(path);
    return there ? [{ slot: { form: 'keyed', owner: [side], key: name }, name, path, content }] : [];
  });
  const served = unchecked<NonNullable<WrittenTower['served']>>(tower?.served)?.onnx;
  if (typeof served !== 'string' || !isFile(pathOf(served, live))) return pins;
  const path = pathOf(served, live);
  return [...pins, { slot: { form: 'own', owner: [side, 'served'] }, name: live, path, content: 'onnx' }];
}
