/** Texts that stand where a graph takes numbers: as a rule those that a tokenizer or a vocabulary has yet to turn. */
import type { TensorInfo } from '../../data/checkpoints/onnx-file.js';
import { type Column, isNull, textAt } from '../../data/tables/column.js';
import { numberFromText } from '../../data/tables/text-values.js';
import type { Problem } from '../../errors.js';

/** Values that are looked at. */
const LOOKED = 100;

/** True where a column holds texts of which the first ones are no numbers, not one of them. */
export function holdsTexts(column: Column, rows: Iterable<number>): boolean {
  if (column.type !== 'string') return false;
  let seen = 0;
  for (const row of rows) {
    if (isNull(column, row)) continue;
    if (numberFromText(textAt(column, row)) !== undefined) return false;
    if (++seen === LOOKED) break;
  }
  return seen > 0;
}

/** The form that an input of numbers wants in place of texts, and lines of Python that make it. */
export function forTexts(column: string, input: TensorInfo, file: string): Pick<Problem, 'expected' | 'mend'> {
  const table = tableIn(file);
  const [text, made] = [JSON.stringify(column), JSON.stringify(input.name)];
  const tokens = (input.shape?.length ?? 2) === 2 && input.shape?.[1] !== 1;
  const make = tokens
    ? `t[${made}] = tokenizer(list(t[${text}]), truncation=True)["input_ids"]`
    : `t[${made}] = t[${text}].map(vocabulary)`;
  const lines = `import pandas; t = ${table.read}; ${make}; t.to_parquet(${JSON.stringify(table.written)})`;
  return {
    expected: tokens ? 'tokens: a list of whole numbers a row' : 'numbers: the one that training gave to each text',
    mend:
      `In Python, with the ${tokens ? 'tokenizer' : 'vocabulary'} that serves: ${lines} ` +
      `(docs/encoders.md); then write ${table.written} in place of ${table.name}.`,
  };
}

/** The call of pandas that reads a table, by its ending, and the name of one beside it. */
function tableIn(file: string): { name: string; read: string; written: string } {
  const name = file.split('/').at(-1) ?? file;
  const stem = name.replace(/(\.(parquet|csv|tsv|jsonl|ndjson|json))?(\.gz)?$/i, '');
  const written = `${file.slice(0, file.length - name.length)}${stem}.tokens.parquet`;
  const path = JSON.stringify(file);
  const read = /\.tsv(\.gz)?$/i.test(name)
    ? `pandas.read_csv(${path}, sep="\\t")`
    : /\.csv(\.gz)?$/i.test(name)
      ? `pandas.read_csv(${path})`
      : /json/i.test(name)
        ? `pandas.read_json(${path}, lines=True)`
        : `pandas.read_parquet(${path})`;
  return { name, read, written };
}
