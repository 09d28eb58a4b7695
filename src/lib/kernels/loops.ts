/** The loops of kernels/, each with a memory of its own that ends with it. */
import { MODULE } from './module.js';

/** The exports of kernels/index.ts; places are bytes from the start of the memory. */
interface Loops {
  dots(
    queries: number,
    items: number,
    d: number,
    queryOf: number,
    itemOf: number,
    pairs: number,
    out: number,
  ): undefined;
  countAbove(candidates: number, rows: number, scores: number, count: number, above: number, tied: number): undefined;
  mapVectors(map: number, vectors: number, count: number, d: number, out: number): undefined;
  addMarginals(
    values: number,
    columns: number,
    rows: number,
    querySlot: number,
    itemSlot: number,
    cell: number,
    queryMarginals: number,
    itemMarginals: number,
    magnitudes: number,
  ): undefined;
  addProducts(
    triangles: number,
    columns: number,
    at: number,
    byQuery: number,
    byItem: number,
    from: number,
    to: number,
    values: number,
  ): undefined;
}

const PAGE = 65_536;
/** A memory's places are numbers of 32 bits. */
export const MOST_BYTES = 2 ** 32 - PAGE;

let compiled: WebAssembly.Module | undefined;

/** Arrays that stand one after the other in a memory. */
export class Room {
  private end = 0;

  /** @returns where so many bytes begin */
  take(bytes: number): number {
    const at = this.end;
    this.end += Math.ceil(bytes / 16) * 16;
    return at;
  }

  get bytes(): number {
    return this.end;
  }
}

/** @param bytes that the memory holds at least */
export function loopsOver(bytes: number): { readonly loops: Loops; readonly buffer: ArrayBuffer } {
  if (bytes > MOST_BYTES)
    throw new RangeError(`out of memory: ${bytes} bytes are more than a WebAssembly.Memory holds`);
  compiled ??= new WebAssembly.Module(Buffer.from(MODULE, 'base64'));
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
  const instance = new WebAssembly.Instance(compiled, { env: { memory } });
  return { loops: instance.exports as Loops, buffer: memory.buffer };
}
