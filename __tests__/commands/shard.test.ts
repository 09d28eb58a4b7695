/** Shards of a run and what comes of them: the report of one machine, or one line that says which shard is wrong. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../src/commands/main.js';
import { KeepingHost } from '../support/host.js';
import { BLOCKS, itemTable, manyItems } from '../support/many-items.js';
import { lookupTower, onnx } from '../support/onnx.js';
import type { Project } from '../support/project.js';
import { byScores, similarities, withColumns } from '../support/scored-columns.js';

let project: Project;
beforeEach(() => {
  project = manyItems();
});
afterEach(() => project.remove());

async function skewgate(command: string, ...more: string[]) {
  const host = new KeepingHost(project.folder);
  const files = [
    '--policy',
    join(project.folder, 'gates/gate.yml'),
    '--release',
    join(project.folder, 'models/release.yml'),
  ];
  const status = await main([command, ...files, ...more], host);
  return { status, printed: host.printed, message: host.message.replaceAll(`${project.folder}/`, '') };
}

const path = (name: string) => join(project.folder, name);
const shard = (index: number, of: number, out = `s${index}`) =>
  skewgate('shard', '--index', String(index), '--of', String(of), '--out', path(out));
const merge = (...folders: string[]) => skewgate('merge', ...folders.map(path), '--format', 'json');

/** The report but for what differs between two runs. */
function reportOf({ printed }: { printed: string }) {
  const { run, ...report } = JSON.parse(printed);
  return { run, report };
}

/** Writes the shards of a run; the entries of each. */
async function written(of: number): Promise<string[]> {
  const names = Array.from({ length: of }, (_, i) => `s${i + 1}`);
  for (const i of names.keys()) expect(await shard(i + 1, of)).toMatchObject({ status: 0, message: '' });
  return names;
}

/** One of the vectors' files of a shard. */
function entryOf(folder: string): string {
  return path(join(folder, readdirSync(path(folder)).find((name) => name.endsWith('.vec'))!));
}

describe('shards of a run', () => {
  it.each([1, 2, 5])('give the report of one machine to the byte: %i of them, in any order', async (of) => {
    const alone = await skewgate('run', '--format', 'json');
    const names = await written(of);
    const merged = await merge(...names.toReversed());
    expect([merged.status, merged.message]).toEqual([alone.status, '']);
    expect(reportOf(merged).report).toEqual(reportOf(alone).report);
    // Three versions of items, two of which queries have one block each and the live one another.
    expect(reportOf(merged).run.vectors).toMatchObject({ from: 'shards', taken: 3 * BLOCKS + 3, embedded: 0 });
  });

  it('share out every block once, evenly', async () => {
    const names = await written(4);
    const manifests = names.map((name) => JSON.parse(readFileSync(path(`${name}/manifest.json`), 'utf8')));
    const keys = manifests.flatMap(({ entries }) => entries.map(({ key }: { key: string }) => key));
    expect(new Set(keys).size).toBe(3 * BLOCKS + 3);
    expect(keys.length).toBe(3 * BLOCKS + 3);
    expect(manifests.map(({ held }) => held.blocks)).toEqual([3, 3, 3, 3]);
    expect(manifests.reduce((xor, { held }) => (xor ^ held.keys) >>> 0, 0)).toBe(manifests[0].all.keys);
  });

  it('give it too where embeddings depend on a declared batch, and where vectors are given', async () => {
    project.edit('models/release.yml', 'onnx: item/{version}.onnx', 'onnx: item/{version}.onnx\n  batch: 7');
    const lines = Array.from({ length: 180 }, (_, q) => `{"id": "r${q}", "vector": [${q / 180}, 1, 0.5, -1]}`);
    for (const version of ['v3', 'v2', 'v1']) project.write(`models/query/${version}.jsonl`, `${lines.join('\n')}\n`);
    project.edit('models/release.yml', 'onnx: query/{version}.onnx', 'embeddings: query/{version}.jsonl');
    const alone = await skewgate('run', '--format', 'json');
    const merged = await merge(...(await written(2)));
    expect([merged.message, alone.message]).toEqual(['', '']);
    expect(reportOf(merged).report).toEqual(reportOf(alone).report);
    expect(reportOf(merged).run.vectors.embedded).toBe(0);
  });
});

describe('a merge is refused', () => {
  it('without a shard, with one twice, and with one that has not come to its end', async () => {
    await written(3);
    expect(await merge('s1', 's3')).toMatchObject({
      status: 2,
      printed: '',
      message:
        'no shard 2; expected all 3 shards. Run what is missing again: a verdict is never reached on part of the data.',
    });
    cpSync(path('s2'), path('copy'), { recursive: true });
    expect((await merge('s1', 's2', 'copy', 's3')).message).toMatch(/copy: shard 2 again \(first in .*s2\)/);
    rmSync(path('s2/manifest.json'));
    expect(await merge('s1', 's2', 's3')).toMatchObject({
      status: 2,
      printed: '',
      message: expect.stringMatching(
        /^s2: no manifest.json: a shard that has not come to its end; .*Write this shard again/,
      ),
    });
    expect((await merge('s1', 'nowhere', 's3')).message).toMatch(/nowhere: no such folder/);
  });

  it('with shards of two releases', async () => {
    await written(2);
    project.edit('models/release.yml', 'release: test-model', 'release: another');
    expect((await shard(2, 2)).status).toBe(0);
    expect(await merge('s1', 's2')).toMatchObject({
      status: 2,
      printed: '',
      message: expect.stringMatching(
        /s2: a shard of another run \(release differ from .*s1\); expected shards of one policy/,
      ),
    });
  });

  it('with shards of a release that is not the one judged', async () => {
    await written(2);
    project.edit('models/release.yml', 'release: test-model', 'release: another');
    expect(await merge('s1', 's2')).toMatchObject({
      status: 2,
      printed: '',
      message: expect.stringMatching(/s1: shards of another run \(release differ from what is judged\)/),
    });
  });

  it('with shards of other weights under the same names', async () => {
    await written(2);
    project.write('models/item/v2.onnx', onnx(lookupTower(itemTable(9), 'item_index')));
    expect(await merge('s1', 's2')).toMatchObject({
      status: 2,
      printed: '',
      message: expect.stringMatching(/shards without 3 blocks of vectors that this run asks for/),
    });
  });

  it('with other numbers of shards', async () => {
    await written(2);
    await shard(2, 3);
    expect((await merge('s1', 's2')).message).toMatch(/a shard of another run \(number of shards differ/);
  });

  it.each([
    ['cut off', (file: string) => truncateSync(file, 100), /100 bytes; expected [\d,]+ bytes, as the manifest/],
    ['gone', (file: string) => rmSync(file), /no such file; expected/],
    [
      'changed',
      (file: string) => {
        const bytes = readFileSync(file);
        bytes[bytes.length - 1]! ^= 1;
        writeFileSync(file, bytes);
      },
      /vectors with the digest [0-9a-f]{12}…; expected [0-9a-f]{12}…, as the manifest beside them says/,
    ],
  ])('with vectors that are %s', async (_, spoil, message) => {
    await written(2);
    spoil(entryOf('s2'));
    const merged = await merge('s1', 's2');
    expect(merged).toMatchObject({ status: 2, printed: '', message: expect.stringMatching(message) });
    expect(merged.message).toMatch(/^s2\/[0-9a-f]{64}\.vec: /);
  });

  it.each([
    ['no JSON', '{', /no JSON; expected the manifest of a shard/],
    [
      'another format',
      '{"format": "skewgate.vector-shard/9"}',
      /format "skewgate.vector-shard\/9"; expected skewgate.vector-shard\/1/,
    ],
    ['a key of nobody', '{"format": "skewgate.vector-shard/1"}', /"\/", which must have required property/],
  ])('with a manifest that is %s', async (_, text, message) => {
    await written(2);
    writeFileSync(path('s1/manifest.json'), text);
    expect(await merge('s1', 's2')).toMatchObject({ status: 2, message: expect.stringMatching(message) });
  });
});

describe('a shard is refused', () => {
  it.each([
    [['--index', '0', '--of', '2'], '--index "0"; expected a number from 1 to 256. Write: --index 1 --of 4'],
    [['--index', '3', '--of', '2'], '--index 3 --of 2; expected a shard from 1 to 2. Write: --index 2 --of 2'],
    [['--index', '1', '--of', '1e2'], '--of "1e2"; expected a number from 1 to 256. Write: --index 1 --of 4'],
  ])('at %j', async (numbers, message) => {
    expect(await skewgate('shard', ...numbers, '--out', path('s'))).toMatchObject({ status: 2, message });
  });

  it('where a tower cannot be run, before anything is embedded; no manifest of an earlier shard is left', async () => {
    await written(1);
    project.write('models/item/v1.onnx', 'garbage');
    expect(await shard(1, 1)).toMatchObject({ status: 2, message: expect.stringMatching(/no ONNX model/) });
    expect(existsSync(path('s1/manifest.json'))).toBe(false);
  });

  it('where an embedding depends on its neighbours, as validate does', async () => {
    const leaning = lookupTower(itemTable(0), 'item_index');
    project.write(
      'models/item/v1.onnx',
      onnx({
        ...leaning,
        nodes: [
          { ...leaning.nodes[0]!, outputs: ['e'] },
          { op: 'ReduceMean', inputs: ['e'], outputs: ['mean'], attributes: { axes: [0], keepdims: 1 } },
          { op: 'Add', inputs: ['e', 'mean'], outputs: ['embedding'] },
        ],
      }),
    );
    expect(await shard(1, 2)).toMatchObject({
      status: 2,
      message: expect.stringMatching(/beside others in its batch/),
    });
  });

  it('where the release gives scores, of which nothing is embedded', async () => {
    const columns = await similarities(project.folder, 'gates/gate.yml', 'models/release.yml');
    project.rows(withColumns(project.read('eval/rows.csv'), columns));
    project.write('models/release.yml', byScores(project.read('models/release.yml')));
    expect(await shard(1, 2)).toMatchObject({
      status: 2,
      message: expect.stringMatching(
        /^models\/release\.yml:\d+:\d+: a release of score columns, .*Judge it in one job, `skewgate run`/,
      ),
    });
  });

  it('where the policy sweeps nothing', async () => {
    const example = join(import.meta.dirname, '../../examples/fraud');
    for (const file of readdirSync(example)) cpSync(join(example, file), path(file));
    const host = new KeepingHost(project.folder);
    const argv = ['--policy', path('policy.yml'), '--release', path('release.yml'), '--index', '1', '--of', '2'];
    expect(await main(['shard', ...argv, '--out', path('s')], host)).toBe(2);
    expect(host.message).toMatch(
      /sweeps no versions, so that nothing is embedded; .*Judge it in one job: skewgate run/,
    );
  });
});
