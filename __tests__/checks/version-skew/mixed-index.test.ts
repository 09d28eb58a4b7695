/** A family whose pure versions all pass and whose mixed index breaks. */
import { afterEach, describe, expect, it } from 'vitest';
import { hash32 } from '../../../src/lib/hash.js';
import { lookupTower, onnx } from '../../support/onnx.js';
import { digest, Project, VERSIONS } from '../../support/project.js';
import { generator } from '../../support/random.js';
import { sweepOf } from '../../support/sweep-report.js';

let project: Project;
afterEach(() => project.remove());

/** Item scores shift by `offset` a version: an extra coordinate that every query has as 1. Rankings of one version do not notice. */
function shifted(offset: number, mix: string): Project {
  const fresh = new Project();
  const random = generator(7);
  const vectors = (count: number) =>
    Array.from({ length: count }, () => Array.from({ length: 4 }, () => random.normal() * 0.7));
  const queries = vectors(180);
  const items = vectors(50);
  for (const [k, version] of VERSIONS.entries()) {
    fresh.write(
      `models/query/${version}.onnx`,
      onnx(
        lookupTower(
          queries.map((row) => [...row, 1]),
          'query_index',
        ),
      ),
    );
    fresh.write(
      `models/item/${version}.onnx`,
      onnx(
        lookupTower(
          // A drift that a ranking just notices: without any nothing would be known of its error.
          items.map((row) => [...row.map((x) => x + 0.004 * k * random.normal()), k * offset]),
          'item_index',
        ),
      ),
    );
  }
  return fresh
    .edit(
      'gates/gate.yml',
      '{metric: log_loss, max_increase: 5%, at: production, slices: [all, tier]}',
      '{metric: recall@3, max_decrease: 3%, at: production}',
    )
    .edit(
      'gates/gate.yml',
      '- metric: calibration_shift\n        max_change: 5%\n        at: each',
      '- {metric: gauc, max_decrease: 2%, at: each}',
    )
    .edit('gates/gate.yml', 'per_request', mix)
    .edit('gates/gate.yml', '{0: 0.7, 1: 0.3}', '{0: 0.5, 1: 0.3, 2: 0.2}');
}

describe('an offset between versions', () => {
  it('passes where every request meets one version', async () => {
    project = shifted(2, 'per_request');
    const { report, message } = await project.judge();
    expect(message).toBe('');
    expect(report?.verdict).toBe('ready');
    expect(report?.notices.filter((n) => n.includes('mixed index'))).toEqual([]);
  });

  it('breaks the mixed index, and the report says so in one sentence', async () => {
    project = shifted(2, 'per_item');
    const { report, status } = await project.judge();
    expect([status, report?.verdict]).toEqual([1, 'not_ready']);
    expect(report?.headline).toMatch(/recall@3 at production changes by −\d+\.\d\d % \(max_decrease 3 %\); /);
    expect(report?.recommendation).toMatchObject({
      action: 'serving_change',
      why: expect.stringMatching(/^every pure version passes, but items of different versions in one ranking do not/),
    });
    const point = sweepOf(report).curve.find((p) => p.metric === 'recall@3' && p.distance === 'production');
    expect(point?.mixed).toBe(true);
    expect(Math.abs(point!.averageOfPure! - point!.atZero)).toBeLessThan(0.02);
    expect(report?.notices).toContainEqual(
      expect.stringMatching(
        /^distance 1: scores are \d\.\d\d within-request standard deviations off and 1\.00 times as wide/,
      ),
    );
  });

  it('too small to matter raises no alarm', async () => {
    project = shifted(0.02, 'per_item');
    const { report } = await project.judge();
    expect(report?.verdict).toBe('ready');
    expect(report?.notices.filter((n) => n.includes('mixed index'))).toEqual([]);
  });
});

describe('over the full catalogue', () => {
  const D = 4;
  const HISTOGRAM = [0.5, 0.3, 0.2];

  /** As `shifted`, with tables of queries and items, of which most are in no row. */
  function catalogue(mix: string) {
    const fresh = new Project();
    const random = generator(5);
    const vectors = (count: number) =>
      Array.from({ length: count }, () => Array.from({ length: D }, () => random.normal() * 0.7));
    const queries = vectors(180);
    const items = vectors(120);
    const versions = VERSIONS.map((_, k) =>
      items.map((row) => row.map((x) => x * 1.3 ** k + 0.1 * k * random.normal())),
    );
    for (const [k, version] of VERSIONS.entries()) {
      fresh.write(`models/query/${version}.onnx`, onnx(lookupTower(queries, 'query_index')));
      fresh.write(`models/item/${version}.onnx`, onnx(lookupTower(versions[k]!, 'item_index')));
    }
    const table = `item,item_index\n${items.map((_, i) => `i${i},${i}`).join('\n')}\n`;
    fresh
      .write('eval/items.csv', table)
      .edit(
        'gates/gate.yml',
        '  sha256: {rows:',
        `  items: ../eval/items.csv\n  sha256: {items: ${digest(table)}, rows:`,
      )
      .edit('gates/gate.yml', 'slices: [tier, source]', 'slices: [tier, source]\n  candidates: full')
      .edit('gates/gate.yml', 'per_request', mix)
      .edit('gates/gate.yml', '{0: 0.7, 1: 0.3}', '{0: 0.5, 1: 0.3, 2: 0.2}')
      .edit(
        'gates/gate.yml',
        '{metric: log_loss, max_increase: 5%, at: production, slices: [all, tier]}',
        '{metric: recall@3, max_decrease: 3%, at: production}',
      )
      .edit(
        'gates/gate.yml',
        '- metric: calibration_shift\n        max_change: 5%\n        at: each',
        '- {metric: mrr, max_decrease: 3%, at: production}',
      );
    return { fresh, queries, versions };
  }

  it.each(['per_item', 'per_shard'])('%s is the mean over brute-force draws of the whole index', async (mix) => {
    const { fresh, queries, versions } = catalogue(mix);
    project = fresh;
    const { report, message } = await project.judge();
    expect(message).toBe('');
    const relevant = new Map<number, number[]>();
    for (const line of project.read('eval/rows.csv').trim().split('\n').slice(1)) {
      const [, , clicked, , , , , q, i] = line.split(',');
      if (clicked === '1') relevant.set(Number(q), [...(relevant.get(Number(q)) ?? []), Number(i)]);
    }
    const scores = versions.map((items) =>
      queries.map((q) => items.map((item) => item.reduce((sum, x, d) => sum + x * q[d]!, 0))),
    );
    const random = generator(99);
    const version = (u: number) => (u < HISTOGRAM[0]! ? 0 : u < HISTOGRAM[0]! + HISTOGRAM[1]! ? 1 : 2);
    const shardOf = versions[0]!.map((_, i) => hash32(`shard\u0000i${i}`) % 16);
    const draws = Array.from({ length: 400 }, () => {
      const rolled = Array.from({ length: 16 }, () => version(random.uniform()));
      const of = shardOf.map((shard) => (mix === 'per_shard' ? rolled[shard]! : version(random.uniform())));
      let recall = 0;
      let mrr = 0;
      for (const [q, positives] of relevant) {
        const own = of.map((v, i) => scores[v]![q]![i]!);
        const wanted = [...new Set(positives)];
        const ranks = wanted.map((i) => own.filter((score) => score > own[i]!).length + 1);
        recall += ranks.filter((rank) => rank <= 3).length / wanted.length;
        mrr += 1 / Math.min(...ranks);
      }
      return { recall: recall / relevant.size, mrr: mrr / relevant.size };
    });
    for (const [metric, key] of [
      ['recall@3', 'recall'],
      ['mrr', 'mrr'],
    ] as const) {
      const values = draws.map((draw) => draw[key]);
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      const sd = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1));
      const point = sweepOf(report).curve.find(
        (p) => p.metric === metric && p.distance === 'production' && Object.keys(p.slice).length === 0,
      )!;
      const exact = metric === 'recall@3' && mix === 'per_item';
      expect(point.realisationSd === undefined).toBe(exact);
      const error = Math.hypot(sd / 20, exact ? 0 : sd / Math.sqrt(mix === 'per_item' ? 32 : 128));
      expect(Math.abs(point.value - mean)).toBeLessThan(4 * error);
    }
  });
});
