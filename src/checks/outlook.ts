/** The rules of a policy in lines, for whoever validates it. */
import type { EvidenceRule, Rule } from '../documents/policy/policy.js';
import { list } from '../lib/text.js';

/** `version-skew: log_loss max_increase 5%, at production, on all rows and tier`; a rule that only warns says so. */
export function rulesInWords(check: string, rules: readonly (EvidenceRule | Rule)[]): string[] {
  return rules.map((rule) => {
    const { metric, operator, thresholdText, level } = rule;
    const where = 'slices' in rule ? `, ${distancesInWords(rule)}, on ${slicesInWords(rule)}` : '';
    return `${check}: ${metric} ${operator} ${thresholdText}${where}${level === 'warn' ? ' (warns)' : ''}`;
  });
}

function distancesInWords({ at }: Rule): string {
  if (typeof at !== 'string') return `at distance ${list(at.map(String), 20)}`;
  return at === 'each' ? 'at each distance' : 'at production';
}

function slicesInWords({ slices }: Rule): string {
  return list(
    slices.map((columns) => (columns.length === 0 ? 'all rows' : `each ${columns.join(' × ')}`)),
    20,
  );
}
