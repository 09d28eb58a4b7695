/** A run whose vectors are in a cache is the run without it; a cache that lies is found out. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { run } from '../../../src/commands/run.js';
import { decodeBlock, encodeBlock, type VectorBlock } from '../../../src/data/vectors/vector-block.js';
import { KeepingHost } from '../../support/host.js';
import { BLOCKS, ITEMS, itemTable, manyItems } from '../../support/many-items.js';
import { lookupTower, type Model, onnx } from '../../support/onnx.js';
import type { Project } from '../../support/project.js';

let project: Project;
afterEach(() => project.remove());

/** The report without what differs between two runs, and that; or why there is none. */
async function judged(cache?: string) {
  const host = new KeepingHost(project.folder);
  const paths = { policy: join(project.folder, 'gates/gate.yml'), release: join(project.folder, 'models/release.yml') };
  const status = await run.run(
    { ...paths, format: 'json', ...(cache === undefined ? {} : { cache: join(project.folder, cache) }) },
    host,
  );
  const { run: own, ...report } = host.printed === '' ? { run: undefined } : JSON.parse(host.printed);
  return { status, report, vectors: own?.vectors, message: host.message };
}

/** Every entry of a cache, by path. */
function entries(cache: string): string[] {
  const root = join(project.folder, cache);
  return readdirSync(root).flatMap((name) => readdirSync(join(root, name)).map((file) => join(root, name, file)));
}

/** Writes an entry anew, digest and all, as somebody would who wants it to be believed. */
function forge(path: string, change: (block: VectorBlock) => void): void {
  const key = /([0-9a-f]{64})\.vec$/.exec(path)![1]!;
  const block = decodeBlock(key, readFileSync(path))!;
  change(block);
  writeFileSync(path, encodeBlock(key, block));
}

describe('a run with a cache', () => {
  it('reports the same to the byte, whether it fills the cache or lives on it', async () => {
    project = manyItems();
    const [without, first, second] = [await judged(), await judged('cache'), await judged('cache')];
    expect(without.report.checks[0].curve.length).toBeGreaterThan(0);
    expect([first.status, second.status]).toEqual([without.status, without.status]);
    expect([first.report, second.report]).toEqual([without.report, without.report]);
    // Three versions of items; 180 queries are too few to be worth a cache.
    const blocks = 3 * BLOCKS;
    expect(without.vectors).toBeUndefined();
    expect(first.vectors).toMatchObject({ from: 'cache', taken: 0, embedded: blocks, held: 0 });
    expect(second.vectors).toMatchObject({ from: 'cache', taken: blocks, embedded: 0, damaged: 0, entries: blocks });
    expect(second.vectors.held).toBeGreaterThan(0);
  });

  it('embeds only the version that is new', async () => {
    project = manyItems();
    await judged('cache');
    project.write('models/item/v3.onnx', onnx(lookupTower(itemTable(5), 'item_index')));
    const { vectors, report } = await judged('cache');
    expect(vectors).toMatchObject({ taken: 2 * BLOCKS, embedded: BLOCKS });
    expect(report).toEqual((await judged()).report);
  });

  it('embeds anew what is damaged, and says so', async () => {
    project = manyItems();
    const first = await judged('cache');
    const [cut, changed] = entries('cache');
    writeFileSync(cut!, readFileSync(cut!).subarray(0, 1000));
    const bytes = readFileSync(changed!);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(changed!, bytes);
    const second = await judged('cache');
    expect(second.vectors).toMatchObject({ damaged: 2, embedded: 2 });
    expect(second.report).toEqual(first.report);
  });

  it('takes nothing of another run with other features, though ids are the same', async () => {
    project = manyItems();
    await judged('cache');
    const rows = project.read('eval/rows.csv').trimEnd().split('\n');
    const moved = rows.map((row, r) => (r === 0 ? row : row.replace(/\d+$/, (i) => String((Number(i) + 1) % ITEMS))));
    project.rows(`${moved.join('\n')}\n`);
    expect((await judged('cache')).vectors).toMatchObject({ taken: 0, embedded: 3 * BLOCKS });
  });
});

describe('a cache that lies', () => {
  it.each([
    ['in every vector, by a millionth', (x: number) => x * 1.000001],
    ['in one vector of ten', (x: number, i: number) => (i % 40 < 4 ? 0.5 : x)],
    // Far below what other neighbours could do, so that bits alone tell it; missed with a chance of 0.95^512.
    ['in one vector of twenty, by a ten-millionth', (x: number, i: number) => (i % 80 < 4 ? x * (1 + 2 ** -23) : x)],
  ])('%s, is refused, whatever its digests say', async (_, change) => {
    project = manyItems();
    await judged('cache');
    for (const path of entries('cache')) forge(path, ({ data }) => data.set(data.map(change)));
    const { status, message } = await judged('cache');
    expect(status).toBe(2);
    expect(message).toMatch(
      /vectors in the cache ".*cache" that are not this checkpoint’s.*Delete the cache and run again: rm -r/,
    );
  });

  it('by an entry of one checkpoint under the name of another’s gives nothing', async () => {
    project = manyItems();
    const first = await judged('cache');
    const [one, other] = entries('cache');
    cpSync(one!, other!);
    const second = await judged('cache');
    expect(second.vectors).toMatchObject({ damaged: 1 });
    expect(second.report).toEqual(first.report);
  });
});

describe('a tower that draws at random', () => {
  it('is refused for that with a cache too, though the cache has what it gave before', async () => {
    const noisy = (step: number): Model => {
      const tower = lookupTower(itemTable(step), 'item_index');
      return {
        ...tower,
        nodes: [
          { ...tower.nodes[0]!, outputs: ['e'] },
          { op: 'RandomNormalLike', inputs: ['e'], outputs: ['noise'] },
          { op: 'Add', inputs: ['e', 'noise'], outputs: ['embedding'] },
        ],
      };
    };
    project = manyItems(noisy);
    const messages = [await judged('cache'), await judged('cache')].map(({ message }) => message);
    for (const message of messages)
      expect(message).toMatch(/in two ways in two runs .*RandomNormalLike draws at random/);
    expect(entries('cache').length).toBeGreaterThan(0);
  });
});
