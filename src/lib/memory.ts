/**
 * Tells whether an exception says that the machine has not enough memory: of Node, of WebAssembly or of the ONNX
 * runtime.
 */

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

export function outOfMemory(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOMEM' || code === 'ERR_MEMORY_ALLOCATION_FAILED' || SIGNS.some((sign) => sign.test(error.message));
}
