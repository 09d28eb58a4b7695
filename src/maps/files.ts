/** The files of a map: the matrix, the graph that applies it, and what it repairs. */
import { createHash } from 'node:crypto';
import { OutputFolder } from '../data/artefacts/output-folder.js';
import type { Side } from '../data/checkpoints/checkpoint.js';
import { lookUp, present } from '../lib/lookup.js';
import type { Chosen } from './decide.js';
import { queryMatrix } from './mapped-queries.js';
import type { MeasuredMaps } from './measure.js';
import { npyOf } from './npy.js';
import { type GraphType, INPUT, type MapGraph, OUTPUT, onnxOfMap } from './onnx-graph.js';
import type { RepairEntry } from './repairs.js';
import type { HeldRule } from './rules.js';

/** Last comes what programs read. */
export const MAP_FOLDER = new OutputFolder(
  'the folder of the map',
  { npy: 'map.npy', onnx: 'map.onnx', json: 'map.json' },
  '--out skewgate-map',
);

export interface MapFiles {
  readonly npy: Uint8Array;
  readonly onnx: Uint8Array;
  readonly json: string;
}

/** Of a query tower without a graph, such as vectors by id. */
const WITHOUT_GRAPH = { opset: 13, irVersion: 8 } as const;
/** From these on a matrix product takes any number of leading sizes, and weights stand outside of the inputs. */
const LEAST_OPSET = 9;
const LEAST_IR = 4;

/** The graph, with the versions and the element type of the query tower, so that both can be merged into one. */
export function graphOf({ release, maps, fitting, queryOutput }: MeasuredMaps, { kind }: Chosen): MapGraph {
  const checkpoint = lookUp(release.checkpoints.query, release.live, 'query checkpoint');
  const info = checkpoint.onnx && 'outputs' in checkpoint.onnx ? checkpoint.onnx : undefined;
  const output = info?.outputs.find(({ name }) => name === queryOutput);
  const type: GraphType = output?.type === 'float64' ? 'float64' : 'float32';
  const { whole } = lookUp(maps, kind, 'map');
  const { similarity } = release.score;
  return {
    matrix: queryMatrix(whole, fitting.dimension),
    dimension: fitting.dimension,
    type,
    leading: similarity === 'max_sim' ? ['batch', 'length'] : ['batch'],
    unit: similarity === 'cosine',
    opset: Math.max(LEAST_OPSET, info?.opset ?? WITHOUT_GRAPH.opset),
    irVersion: Math.max(LEAST_IR, info?.irVersion || WITHOUT_GRAPH.irVersion),
  };
}

/** The same inputs give the same bytes. A number that is not finite is null, as JSON has none. */
export function filesOf(
  measured: MeasuredMaps,
  chosen: Chosen,
  { repairs, held }: { readonly repairs: readonly RepairEntry[]; readonly held: readonly HeldRule[] },
): MapFiles {
  const graph = graphOf(measured, chosen);
  const npy = npyOf(graph.matrix, graph.dimension, graph.dimension);
  const onnx = onnxOfMap(graph);
  const { policy, release, asked, fitting, behind } = measured;
  const { loss, incompatible, won, ofLoss, ofIncompatible } = chosen.repaired;
  const content = {
    schema: 'skewgate.map/1',
    from: asked.from,
    to: asked.to,
    kind: chosen.kind,
    distance: behind,
    dimension: graph.dimension,
    similarity: release.score.similarity,
    npy: { file: 'map.npy', dtype: 'float64', shape: [graph.dimension, graph.dimension], sha256: sha256(npy) },
    onnx: {
      file: 'map.onnx',
      dtype: graph.type,
      opset: graph.opset,
      ir_version: graph.irVersion,
      input: INPUT,
      output: OUTPUT,
      normalised: graph.unit,
      sha256: sha256(onnx),
    },
    fitted: { vectors: fitting.taken, smaller_half: fitting.fitted },
    checkpoints: checkpointsOf(measured),
    policy: { path: policy.path, sha256: policy.sha256 },
    release: { path: release.path, sha256: release.sha256 },
    confidence: policy.versionSkew.confidence,
    judged: {
      metric: chosen.metric,
      loss: loss.value,
      incompatible: incompatible?.value ?? null,
      won: won.value,
      of_loss: ofLoss ?? null,
      of_incompatible: ofIncompatible ?? null,
    },
    repairs: repairs.map((entry) => ({
      metric: entry.metric,
      better: entry.better,
      slice: entry.slice,
      unit: entry.unit,
      rows: entry.rows,
      positives: entry.positives,
      at_zero: entry.atZero,
      unmapped: entry.unmapped,
      mapped: entry.mapped,
      won: entry.won,
      worse: entry.worse,
      of_loss: entry.ofLoss ?? null,
      of_incompatible: entry.ofIncompatible ?? null,
    })),
    rules: held.map(({ rule, slice, unmapped, mapped }) => ({
      rule: rule.index,
      metric: rule.metric,
      [rule.operator]: rule.thresholdText,
      level: rule.level,
      slice,
      unmapped,
      mapped,
    })),
  };
  return { npy, onnx, json: `${JSON.stringify(content, null, 2)}\n` };
}

/** The checkpoints that the map is between: it fits no others. */
function checkpointsOf({ release, asked }: MeasuredMaps) {
  const digest = (tower: Side, version: string) => ({
    tower,
    version,
    sha256: present(release.checkpoints[tower].get(version), 'checkpoint').sha256,
  });
  return [digest('query', asked.to), digest('item', asked.to), digest('item', asked.from)];
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
