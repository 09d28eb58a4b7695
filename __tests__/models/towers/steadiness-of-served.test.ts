/** Embeddings are held against themselves by validate, and of the files of serving too. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { validate } from '../../../src/commands/validate.js';
import { KeepingHost } from '../../support/host.js';
import { lookupTower, type Model, onnx } from '../../support/onnx.js';
import { type Project, VERSIONS } from '../../support/project.js';
import {
  leaning,
  lookupThen,
  MODEL,
  POLICY,
  project,
  QUANTISED,
  refusal,
  removedAfterEach,
  serve,
  TABLE,
} from '../../support/served-towers.js';

removedAfterEach();

describe('validate', () => {
  /** What it refuses; a tower that it accepts is no case here. */
  async function refusedBy(p: Project): Promise<string> {
    const host = new KeepingHost(p.folder);
    expect(await validate.run({ policy: join(p.folder, POLICY), release: join(p.folder, MODEL) }, host)).toBe(2);
    return host.message;
  }

  it('finds an embedding that depends on its batch, without the sweep', async () => {
    expect(await refusedBy(serve(leaning(0.1)))).toMatch(/ReduceMean "pool" runs over axis 0, the batch/);
  });

  it('reads the files of serving as the run does', async () => {
    serve(lookupTower(TABLE, 'item_index'), (p) => {
      p.write('models/item/v3.int8.onnx', 'garbage');
      p.edit(
        MODEL,
        'onnx: item/{version}.onnx',
        "onnx: item/{version}.onnx\n  served: {onnx: 'item/{version}.int8.onnx'}",
      );
      p.write(POLICY, `${p.read(POLICY)}  precision-parity:\n    require:\n      - {metric: score_rmse, max: 0.5}\n`);
    });
    expect(await refusedBy(project)).toMatch(/models\/item\/v3.int8.onnx: item checkpoint "v3" that is no ONNX model/);
  });
});

describe('the files of serving', () => {
  /** Dynamic quantisation of one row by itself, as onnx.proto's DynamicQuantizeLinear defines it. */
  function alone(row: readonly number[]): number[] {
    const [low, high] = [Math.min(0, ...row), Math.max(0, ...row)];
    const scale = Math.fround((high - low) / 255);
    const even = (x: number) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));
    const zero = even(-low / scale);
    return row.map((x) => (Math.min(255, Math.max(0, even(Math.fround(x) / scale) + zero)) - zero) * scale);
  }
  const queries = Array.from({ length: 180 }, (_, i) => [Math.sin(i * 0.7), Math.cos(i), 0.5, (i % 9) / 9 - 0.5]);
  const asked = (served: string) => (p: Project) => {
    for (const version of VERSIONS) p.write(`models/query/${version}.onnx`, onnx(lookupTower(queries, 'query_index')));
    p.write('models/item/v3.int8.onnx', onnx(QUANTISED));
    p.edit(MODEL, 'onnx: item/{version}.onnx', `onnx: item/{version}.onnx\n  served: ${served}`);
    p.write(POLICY, `${p.read(POLICY)}  precision-parity:\n    require:\n      - {metric: score_rmse, max: 0.5}\n`);
  };

  it('are noticed where they score every row as the exported ones do, and only then', async () => {
    const notices = async (served: Model) => {
      const tower = serve(lookupTower(TABLE, 'item_index'), asked("{onnx: 'item/{version}.int8.onnx', batch: 1}"));
      tower.write('models/item/v3.int8.onnx', onnx(served));
      const { report } = await tower.judge();
      tower.remove();
      return report!.notices.filter((notice) => notice.includes('scored exactly'));
    };
    const copied = lookupThen([{ op: 'Identity', inputs: ['e'], outputs: ['embedding'] }]);
    expect(await notices(copied)).toEqual([
      'models/item/v3.int8.onnx: all 3,600 rows are scored exactly as with the exported file, so that serving’s ' +
        'precision is not what is compared. Quantisers that know MatMul alone (4 bits) leave a Gemm as it is and ' +
        'write the graph unchanged.',
    ]);
    expect(await notices(QUANTISED)).toEqual([]);
  });

  it('are embedded by the batch that they are served in: the error is serving’s', async () => {
    const tower = serve(lookupTower(TABLE, 'item_index'), asked("{onnx: 'item/{version}.int8.onnx', batch: 1}"));
    const { report, message } = await tower.judge();
    expect(message).toBe('');
    const rows = tower.read('eval/rows.csv').trimEnd().split('\n').slice(1);
    const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, d) => sum + x * b[d]!, 0);
    const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
    const squared = rows.map((line) => {
      const cells = line.split(',').map(Number);
      const [q, i] = [queries[cells.at(-2)!]!, TABLE[cells.at(-1)!]!];
      return (sigmoid(dot(q, i)) - sigmoid(dot(q, alone(i)))) ** 2;
    });
    const expected = Math.sqrt(squared.reduce((a, b) => a + b, 0) / squared.length);
    const found = report!.checks.find(({ check }) => check === 'precision-parity')!.findings[0]!;
    expect(found.metric).toBe('score_rmse');
    expect(found.value).toBeGreaterThan(1e-4);
    expect(found.value).toBeCloseTo(expected, 5);
  });

  it('are refused where they depend on a batch that is not declared', async () => {
    expect(await refusal(lookupTower(TABLE, 'item_index'), asked("{onnx: 'item/{version}.int8.onnx'}"))).toMatch(
      /^models\/item\/v3.int8.onnx: embedding of item "i\d+" alone differs/,
    );
  });
});
