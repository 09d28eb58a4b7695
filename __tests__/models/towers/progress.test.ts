/** What is heard of a tower that embeds: batch by batch, whether its vectors are made, taken out of a cache, or read. */
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { run } from '../../../src/commands/run.js';
import { shard } from '../../../src/commands/shard.js';
import type { Step } from '../../../src/lib/progress.js';
import { KeepingHost } from '../../support/host.js';
import { ITEMS, manyItems } from '../../support/many-items.js';
import { goodFiles, Project } from '../../support/project.js';

let project: Project;
afterEach(() => project.remove());

class HearingHost extends KeepingHost {
  readonly heard: Step[] = [];
  override progress(step: Step): void {
    this.heard.push(step);
  }
}

const paths = () => ({
  policy: join(project.folder, 'gates/gate.yml'),
  release: join(project.folder, 'models/release.yml'),
});

/** The entities that were done at each step of a tower. */
async function doneOf(detail: string, options: Record<string, string> = {}): Promise<readonly (number | undefined)[]> {
  const host = new HearingHost(project.folder);
  await run.run({ ...paths(), ...options }, host);
  expect(host.message).toBe('');
  const steps = host.heard.filter((step) => step.stage === 'towers' && step.detail === detail);
  expect(new Set(steps.map(({ total, unit }) => `${total} ${unit}`))).toEqual(new Set([`${ITEMS} items`]));
  return steps.map(({ done }) => done);
}

it('every batch is told as it is done, also of vectors that a cache has', async () => {
  project = manyItems();
  const batches = [undefined, 1024, 2048, ITEMS];
  expect(await doneOf('item tower v1')).toEqual(batches);
  const cache = join(project.folder, 'cache');
  for (const _ of ['filled', 'lived on']) expect(await doneOf('item tower v1', { cache })).toEqual(batches);
});

it('a shard tells its blocks', async () => {
  project = manyItems();
  const host = new HearingHost(project.folder);
  await shard.run({ ...paths(), index: '1', of: '1', out: join(project.folder, 'shard') }, host);
  const blocks = host.heard.filter(({ detail, unit }) => detail === 'item tower v2' && unit === 'blocks');
  expect(blocks.map(({ done, total }) => [done, total])).toEqual([0, 1, 2, 3].map((done) => [done, 3]));
});

it('a small tower tells that it begins and that it is done', async () => {
  project = new Project(goodFiles());
  const host = new HearingHost(project.folder);
  await run.run(paths(), host);
  const steps = host.heard.filter(({ detail }) => detail === 'query tower v3');
  expect(steps.map(({ done, total }) => done === total)).toEqual([false, true]);
});
