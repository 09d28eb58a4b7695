/** Items that did not exist at an older version: a loss of freshness, reported apart from skew, and never a way round the gate. */
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterEach, describe, expect, it } from 'vitest';
import { Project, VERSIONS } from '../../support/project.js';
import { generator } from '../../support/random.js';
import { sweepOf } from '../../support/sweep-report.js';

let project: Project;
afterEach(() => project.remove());

const ITEMS = Array.from({ length: 50 }, (_, i) => `i${i}`);

/** Precomputed item embeddings; `missing` gives the items that a version lacks. */
function withEmbeddings(missing: Partial<Record<string, readonly string[]>>): Project {
  const fresh = new Project();
  const truth = generator(7);
  const vectors = (count: number) =>
    Array.from({ length: count }, () => Array.from({ length: 4 }, () => truth.normal() * 0.7));
  vectors(180);
  const items = vectors(50);
  for (const [k, version] of VERSIONS.entries()) {
    const kept = ITEMS.filter((id) => !missing[version]?.includes(id));
    const bytes = parquetWriteBuffer({
      columnData: [
        { name: 'id', data: kept },
        { name: 'vector', data: kept.map((id) => items[ITEMS.indexOf(id)]!.map((x) => x * (1 + 0.002 * k))) },
      ],
      schema: [
        { name: 'root', num_children: 2 },
        { name: 'id', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
        { name: 'vector', converted_type: 'LIST', repetition_type: 'REQUIRED', num_children: 1 },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', type: 'DOUBLE', repetition_type: 'REQUIRED' },
      ],
    });
    fresh.write(`models/e/${version}.parquet`, Buffer.from(bytes));
  }
  return fresh.edit('models/release.yml', 'onnx: item/{version}.onnx', 'embeddings: e/{version}.parquet');
}

function rowsWithout(text: string, items: readonly string[]): string {
  return text
    .split('\n')
    .filter((line) => !items.includes(line.split(',')[1]!))
    .join('\n');
}

describe('items that an older version lacks', () => {
  it('are left out of every distance, and reported as coverage', async () => {
    project = withEmbeddings({ v1: ['i3'], v2: ['i3'] });
    const { report, message } = await project.judge();
    expect(message).toBe('');
    const check = sweepOf(report);
    const all = project.read('eval/rows.csv');
    const missing = all.split('\n').filter((line) => line.split(',')[1] === 'i3').length;
    expect(check.coverage).toEqual([
      { distance: 1, version: 'v2', missingRows: missing, share: expect.closeTo(1 - missing / 3600, 12) },
      { distance: 2, version: 'v1', missingRows: missing, share: expect.closeTo(1 - missing / 3600, 12) },
    ]);
    expect(report!.evalSet).toMatchObject({ rows: 3600 - missing, items: 49 });
    expect(report!.notices).toContainEqual(expect.stringMatching(/^coverage: \d+ rows \(\d\.\d % by weight\)/));
    // The same figures as on an eval set that never had the item.
    project.rows(rowsWithout(all, ['i3']));
    expect(sweepOf((await project.judge()).report).curve).toEqual(check.curve);
  });

  it('are an error beyond min_coverage, so that nothing passes by leaving out what is hard', async () => {
    project = withEmbeddings({ v1: ITEMS.slice(0, 10) });
    const { status, message } = await project.judge();
    expect(status).toBe(2);
    expect(message).toMatch(
      /^models\/e\/v1.parquet: no embedding of 10 items in version "v1" \("i\d+", .*\), in \d+(\.\d+)? % of the rows; expected items of at least 95 % of the rows \(min_coverage, gates\/gate.yml:\d+\)/,
    );
    project.edit('gates/gate.yml', 'sweep: {from: -1, to: 2}', 'sweep: {from: -1, to: 2}\n    min_coverage: 50%');
    expect((await project.judge()).status).toBe(0);
  });

  it('are an error where different versions lack different items and together too many', async () => {
    project = withEmbeddings({ v1: ['i1', 'i2'], v2: ['i3', 'i4'] });
    const { status, message } = await project.judge();
    expect(status).toBe(2);
    expect(message).toMatch(/gate.yml:\d+:\d+: items of \d+(\.\d+)? % of the rows that some swept version lacks/);
  });

  it('are an error where it is the live version that lacks them', async () => {
    project = withEmbeddings({ v3: ['i3'] });
    const { status, message } = await project.judge();
    expect(status).toBe(2);
    expect(message).toMatch(/^models\/e\/v3.parquet: no embedding of 1 item in version "v3" \("i3"\)/);
  });
});
