/** The examples of text, late interaction and image–text: small, judged, and scored as numpy and torch score them. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../src/commands/run.js';
import { root } from './support/docs-pages.js';
import { KeepingHost } from './support/host.js';
import { sound } from './support/report-schema.js';
import { sweepOf } from './support/sweep-report.js';

const bytesBelow = (folder: string): number =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);

describe('the examples of text and images', () => {
  it.each([
    ['text-retrieval', 'ready', 'ndcg@10'],
    ['late-interaction', 'ready', 'mrr'],
    ['image-text', 'not_ready', 'log_loss'],
  ])('%s is %s, and its %s is that of an independent script', async (name, verdict, metric) => {
    const folder = join(root, 'examples', name);
    expect(bytesBelow(folder)).toBeLessThan(1_000_000);
    const host = new KeepingHost(root);
    const status = await run.run({ policy: join(folder, 'policy.yml'), release: join(folder, 'release.yml') }, host);
    expect([status, host.report?.verdict, host.message]).toEqual([verdict === 'ready' ? 0 : 1, verdict, '']);
    sound(host.report!);
    const expected: Record<string, number> = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'))[metric];
    const { curve } = sweepOf(host.report);
    expect(Object.keys(expected)).toEqual(['0', '1', '2']);
    for (const [distance, value] of Object.entries(expected)) {
      const point = curve.find(
        (one) => one.metric === metric && one.distance === Number(distance) && !Object.keys(one.slice).length,
      );
      expect(Math.abs(point!.value - value)).toBeLessThan(1e-6);
    }
  });
});
