/**
 * Tells whether an exception says that the machine has not enough memory: of Node, of WebAssembly or of the ONNX
 * runtime.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const SIGNS = [
  /array buffer allocation failed/i,
  // Of more than any machine has; of less it is a bug.
  /invalid typed array length: \d{10,}/i,
  /cannot create a string longer/i,
  /out of memory/i,
  /bad_?alloc/i,
  /could not allocate memory/i,
  /failed to allocate memory/i,
  /ENOMEM/,
];

export function outOfMemory(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOMEM' || code === 'ERR_MEMORY_ALLOCATION_FAILED' || SIGNS.some((sign) => sign.test(error.message));
}

/**
 * A mend for where it was WebAssembly that had too little: each of its memories takes many addresses, of which `ulimit
 * -v` may leave too few while there is memory enough. Undefined otherwise.
 */
export function mendOfAddresses({ message }: Error): string | undefined {
  if (!/\bwasm\b|webassembly/i.test(message)) return undefined;
  return (
    'Where addresses are limited (ulimit -v), set NODE_OPTIONS=--disable-wasm-trap-handler (Node 20.15 or newer); ' +
    'else give the job more memory.'
  );
}

let collect: (() => void) | undefined;

/** Bytes of arrays from which on a collection is worth its time, which is that of everything that is held. */
const WORTH = 2 ** 25;

/**
 * Gives back what nothing holds any more. Large arrays lie outside of V8's heap, which sees no reason to collect them
 * before the next ones are made: without it, a run's peak is that of two steps together.
 */
export function giveBack(): void {
  if (process.memoryUsage().arrayBuffers < WORTH) return;
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}
