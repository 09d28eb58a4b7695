/** Item towers of a made graph in a whole promotion. */
import { afterEach, expect } from 'vitest';
import { lookupTower, type Model, type OnnxNode, onnx } from './onnx.js';
import { Project, VERSIONS } from './project.js';
import { sweepOf } from './sweep-report.js';

export let project: Project;

/** To be called by each file that uses these: what a test has made is removed when it is over. */
export function removedAfterEach(): void {
  afterEach(() => project?.remove());
}

export const MODEL = 'models/release.yml';

export const POLICY = 'gates/gate.yml';

export const ITEMS = 50;

export const TABLE = Array.from({ length: ITEMS }, (_, i) => [Math.sin(i), Math.cos(i * 1.7), 0.3 + i / ITEMS, -0.4]);

/** The looked-up row goes through `nodes`, from `e` to `embedding`. */
export function lookupThen(
  nodes: readonly OnnxNode[],
  more: Partial<Model> = {},
  table = TABLE,
  input = 'item_index',
): Model {
  const model = lookupTower(table, input);
  return {
    ...model,
    ...more,
    nodes: [{ ...model.nodes[0]!, outputs: ['e'] }, ...nodes],
    initializers: [...model.initializers!, ...(more.initializers ?? [])],
  };
}

/** e + share · mean of e over the batch. */
export function leaning(share: number, table = TABLE, input = 'item_index'): Model {
  return lookupThen(
    [
      { op: 'ReduceMean', inputs: ['e'], outputs: ['mean'], name: 'pool', attributes: { axes: [0], keepdims: 1 } },
      { op: 'Mul', inputs: ['mean', 'share'], outputs: ['part'] },
      { op: 'Add', inputs: ['e', 'part'], outputs: ['embedding'] },
    ],
    { initializers: [{ name: 'share', type: 'float32', shape: [1], values: [share] }] },
    table,
    input,
  );
}

/** What dynamic quantisation to 8 bits leaves of it. */
export const QUANTISED = lookupThen([
  { op: 'DynamicQuantizeLinear', inputs: ['e'], outputs: ['q', 's', 'z'], name: 'quantise' },
  { op: 'DequantizeLinear', inputs: ['q', 's', 'z'], outputs: ['embedding'] },
]);

export function serve(model: Model, release: (p: Project) => unknown = () => undefined): Project {
  project = new Project();
  for (const version of VERSIONS) project.write(`models/item/${version}.onnx`, onnx(model));
  project.edit(POLICY, 'metric: log_loss, max_increase: 5%', 'metric: calibration, max_change: 0.5');
  release(project);
  return project;
}

export const batch = (size: number) => (p: Project) =>
  p.edit(MODEL, 'onnx: item/{version}.onnx', `onnx: item/{version}.onnx\n  batch: ${size}`);

export async function refusal(model: Model, release?: (p: Project) => unknown): Promise<string> {
  const { status, message } = await serve(model, release).judge();
  expect(status).toBe(2);
  project.remove();
  return message;
}

/** The mean prediction over the mean label at distance 0, which depends on every embedding; and the notices. */
export async function judged(model: Model, release?: (p: Project) => unknown) {
  const { report, message } = await serve(model, release).judge();
  expect(message).toBe('');
  project.remove();
  const value = sweepOf(report).curve.find((p) => p.metric === 'calibration' && p.distance === 0)!.value;
  return { value, notices: report!.notices };
}

/** Items in the order in which the rows name them, which is the order of their entities. */
export function order(): number[] {
  const lines = new Project();
  const rows = lines.read('eval/rows.csv').trimEnd().split('\n').slice(1);
  lines.remove();
  return [...new Set(rows.map((line) => Number(line.split(',').at(-1))))];
}
