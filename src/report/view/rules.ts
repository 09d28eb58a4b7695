/** Judged cells by the rule of the policy that judged them. */

import type { Verdict } from '../../checks/check-report.js';
import { grouped } from '../../lib/grouped.js';
import type { JudgedCell, RuleView } from './model.js';

/** @param cells the most urgent first */
export function rulesOf(cells: readonly JudgedCell[]): RuleView[] {
  return [...grouped(cells, ({ check, rule }) => `${check} ${rule}`).values()].map(ruleOf);
}

function ruleOf(cells: readonly JudgedCell[]): RuleView {
  // A rule is there for its cells.
  const first = cells[0]!;
  const of = (mark: Verdict) => cells.filter((cell) => cell.mark === mark);
  const [fail, inconclusive, pass] = [of('fail'), of('inconclusive'), of('pass')];
  const required = cells.some((cell) => cell.required);
  const sorted = [...fail, ...inconclusive, ...pass];
  return {
    check: first.check,
    rule: first.rule,
    mark: sorted[0]?.mark ?? first.mark,
    required,
    waived: !required && cells.some(({ waived }) => waived),
    metric: first.metric,
    allowed: first.allowed,
    line: first.line,
    cells: sorted,
    counts: { fail: fail.length, inconclusive: inconclusive.length, pass: pass.length },
  };
}
