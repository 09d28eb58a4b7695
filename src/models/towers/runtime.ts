/** The only module that knows onnxruntime-node: it opens graphs and runs them. */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { ModelError } from '../../errors.js';
import { printable } from '../../lib/text.js';
import { fetchRuntime } from './fetch-runtime.js';
import pin from './runtime-pin.json' with { type: 'json' };

type Ort = typeof import('onnxruntime-node');

/** Data of a tensor that is fed, by element type. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | string[];

/** An output of a graph. */
export interface RawTensor {
  readonly type: string;
  /** By element type; float16 as bits, or as numbers where the runtime and Node both know such arrays. */
  readonly data: Tensor['data'];
  readonly shape: readonly number[];
}

/** The element types that features are converted to; float16 as its bits. */
export const INPUT_TYPES = [
  'float32',
  'float64',
  'float16',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'bool',
  'string',
] as const;
export type InputType = (typeof INPUT_TYPES)[number];

const OPTIONS = {
  executionProviders: ['cpu'],
  graphOptimizationLevel: 'all',
  logSeverityLevel: 4,
  // A thread that waits for its next part of a product sleeps: scoring goes on meanwhile, and other processes do.
  extra: { session: { intra_op: { allow_spinning: '0' } } },
} satisfies InferenceSession.SessionOptions;

/** The runtime and how it is asked to run: results may depend on both. */
export const RUNTIME = `${pin.name} ${pin.version} ${JSON.stringify(OPTIONS)}`;

let loaded: Promise<Ort> | undefined;

function runtime(): Promise<Ort> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Ort> {
  let module: Ort & { default?: Ort };
  try {
    module = (await import('onnxruntime-node')) as Ort & { default?: Ort };
  } catch (error) {
    // Linux x64 and arm64 ship with the Action; elsewhere the verified package is fetched once.
    const { message } = error as Error;
    const missing = /onnxruntime_binding|Cannot find (module|package)/.test(message);
    if (!missing || SHIPPED.includes(`${process.platform}-${process.arch}`)) throw unloadable(message);
    module = (await fetchRuntime()) as Ort;
  }
  const ort = module.default ?? module;
  // Errors come back as exceptions; the runtime's own lines on stderr would only repeat them.
  ort.env.logLevel = 'fatal';
  return ort;
}

/** Platforms whose library is committed under dist/. */
const SHIPPED = ['linux-x64', 'linux-arm64'];

/** No model is to blame. */
function unloadable(message: string): ModelError {
  return new ModelError([
    {
      found: `the ONNX runtime library, which cannot be loaded (${printable(message.split('\n')[0]!, 200)})`,
      expected: 'the library that comes with skewgate, in dist/node_modules/onnxruntime-node beside the program',
      mend: 'Check out the whole of skewgate’s repository, on a Linux with glibc.',
    },
  ]);
}

/** Tensors that a graph is fed, by its inputs' names. */
type Feeds = Readonly<Record<string, { type: InputType; data: TensorData; shape: readonly number[] }>>;

/** An ONNX graph that is loaded and can be run. */
export class Graph {
  private constructor(
    private readonly ort: Ort,
    private readonly session: InferenceSession,
  ) {}

  /**
   * Loads a graph on the CPU from its bytes, or by path. Throws what the runtime throws; the caller names the
   * checkpoint.
   */
  static async open(model: Uint8Array | string): Promise<Graph> {
    const ort = await runtime();
    const session = await (typeof model === 'string'
      ? ort.InferenceSession.create(model, OPTIONS)
      : ort.InferenceSession.create(model, OPTIONS));
    return new Graph(ort, session);
  }

  get inputNames(): readonly string[] {
    return this.session.inputNames;
  }

  get outputNames(): readonly string[] {
    return this.session.outputNames;
  }

  /** Runs one batch and returns the output named `output`. */
  async run(feeds: Feeds, output: string): Promise<RawTensor> {
    return (await this.runFor(feeds, [output]))[0]!;
  }

  /** Runs one batch and returns these outputs; no other is computed. */
  async runFor(feeds: Feeds, outputs: readonly string[]): Promise<RawTensor[]> {
    const tensors: Record<string, Tensor> = {};
    for (const [name, { type, data, shape }] of Object.entries(feeds)) tensors[name] = this.tensorOf(type, data, shape);
    const results = await this.session.run(tensors, [...outputs]);
    return outputs.map((name) => {
      const result = results[name]!;
      return { type: result.type, data: result.data, shape: result.dims };
    });
  }

  /**
   * A tensor that is fed. Where Node has Float16Array, the runtime's JavaScript makes one of float16's bits, of which
   * its native part sees no byte: bits are handed over as those of uint16, under the name that they are.
   */
  private tensorOf(type: InputType, data: TensorData, shape: readonly number[]): Tensor {
    if (type === 'float16')
      return Object.assign(new this.ort.Tensor('uint16', data as Uint16Array, shape), { type: 'float16' as const });
    return new this.ort.Tensor(type as 'float32', data as Float32Array, shape);
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}
