/** The processor as far as results of the runtime may depend on it: its kernels are chosen by what it can. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { sha256 } from '../artefacts/digests.js';

/** Instruction sets that matrix products are chosen by. */
const SETS = /^(avx|fma|f16c|amx|sse4|asimd|sve|sme(?!p)|i8mm|bf16|fphp)/;

/** The processor in words: platform, model, instruction sets, threads. */
export function processor(): string {
  const model = cpus()[0]?.model ?? 'unknown';
  const threads = availableParallelism();
  return [process.platform, process.arch, model, instructionSets().join(' '), `${threads} threads`].join(', ');
}

/** Sorted; empty where the system does not say. */
function instructionSets(): string[] {
  let text: string;
  try {
    text = readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return [];
  }
  const [, flags = ''] = /^(?:flags|Features)\s*:(.*)$/m.exec(text) ?? [];
  const part = /^CPU part\s*:\s*(\S+)/m.exec(text)?.[1];
  const sets = flags.split(' ').filter((flag) => SETS.test(flag));
  return [...sets.sort(), ...(part === undefined ? [] : [`part ${part}`])];
}

/** Short, for a folder's name. */
export function processorDigest(words: string): string {
  return sha256(words).slice(0, 16);
}
