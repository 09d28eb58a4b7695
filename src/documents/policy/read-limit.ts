/** A limit says what a rule limits, and by how much: its one operator and the number or percentage beside it. */
import type { Place } from '../../errors.js';
import { list } from '../../lib/text.js';
import type { YamlSource } from '../yaml/source.js';
import type { Operator } from './policy.js';

/** A rule's operator and its limit as written, by the operator's key. */
export interface WrittenLimit<O extends Operator> {
  readonly operator: O;
  readonly written: string | number;
}

/**
 * The one operator of a rule; undefined, with a problem noted, where it has none or several.
 *
 * @param blame the place of that problem and how to mend it, given the operators that are written
 */
export function operatorOf<O extends Operator>(
  raw: { readonly [key in O]?: string | number },
  allowed: readonly O[],
  source: YamlSource,
  blame: (written: readonly O[]) => { readonly place: Place; readonly mend?: string },
): WrittenLimit<O> | undefined {
  const operators = allowed.filter((operator) => raw[operator] !== undefined);
  const [operator, second] = operators;
  if (operator !== undefined && second === undefined) {
    const written = raw[operator];
    if (written !== undefined) return { operator, written };
  }
  const { place, mend } = blame(operators);
  const found = operator === undefined ? 'a rule without an operator' : `a rule with ${list(operators)}`;
  return source.problem(place, found, `exactly one of ${list(allowed)}`, mend);
}

/** A limit as a number: a fraction where it is written as a percentage, which is relative. */
export function limitOf(written: string | number): { threshold: number; relative: boolean } {
  return typeof written === 'string'
    ? { threshold: percentage(written), relative: true }
    : { threshold: written, relative: false };
}

/** `95%` → 0.95; the schema has checked the form. */
export function percentage(text: string): number {
  return Number(text.replace('%', '')) / 100;
}

/** A one-sided confidence as a fraction; 0.95 where none is written. */
export function confidenceOf(written: string | number | undefined): number {
  return written === undefined ? 0.95 : limitOf(written).threshold;
}
