/** A promotion by towers made into one by columns of scores: the very scores of its towers, on the same rows. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { parquetWriteFile } from 'hyparquet-writer';
import { gatherSkew, planSkew } from '../../src/checks/version-skew/gather.js';
import { Workspace } from '../../src/data/artefacts/files.js';
import { readPolicy } from '../../src/documents/policy/read.js';
import { readRelease } from '../../src/documents/release/read.js';
import { runSweep } from '../../src/models/scores/sweep.js';
import { digest, type Project } from './project.js';
import { generator } from './random.js';

/** As the columns are named: of M[live, v], M[v, v] and M[v, live]. */
export const TEMPLATES = { column: 'score_{version}', aligned: 'aligned_{version}', older_query: 'older_{version}' };

/**
 * Shape (rows) each, by name: the similarities of every pair of versions that the policy sweeps, before scale and bias.
 *
 * @param prefix in front of every name, where two families stand in one table
 */
export async function similarities(
  folder: string,
  policyPath: string,
  releasePath: string,
  prefix = '',
): Promise<ReadonlyMap<string, Float64Array>> {
  const workspace = new Workspace(folder);
  const policy = readPolicy(join(folder, policyPath), workspace).skew!;
  const plan = planSkew(policy, new Map());
  const release = await readRelease(join(folder, releasePath), policy, workspace);
  if (release.scores) throw new Error('a release by scores already');
  const { evalSet, families } = await gatherSkew(plan, release, workspace);
  const towers = families[0].towers!;
  const score = { ...release.score, scale: () => 1, bias: () => 0 };
  const options = { ...plan.sweep, positions: false, drift: 'none', onProgress: () => undefined } as const;
  const { columns } = await runSweep(evalSet, { release: { ...release, score }, towers }, options);
  const name = (query: number, item: number) => {
    const [template, age] =
      query === 0 ? [TEMPLATES.column, item] : item === 0 ? [TEMPLATES.older_query, query] : [TEMPLATES.aligned, item];
    return `${prefix}${template.replace('{version}', release.chain[age]!)}`;
  };
  return new Map(columns.map(({ query, item, scores }) => [name(query, item), scores]));
}

/** The release file with scores in the place of its towers; its other keys stay. */
export function byScores(release: string, prefix = ''): string {
  const kept: string[] = [];
  let inTower = false;
  for (const line of release.split('\n')) {
    if (/^\S/.test(line)) inTower = /^(query|item)_tower:/.test(line);
    if (!inTower) kept.push(line.replace(/similarity: dot,? ?/, ''));
  }
  const columns = Object.entries(TEMPLATES).map(([key, template]) => `  ${key}: '${prefix}${template}'`);
  return `${kept.join('\n').trimEnd()}\nscores:\n${columns.join('\n')}\n`;
}

/** Adds columns to a CSV. */
export function withColumns(csv: string, columns: ReadonlyMap<string, Float64Array>): string {
  const [head, ...rows] = csv.trimEnd().split('\n');
  const all = [...columns.values()];
  return `${[
    [head, ...columns.keys()].join(','),
    ...rows.map((row, r) => [row, ...all.map((values) => values[r])].join(',')),
  ].join('\n')}\n`;
}

/** Adds columns to a Parquet file; the rows stay as they are. */
export async function addColumns(file: string, columns: ReadonlyMap<string, Float64Array>): Promise<void> {
  const bytes = readFileSync(file);
  const rows = await parquetReadObjects({
    file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer,
    compressors,
  });
  const names = Object.keys(rows[0]!);
  parquetWriteFile({
    filename: file,
    columnData: [
      ...names.map((name) => ({ name, data: rows.map((row) => row[name]) })),
      ...[...columns].map(([name, values]) => ({ name, data: Array.from(values), type: 'DOUBLE' as const })),
    ],
  });
}

/** Pins the rows of a policy again, by the digest that they have now. */
export function repinRows(folder: string, policyPath: string, before: string, rowsPath: string): void {
  const path = join(folder, policyPath);
  const now = digest(readFileSync(join(dirname(path), rowsPath)));
  writeFileSync(path, readFileSync(path, 'utf8').replace(before, now));
}

/** A good promotion whose release gives scores that no tower made: a logit of the pair, and noise a version. */
export function scoredProject(project: Project): Project {
  const random = generator(11);
  const rows = project.read('eval/rows.csv').trimEnd().split('\n').slice(1);
  const logit = rows.map((row) => {
    const [, , label] = row.split(',');
    return 1.5 * (Number(label) - 0.5) + random.normal();
  });
  const noisy = (size: number) => Float64Array.from(logit, (z) => z + size * random.normal());
  const names = ['score_v3', 'score_v2', 'score_v1', 'aligned_v2', 'aligned_v1', 'older_v2'];
  const columns = new Map(names.map((name, k) => [name, noisy(k === 0 ? 0 : 0.02 * k)]));
  return project
    .rows(withColumns(project.read('eval/rows.csv'), columns))
    .write('models/release.yml', byScores(project.read('models/release.yml')));
}
