/** Names the dialect of a CSV that is not the one that is read, and how to write it as that one. */
import type { Problem } from '../../errors.js';
import { quoted, shellPath } from '../../lib/text.js';

/** Bytes of a file that tell its dialect. */
const HEAD = 1 << 16;

/**
 * Finds what is unusual about a text that is no CSV with commas, a header and doubled quotation marks; undefined where
 * nothing is that has a name.
 *
 * @param delimiter of the cells, as the file's ending says
 */
export function dialectProblem(bytes: Buffer, shown: string, delimiter: string): Problem | undefined {
  const text = bytes
    .subarray(0, HEAD)
    .toString('utf8')
    .replace(/^\ufeff/, '');
  const lines = text.split(/\r?\n/);
  const [first = ''] = lines;
  const at = (line: number) => ({ file: shown, line, column: 1 });
  const path = shellPath(shown);
  const separator = /^"?sep=(.)"?$/i.exec(first)?.[1];
  if (separator !== undefined)
    return {
      place: at(1),
      found: `${quoted(first)}, the line by which a spreadsheet is told the separator`,
      expected: 'a header row',
      mend: `Leave it out: sed -i 1d ${path}`,
    };
  if (first.startsWith('#')) return commentProblem(first, lines, delimiter, shown);
  const other = first.includes(delimiter) ? undefined : [';', '\t', '|'].find((own) => first.includes(own));
  if (other !== undefined)
    return {
      place: at(1),
      found: `a header whose cells are separated by ${other === '\t' ? 'tabs' : quoted(other)}`,
      expected: delimiter === '\t' ? 'tabs' : '","',
      mend: other === '\t' ? 'Name it .tsv' : rewritten(shown, other, lines),
    };
  const escaped = lines.findIndex((line) => /[^\\"]\\"|^\\"|"\\"/.test(line));
  if (escaped < 0) return undefined;
  return {
    place: at(escaped + 1),
    found: 'a quotation mark behind a backslash, as Spark writes it',
    expected: 'quotation marks within a cell doubled',
    mend: `Write it in Spark with: df.write.option("header", True).option("escape", '"').csv(…), or as Parquet.`,
  };
}

/** A header behind `#`, or lines of comments before the header. */
function commentProblem(
  first: string,
  lines: readonly string[],
  delimiter: string,
  shown: string,
): Problem | undefined {
  const cells = (line: string) => line.split(delimiter).length;
  const below = lines.find((line) => !line.startsWith('#'));
  if (below === undefined) return undefined;
  const header = lines[1] === below && cells(first) > 1 && cells(first) === cells(below);
  const path = shellPath(shown);
  return {
    place: { file: shown, line: 1, column: 1 },
    found: header ? 'a header that is a comment, behind #' : `a line of comment, ${quoted(first)}`,
    expected: 'a header row',
    mend: header ? `Run: sed -i '1s/^# *//' ${path}` : `Leave the comments out: sed -i '/^#/d' ${path}`,
  };
}

/** The line of Python that writes the cells as they are, with commas between them and points in their numbers. */
function rewritten(shown: string, separator: string, lines: readonly string[]): string {
  const path = `"${shown.replaceAll(/["\\]/g, '\\$&')}"`;
  const comma = lines.slice(1).some((line) => line.split(separator).some((cell) => /^-?\d+,\d+$/.test(cell)));
  return (
    `Write it with commas, in Python: import pandas; t = pandas.read_csv(${path}, sep="${separator}", dtype=str, ` +
    `keep_default_na=False); ${comma ? 't = t.replace(r"^(-?\\d+),(\\d+)$", r"\\1.\\2", regex=True); ' : ''}` +
    `t.to_csv(${path}, index=False)`
  );
}
