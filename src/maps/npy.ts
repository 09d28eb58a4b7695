/** A matrix as a NumPy file, format version 1.0 of numpy.lib.format: float64, little-endian, row after row. */

const MAGIC = [0x93, ...Buffer.from('NUMPY'), 1, 0];
/** The header's end is aligned to as many bytes. */
const ALIGNMENT = 64;

/** @param values shape (rows, columns) */
export function npyOf(values: Float64Array, rows: number, columns: number): Uint8Array {
  const form = `{'descr': '<f8', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const before = MAGIC.length + 2;
  const padding = ALIGNMENT - ((before + form.length + 1) % ALIGNMENT);
  const header = `${form}${' '.repeat(padding % ALIGNMENT)}\n`;
  const file = new Uint8Array(before + header.length + values.length * 8);
  const view = new DataView(file.buffer);
  file.set(MAGIC);
  view.setUint16(MAGIC.length, header.length, true);
  file.set(Buffer.from(header, 'latin1'), before);
  for (let i = 0; i < values.length; i++) view.setFloat64(before + header.length + 8 * i, values[i]!, true);
  return file;
}
