/** A model without skill beside those that are judged: one score for all candidates of a query. */
import { gatherInts } from '../../lib/gather.js';
import { rowsPerQuery } from '../tabulation/entries.js';
import type { TabulateInputs } from '../tabulation/metric-table.js';

/** The inputs with one state more, the last: every order of the candidates is equally likely in it. */
export function withConstant(inputs: TabulateInputs): TabulateInputs {
  const { evalSet, sweep, states } = inputs;
  const [first] = sweep.columns;
  if (!first) return inputs;
  const logged = rowsPerQuery(evalSet);
  const column = {
    query: first.query,
    item: first.item,
    scores: new Float64Array(evalSet.rows).fill(0.5),
    link: 'identity' as const,
    ...(first.positions
      ? {
          positions: {
            above: new Int32Array(sweep.positiveRows.length),
            tied: gatherInts(logged, gatherInts(evalSet.query.codes, sweep.positiveRows)),
          },
        }
      : {}),
  };
  return {
    ...inputs,
    sweep: { ...sweep, columns: [...sweep.columns, column] },
    states: [...states, { parts: [{ column: sweep.columns.length }] }],
  };
}
