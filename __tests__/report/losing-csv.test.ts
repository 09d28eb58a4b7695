/** Ids are strings from outside: whatever they are, a table has them back, and no spreadsheet computes them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Losing } from '../../src/checks/check-report.js';
import { losingCsv } from '../../src/report/losing-csv.js';

function losing(ids: readonly string[]): Losing {
  const entries = ids.map((id) => ({ id, rows: 3, atZero: 0.25, there: 0.5, share: Number.NaN }));
  const side = { of: ids.length, entries, share: Number.NaN };
  return { metric: 'log_loss', at: 'production', query: side, item: side };
}

/** The first cell of each record, by the grammar of RFC 4180. */
function firstCells(csv: string): string[] {
  return [...csv.matchAll(/(?:^|\r\n)"((?:[^"]|"")*)",3,/g)].map((match) => match[1]!.replaceAll('""', '"'));
}

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', "'=1", "'", '＝1', 'a,b', 'a"b', '"', 'a\r\nb', ''),
);

test('every id comes back, once what stands before it is taken off', () => {
  fc.assert(
    fc.property(fc.array(hostile), (ids) => {
      const cells = firstCells(losingCsv(losing(ids), 'query'));
      expect(cells.map((cell) => (cell.startsWith("'") ? cell.slice(1) : cell))).toEqual(ids);
      for (const cell of cells) expect(cell).not.toMatch(/^[=+\-@\t\r\n＝＋－＠]/);
    }),
  );
});

test('figures stand as they are, and what is none is empty', () => {
  expect(losingCsv(losing(['a']), 'item')).toBe(
    'id,rows,metric,distance,at_distance_0,at_distance,change,share_of_change\r\n' +
      '"a",3,log_loss,production,0.25,0.5,0.25,\r\n',
  );
});
