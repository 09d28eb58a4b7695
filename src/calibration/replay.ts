/**
 * Past live versions in the role of the live one: every rule on every cell and distance, for each version whose towers
 * are there together with what stands behind it.
 */

import type { Verdict } from '../checks/check-report.js';
import { type CellClaim, claimsOf, type Measured } from '../checks/version-skew/judge.js';
import { gates, metricOf } from '../checks/version-skew/plan.js';
import type { FamilyStates } from '../checks/version-skew/states.js';
import { verdictOn, violated } from '../estimation/statistics/claims.js';

/** One version in the role of the live one, judged as a run would. */
export interface Replayed {
  readonly version: string;
  /** The verdict on what is required; of rules that the version has no towers for nothing is said. */
  readonly verdict: Verdict;
  /** Required findings that do not pass, by the index of the rule. */
  readonly open: ReadonlyMap<number, number>;
}

/** A claim of the live version, and the same of every version before it. */
export interface History {
  readonly claim: CellClaim;
  /** It can stop a release. */
  readonly required: boolean;
  /** The same claim of the live version and of each before it; undefined where there is none, or one is unknown. */
  readonly past: readonly CellClaim[] | undefined;
}

/**
 * @param anchors versions that a rule about the family takes together
 * @returns the claims of the live version, each with its history
 */
export function historiesOf(measured: Measured, anchors: number): History[] {
  const { policy, plan, families } = measured;
  const windows = windowsOf(families.candidate, anchors);
  return policy.versionSkew.rules.flatMap((rule) => {
    const own = rule.claim === 'family' ? windows.filter((states) => states.anchors.length === anchors) : windows;
    const [live = [], ...before] = own.map((states) => claimsOf(rule, measured, states));
    const required = gates(rule, metricOf(plan, rule.metric).metric, policy);
    return live.map((claim, i) => {
      const all = [claim, ...before.map((claims) => claims[i]!)];
      const usable =
        all.length > 1 &&
        all.every(({ estimate: { value, standardError } }) => Number.isFinite(value) && Number.isFinite(standardError));
      return { claim, required: required && !claim.thin, past: usable ? all : undefined };
    });
  });
}

/** The states of the live version and of each before it, in the live one's role. */
export function windowsOf({ current, alignedOld, anchors }: FamilyStates, window: number): FamilyStates[] {
  return anchors.map((states, a) => ({
    current: a === 0 ? current : states,
    alignedOld: a === 0 ? alignedOld : new Map(),
    anchors: anchors.slice(a, a + window),
  }));
}

/** Every version judged as a run would judge it, the live one first. */
export function replayedOf(measured: Measured, histories: readonly History[], versions: readonly string[]): Replayed[] {
  const { confidence } = measured.policy.versionSkew;
  return versions.map((version, a) => {
    const claims = histories.flatMap(({ claim, past, required }) => {
      const own = a === 0 ? claim : past?.[a];
      return own ? [{ own, required }] : [];
    });
    const rejected = violated(
      claims.map(({ own }) => own),
      confidence,
    );
    const open = new Map<number, number>();
    let verdict: Verdict = 'pass';
    for (const { own, required } of claims) {
      const found = verdictOn(own, confidence, rejected.has(own)).verdict;
      if (!required || found === 'pass') continue;
      open.set(own.rule.index, (open.get(own.rule.index) ?? 0) + 1);
      if (verdict !== 'fail') verdict = found;
    }
    return { version, verdict, open };
  });
}
