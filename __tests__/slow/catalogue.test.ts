/** The recommender over its whole catalogue: every request ranks 2,638 products by each pair of versions. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../src/commands/run.js';
import { root } from '../support/docs-pages.js';
import { KeepingHost } from '../support/host.js';
import { sweepOf } from '../support/sweep-report.js';

describe('the recommender, asked as a retriever is', () => {
  it.each([
    ['warm', 'inconclusive', [-0.0397, -0.0102]],
    ['scratch', 'not_ready', [-0.3378, -0.2037]],
  ])('%s is %s, as its README says first', async (family, verdict, changes) => {
    const folder = join(root, 'examples/online-retail');
    const host = new KeepingHost(root);
    const files = { policy: join(folder, 'policy.catalogue.yml'), release: join(folder, `release.${family}.yml`) };
    expect(await run.run(files, host)).toBe(1);
    expect([host.report?.verdict, host.message]).toEqual([verdict, '']);
    const { findings } = sweepOf(host.report);
    const ofAllRows = (metric: string) =>
      findings.find((one) => one.metric === metric && Object.keys(one.slice).length === 0)!.change;
    for (const [i, metric] of ['ndcg@10', 'recall@100'].entries())
      expect(ofAllRows(metric)).toBeCloseTo(changes[i]!, 4);
  });
});
