/** Margins under which an unchanged release is blocked as often as is wanted, and the patch that writes them. */

import { createTwoFilesPatch } from 'diff';
import { boundlessMargin } from '../checks/version-skew/margins.js';
import type { Rule } from '../documents/policy/policy.js';
import { withScalar } from '../documents/yaml/edits.js';
import type { MetricRef } from '../estimation/metrics/registry.js';
import { scaleOf } from '../estimation/metrics/registry.js';

/**
 * The allowance that each rule needs so that at most a share `wanted` of the draws needs more of any of them. Every
 * rule is left out of as small a share as every other; none is allowed less than it is now.
 *
 * @param needs   shape (rules)(draws)
 * @param allowed shape (rules)
 */
export function allowances(
  needs: readonly Float64Array[],
  allowed: readonly number[],
  wanted: number,
): { readonly smallest: number[]; readonly chosen: number[] } {
  const sorted = needs.map((own) => own.toSorted());
  const draws = needs[0]?.length ?? 0;
  const at = (left: number) => sorted.map((own) => own[draws - 1 - left]!);
  const exceeding = (limits: readonly number[]) => {
    let count = 0;
    for (let d = 0; d < draws; d++) if (needs.some((own, r) => own[d]! > limits[r]!)) count++;
    return count / draws;
  };
  const within = (limits: (left: number) => readonly number[]) => {
    let [low, high] = [0, Math.floor(wanted * draws)];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (exceeding(limits(middle)) <= wanted) low = middle;
      else high = middle - 1;
    }
    return [...limits(low)];
  };
  const kept = (left: number) => at(left).map((limit, r) => Math.max(limit, allowed[r]!));
  return { smallest: within(at), chosen: within(kept) };
}

/** A margin as the policy would write it. */
export interface Margin {
  readonly text: string;
  readonly threshold: number;
}

/** The margin that allows so much, rounded to what is looser; undefined where a model without skill would keep it. */
export function marginAllowing(rule: Rule, ref: MetricRef, allowed: number): Margin | undefined {
  const { operator, relative, metric } = rule;
  if (operator === 'min_retained_gain' || !Number.isFinite(allowed)) return undefined;
  const ratio = relative && scaleOf(metric).name === 'log_ratio';
  const exact = operator === 'min' ? -allowed : ratio ? Math.expm1(allowed) : allowed;
  const level = operator === 'min' || operator === 'max';
  if (!level && exact <= 0) return undefined;
  const rounded = roundedUp(operator === 'min' ? -exact : relative ? 100 * exact : exact, level ? 4 : 2);
  const shown = operator === 'min' ? -rounded : rounded;
  const threshold = relative ? shown / 100 : shown;
  const text = `${Number(shown.toPrecision(6))}${relative ? '%' : ''}`;
  return boundlessMargin({ ...rule, threshold, thresholdText: text }, ref) ? undefined : { text, threshold };
}

function roundedUp(exact: number, digits: number): number {
  if (exact === 0) return 0;
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(exact))) + 1 - digits);
  return Math.ceil(exact / unit - 1e-9) * unit;
}

/**
 * A unified diff of the policy with other margins, comments and layout kept; empty where none changes.
 *
 * @param path  as `git apply` is to find it
 * @returns what could not be written is left out
 */
export function patchOf(
  path: string,
  text: string,
  margins: readonly { readonly rule: Rule; readonly margin: Margin }[],
): string {
  let after = text;
  for (const { rule, margin } of margins) {
    const key = rule.operator === 'no_more_sensitive_than' ? 'margin' : rule.operator;
    after = withScalar(after, ['checks', 'version-skew', 'require', rule.index, key], margin.text) ?? after;
  }
  if (after === text) return '';
  return createTwoFilesPatch(`a/${path}`, `b/${path}`, text, after, undefined, undefined, { context: 3 }).replace(
    /^=+\n/,
    '',
  );
}
