/** The examples beyond ads: their tables are those that the script makes, and the planted causes are found at the shares of a world twenty times as large. */
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { fraud, moderationQueue, type Rows, searchRanking, tables } from '../../../bench/beyond-ads.js';
import { gapMetric } from '../../../src/estimation/ledger/gap-metric.js';
import { gate } from '../../../src/gate.js';
import type { Report } from '../../../src/verdict/report-object.js';
import { Project } from '../../support/project.js';

const root = resolve(import.meta.dirname, '../../..');
let project: Project | undefined;
afterEach(() => project?.remove());

async function judged(name: string): Promise<{ report: Report; status: number }> {
  const own = new Project({});
  project = own;
  const folder = join(own.folder, 'examples', name);
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'examples', name), folder, { recursive: true });
  let report: Report | undefined;
  const status = await gate(
    { policy: join(folder, 'policy.yml'), release: join(folder, 'release.yml') },
    {
      workspace: own.folder,
      progress: () => undefined,
      result: async (found) => {
        report = found;
      },
      refused: async (error) => {
        throw error;
      },
      crashed: async (error) => {
        throw error;
      },
    },
  );
  return { report: report!, status };
}

const numbers = (rows: Rows, name: string) => rows[name]!.map(Number);

/** The mean loss of a column over all rows, or over requests, weighing each row, or each request's first. */
function lossOf(rows: Rows, metric: string, weight: (r: number) => number = () => 1) {
  const label = Float64Array.from(numbers(rows, 'label'));
  const own = gapMetric(metric);
  const mean = (pairs: readonly (readonly [number, number])[]) =>
    pairs.reduce((sum, [w, x]) => sum + w * x, 0) / pairs.reduce((sum, [w]) => sum + w, 0);
  return (name: string): number => {
    const score = Float64Array.from(numbers(rows, name));
    if (own.kind === 'rows') return mean(Array.from(label, (y, r) => [weight(r), own.of(score[r]!, y)] as const));
    if (own.kind !== 'requests') throw new Error(metric);
    const lists = new Map<unknown, number[]>();
    for (const [r, request] of rows.request_id!.entries()) lists.set(request, [...(lists.get(request) ?? []), r]);
    const losses = [...lists.values()].map((list) => own.of(score, label, list));
    return mean(losses.filter((x) => !Number.isNaN(x)).map((x) => [1, x] as const));
  };
}

/** The share of a cause is within the bounds that the example gives it. */
function expectShare(report: Report, id: string, truth: number): void {
  const found = report.diagnosis!.hypotheses.find((h) => h.id === id)!;
  expect([id, found.lower! - 0.005 <= truth && truth <= found.upper! + 0.005]).toEqual([id, true]);
  expect(Math.abs(found.share! - truth)).toBeLessThan(0.06);
}

const readme = (name: string) => readFileSync(join(root, 'examples', name, 'README.md'), 'utf8');

const verdicts = ({ diagnosis }: Report) =>
  Object.fromEntries(diagnosis!.hypotheses.map(({ id, verdict }) => [id, verdict]));

describe('the examples beyond ads', () => {
  it('have the tables that the script makes, byte for byte', () => {
    for (const [path, content] of tables())
      expect([path, Buffer.from(content).equals(readFileSync(join(root, path)))]).toEqual([path, true]);
  });

  it('search ranking: features and an old index, by NDCG@10', async () => {
    const { report, status } = await judged('search-ranking');
    expect([status, report.verdict]).toEqual([1, 'not_ready']);
    expect(verdicts(report)).toEqual({
      'outlier-domination': 'ruled_out',
      'feature-parity': 'contributing',
      'version-skew': 'contributing',
      'precision-parity': 'ruled_out',
      'checkpoint-identity': 'ruled_out',
    });
    const loss = lossOf(searchRanking(20_000, 1), 'ndcg@10');
    const gap = loss('s5') - loss('s0');
    const features = (loss('s2') - loss('s0')) / gap;
    expectShare(report, 'feature-parity', features);
    expectShare(report, 'version-skew', (loss('s3') - loss('s2')) / gap);
    expect(readme('search-ranking')).toContain(`the features explain ${Math.round(100 * features)} % of the gap`);
    expect(report.headline).toContain('NDCG@10 gained over production’s model');
  });

  it('moderation queue: the mix of the log, and posts that never reach the queue, by the Brier score', async () => {
    const { report, status } = await judged('moderation-queue');
    expect([status, report.verdict]).toEqual([1, 'not_ready']);
    expect(verdicts(report)).toEqual({
      'sampling-bias': 'sufficient',
      'outlier-domination': 'ruled_out',
      'feature-parity': 'ruled_out',
      'version-skew': 'ruled_out',
      'precision-parity': 'ruled_out',
    });
    expectShare(report, 'sampling-bias', 1);
    const rows = moderationQueue(20_000, 1);
    const gainOf = (weight: (r: number) => number) => {
      const loss = lossOf(rows, 'brier', weight);
      return loss('score_prod') - loss('s0');
    };
    const lost = gainOf(() => 1) - gainOf((r) => Number(rows.served![r]));
    const step = report.diagnosis!.joins!.steps.find(({ from }) => from === 'scored')!;
    expect([step.lower <= lost, lost <= step.upper, step.lower > 0]).toEqual([true, true, true]);
  });

  it('fraud: a rollout that stopped, beside labels that come late', async () => {
    const { report, status } = await judged('fraud');
    expect([status, report.verdict]).toEqual([1, 'not_ready']);
    expect(verdicts(report)).toEqual({
      'label-leakage': 'ruled_out',
      'feature-parity': 'ruled_out',
      'version-skew': 'ruled_out',
      'precision-parity': 'ruled_out',
      'checkpoint-identity': 'sufficient',
    });
    const rows = fraud(20_000, 1);
    const loss = lossOf(rows, 'log_loss');
    const gap = loss('score_prod') - loss('s0') - (loss('score_prod_online') - loss('s5'));
    const share = (loss('s5') - loss('s4')) / gap;
    expectShare(report, 'checkpoint-identity', share);
    expect(readme('fraud')).toContain(`the checkpoint explains ${Math.round(100 * share)} % of the gap`);
    // Of a delay of 15 days in the mean, over events of 90 days.
    const waiting = (15 / 90) * (1 - Math.exp(-90 / 15));
    const said = /about (\d+) % of them have not come yet/.exec(report.notices.join('\n'))!;
    expect(Math.abs(Number(said[1]) / 100 - waiting)).toBeLessThan(0.03);
  });
});
