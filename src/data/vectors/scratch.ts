/** Files read one after the other into the same memory, as hundreds of buffers keep the garbage collector busy. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export class Scratch {
  private buffer = new ArrayBuffer(0);

  /** The bytes of a file, which stand there until the next one is read; from a multiple of 8 in memory on. */
  read(path: string): Uint8Array {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      if (size > this.buffer.byteLength) this.buffer = new ArrayBuffer(size);
      const bytes = new Uint8Array(this.buffer, 0, size);
      let read = 0;
      while (read < size) {
        const more = readSync(file, bytes, read, size - read, read);
        if (more === 0) break;
        read += more;
      }
      return bytes.subarray(0, read);
    } finally {
      closeSync(file);
    }
  }
}
