/** The limits that rules set to a curve, in the unit of the curve. */

import type { CurvePoint, Finding } from '../../checks/check-report.js';
import { formatDistance, formatLine, formatMargin } from '../../verdict/format.js';
import type { MarginLine } from './model.js';

/**
 * One line a rule. A comparison with the family of today has no limit of its own, and draws none.
 *
 * @param findings of the curve's metric and slice
 * @param drawn    a change of the curve in the unit of the chart
 */
export function marginLines(
  findings: readonly Finding[],
  curve: Pick<CurvePoint, 'unit' | 'atZero'>,
  drawn: (change: number) => number,
): MarginLine[] {
  const rules = [...new Set(findings.map(({ rule }) => rule))];
  return rules.flatMap((rule) => {
    const own = findings.filter((finding) => finding.rule === rule);
    // A rule is there for its findings.
    const first = own[0]!;
    const limits = limitsOf(first, curve);
    if (limits === undefined) return [];
    return [
      {
        allowed: formatMargin(first),
        line: formatLine(first),
        ...(limits.upper === undefined ? {} : { upper: drawn(limits.upper) }),
        ...(limits.lower === undefined ? {} : { lower: drawn(limits.lower) }),
        at: own
          .map(({ at }) => at)
          .sort((a, b) => (a === 'production' ? 1 : b === 'production' ? -1 : a - b))
          .map(formatDistance),
      },
    ];
  });
}

type Limits = { readonly upper?: number; readonly lower?: number };

function limitsOf(finding: Finding, { unit, atZero }: Pick<CurvePoint, 'unit' | 'atZero'>): Limits | undefined {
  const { margin, operator } = finding;
  const change = changeOf(finding, unit, atZero);
  // A value that is bounded is a change from the one at distance 0.
  const level = unit === 'relative' ? margin / atZero - 1 : margin - atZero;
  switch (operator) {
    case 'max_increase':
      return { upper: change };
    case 'max_decrease':
      return { lower: -change };
    case 'max_change':
      return { upper: change, lower: -change };
    case 'max':
      return { upper: level };
    case 'min':
      return { lower: level };
    case 'no_more_sensitive_than':
    case 'min_retained_gain':
      return undefined;
  }
}

/** A margin in the unit of the curve, which another rule may have set. */
function changeOf({ margin, unit }: Finding, of: CurvePoint['unit'], atZero: number): number {
  if (unit === of) return margin;
  return of === 'relative' ? margin / Math.abs(atZero) : margin * Math.abs(atZero);
}
