/**
 * Worker threads of this process. Work is handed out in tasks that depend on nothing but their input, so that results
 * are the same to the byte however many threads there are, or none.
 */
import { parentPort, Worker } from 'node:worker_threads';
import { giveBack } from './memory.js';
import { movable } from './shared-memory.js';

/** A piece of work that any thread can do; its input and its result can be cloned (structured clone algorithm). */
export interface Task<Input, Result> {
  /** The name by which a thread knows it. */
  readonly name: string;
  run(input: Input): Result | Promise<Result>;
}

/** A task with its input, on its way to a thread. */
export interface Request {
  readonly task: string;
  readonly input: unknown;
}

/** Its answer. A failure is told by doing the task again where the caller is: errors do not survive the journey. */
export type Answer = { readonly result: unknown } | { readonly failed: true };

/** Below as many operations a thread is not worth its start. */
const MANY = 5e6;

interface Pending {
  readonly request: Request;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

export class Threads {
  /** Threads that live, whether they work or wait. */
  private readonly living = new Set<Worker>();
  private readonly idle: Worker[] = [];
  private readonly waiting: Pending[] = [];
  private readonly busy = new Map<Worker, Pending>();

  /**
   * @param file  the program of a thread
   * @param count how many threads
   * @param eager whether they are used however little there is to do
   */
  constructor(
    private readonly file: string,
    readonly count: number,
    private readonly eager: boolean,
  ) {}

  /** Says whether so many operations are worth threads. */
  worth(operations: number): boolean {
    return this.eager || operations >= MANY;
  }

  /** Does a task in the next free thread. Where it fails it is done again here: its error is then the real one. */
  async run<Input, Result>(task: Task<Input, Result>, input: Input): Promise<Result> {
    const answer = await new Promise<Answer>((resolve, reject) => {
      this.waiting.push({ request: { task: task.name, input }, resolve, reject });
      this.next();
    });
    return 'result' in answer ? (answer.result as Result) : task.run(input);
  }

  private next(): void {
    const pending = this.waiting[0];
    if (!pending) return;
    const worker = this.idle.pop() ?? (this.living.size < this.count ? this.start() : undefined);
    if (!worker) return;
    this.waiting.shift();
    this.busy.set(worker, pending);
    // Alive while it works, and no reason for the process to stay when it does not.
    worker.ref();
    try {
      worker.postMessage(pending.request);
    } catch (error) {
      // An input that cannot be cloned is a bug; it must not leave the process waiting for an answer.
      this.free(worker);
      pending.reject(error);
      this.next();
    }
  }

  private start(): Worker {
    const worker = new Worker(this.file);
    this.living.add(worker);
    worker.on('message', (answer: Answer) => this.answered(worker, answer));
    // An answer that cannot be read would otherwise never come.
    worker.on('messageerror', (error) => this.died(worker, error));
    worker.on('error', (error) => this.died(worker, error));
    worker.on('exit', (status) => this.died(worker, new Error(`a thread ended with status ${status}`)));
    return worker;
  }

  private answered(worker: Worker, answer: Answer): void {
    const pending = this.busy.get(worker);
    this.free(worker);
    pending?.resolve(answer);
    this.next();
  }

  private free(worker: Worker): void {
    this.busy.delete(worker);
    worker.unref();
    this.idle.push(worker);
  }

  /** Its task is not done again, and the run ends: a verdict never rests on part of the work. */
  private died(worker: Worker, error: unknown): void {
    if (!this.living.delete(worker)) return;
    const pending = this.busy.get(worker);
    this.busy.delete(worker);
    if (!pending) this.idle.splice(this.idle.indexOf(worker), 1);
    pending?.reject(error);
    this.next();
  }

  /** Ends all threads; whatever they do is lost. */
  async close(): Promise<void> {
    await Promise.all([...this.living].map((worker) => worker.terminate()));
  }
}

let threads: Threads | undefined;

/** Has this process use threads from now on. */
export function useThreads(file: string, count: number, eager: boolean): void {
  threads = count > 1 ? new Threads(file, count, eager) : undefined;
}

/** The threads of this process where they are worth it; undefined where everything is done by the caller. */
export function threadsFor(operations: number): Threads | undefined {
  return threads?.worth(operations) ? threads : undefined;
}

/** The results of a task for all inputs, in their order. @param told hears of every one that is done */
export async function doAll<Input, Result>(
  pool: Threads,
  task: Task<Input, Result>,
  inputs: readonly Input[],
  told: (done: number) => void = () => undefined,
): Promise<Result[]> {
  let done = 0;
  return Promise.all(
    inputs.map(async (input) => {
      const result = await pool.run(task, input);
      told(++done);
      return result;
    }),
  );
}

/**
 * The results of a task in the order of its inputs, each as soon as it is its turn. No more are on their way than there
 * are threads, and one that waits for a free one: memory does not grow with their number.
 *
 * @param inputOf the input of a number below `count`, asked for when its task is handed out
 */
export async function* doInOrder<Input, Result>(
  pool: Threads,
  task: Task<Input, Result>,
  count: number,
  inputOf: (n: number) => Input,
): AsyncGenerator<Result> {
  const waiting: Promise<Result>[] = [];
  for (let done = 0, next = 0; done < count; done++) {
    for (; next < count && next - done <= pool.count; next++) {
      const result = pool.run(task, inputOf(next));
      // Whoever asks hears of it in its turn, or of an earlier one's error.
      result.catch(() => undefined);
      waiting.push(result);
    }
    const first = waiting.shift();
    if (first) yield await first;
  }
}

/** Does what is asked of this thread. */
export function serve(tasks: readonly Task<never, unknown>[]): void {
  const byName = new Map(tasks.map((task) => [task.name, task]));
  const port = parentPort;
  if (!port) throw new Error('not a thread');
  port.on('message', async ({ task, input }: Request) => {
    const answer = await answerOf(byName.get(task), input);
    port.postMessage(answer, [...movable(answer)]);
    giveBack();
  });
}

async function answerOf(task: Task<never, unknown> | undefined, input: unknown): Promise<Answer> {
  try {
    return task ? { result: await task.run(input as never) } : { failed: true };
  } catch {
    return { failed: true };
  }
}
