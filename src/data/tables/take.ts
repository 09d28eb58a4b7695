/** Some rows of a column or a table, in an order of their own. */

import type { Column, ListColumn, StringColumn } from './column.js';

/** @param rows of the column, each as often as it is to stand there */
export function take(column: Column, rows: Int32Array): Column {
  const { nulls } = column;
  const base = { length: rows.length, ...(nulls ? { nulls: Uint8Array.from(rows, (r) => nulls[r]!) } : {}) };
  switch (column.type) {
    case 'string':
      return { ...column, ...base, ...takenTexts(column, rows) };
    case 'wide_int':
      return { ...column, ...base, values: BigInt64Array.from(rows, (r) => column.values[r]!) };
    case 'list':
      return { ...column, ...base, ...takenLists(column, rows) };
    default: {
      const { written } = column;
      const texts = written ? { written: Array.from(rows, (r) => written[r]!) } : {};
      return { ...column, ...base, ...texts, values: Float64Array.from(rows, (r) => column.values[r]!) };
    }
  }
}

/** The dictionary has no text that no row has: of few rows of many it is as few. */
function takenTexts({ codes, dictionary }: StringColumn, rows: Int32Array): Pick<StringColumn, 'codes' | 'dictionary'> {
  const numbers = new Map<number, number>();
  const own = rows.map((r) => {
    const code = codes[r]!;
    if (code < 0) return code;
    const number = numbers.get(code) ?? numbers.size;
    numbers.set(code, number);
    return number;
  });
  return { codes: own, dictionary: [...numbers.keys()].map((code) => dictionary[code] ?? '') };
}

function takenLists({ offsets, values }: ListColumn, rows: Int32Array): Pick<ListColumn, 'offsets' | 'values'> {
  const own = new Int32Array(rows.length + 1);
  for (const [i, r] of rows.entries()) own[i + 1] = own[i]! + offsets[r + 1]! - offsets[r]!;
  const members = new Int32Array(own[rows.length]!);
  for (const [i, r] of rows.entries())
    for (let n = own[i]!, from = offsets[r]!; n < own[i + 1]!; n++) members[n] = from++;
  return { offsets: own, values: take(values, members) };
}
