/** The reckoning of the part of a margin that a cell uses, in words: said once beside all of the figures. */

import { grouped } from '../../lib/grouped.js';
import { list } from '../../lib/text.js';
import type { JudgedCell } from './model.js';

/**
 * `margin used is change / margin of max_increase (0 is as at distance 0), (1 − value) / (1 − min) of min (0 is the
 * best value there is); …`, of the rules that there are. Empty without a cell.
 */
export function usedInWords(cells: readonly Pick<JudgedCell, 'mark' | 'reckoned' | 'allowed'>[]): string {
  if (cells.length === 0) return '';
  const ways = [...grouped(cells, ({ reckoned }) => reckoned.formula).values()].map((own) => {
    const { formula, zero } = own[0]!.reckoned;
    const operators = [...new Set(own.map(({ allowed }) => allowed.split(' ')[0] ?? ''))].sort();
    return `${formula} of ${list(operators)}${zero === undefined ? '' : ` (0 is ${zero})`}`;
  });
  const sorted = cells.some(({ mark }) => mark !== 'fail')
    ? '; in brackets what the bound uses, by which cells that pass or are inconclusive are sorted'
    : '';
  return `margin used is ${ways.join(', ')}${sorted}`;
}
