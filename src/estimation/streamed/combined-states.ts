/**
 * States as combinations of score columns: sums of a mix whose every version has one mass in all rows are those of the
 * versions times their masses, so that nothing is summed twice.
 */
import type { Mass, State } from '../tabulation/metric-table.js';

/** A column that is summed by itself, with the mass that it has in each row; left out: it counts whole. */
export interface Summand {
  readonly column: number;
  readonly mass?: Mass;
}

/** States by the summands that they are made of. */
export interface Combination {
  readonly summands: readonly Summand[];
  /** By state: numbers of summands, and the factor of each. */
  readonly states: readonly (readonly { readonly summand: number; readonly factor: number }[])[];
}

export function combinationOf(states: readonly State[]): Combination {
  const summands: Summand[] = [];
  const numberOf = (column: number, mass?: Mass): number => {
    const known = summands.findIndex((other) => other.column === column && other.mass === mass);
    return known >= 0 ? known : summands.push({ column, ...(mass ? { mass } : {}) }) - 1;
  };
  const combined = states.map(({ parts }) =>
    parts.map(({ column, mass }) =>
      mass?.mass.length === 1
        ? { summand: numberOf(column), factor: mass.mass[0]! }
        : { summand: numberOf(column, mass), factor: 1 },
    ),
  );
  return { summands, states: combined };
}

/** The sums of every state. @param sums by summand, of one shape */
export function combineSums({ states }: Combination, sums: readonly Float64Array[]): Float64Array[] {
  return states.map((own) => {
    const found = new Float64Array(sums[0]?.length ?? 0);
    for (const { summand, factor } of own) {
      const values = sums[summand]!;
      for (let at = 0; at < found.length; at++) found[at]! += factor * values[at]!;
    }
    return found;
  });
}
