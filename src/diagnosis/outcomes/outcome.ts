/** Hypotheses that a table of their own tells: what each needs, and what it decides. Shares of the gap stand where the evidence is in the gap's unit. */

import type { CheckId } from '../../policy/policy.js';
import { type Estimate, interval } from '../../statistics/noninferiority.js';
import { independentContrast } from '../../statistics/share.js';
import type { HypothesisVerdict } from '../diagnosis.js';
import type { EvidenceTable } from '../evidence-table.js';
import { NEGLIGIBLE, SUFFICIENT } from '../sufficiency.js';

export interface OutcomeContext {
  /** The gap and the offline gain; undefined where the ledger is too small to judge by. */
  readonly gap: Estimate | undefined;
  readonly gainOffline: Estimate | undefined;
  readonly confidence: number;
}

export interface OutcomeFinding {
  readonly verdict: HypothesisVerdict;
  readonly why: string;
  /** Empty where it is settled. */
  readonly settle: string;
  /** In the gap's unit, where the evidence is. */
  readonly explains?: Estimate;
}

export interface OutcomeHypothesis {
  readonly id: CheckId;
  readonly layer: 1 | 2 | 3;
  /** Name of the table in the release's evidence. */
  readonly table: string;
  readonly required: readonly string[];
  readonly optional?: readonly string[];
  /** What the table holds, for whoever has to write it. */
  readonly settle: string;
  /** A second table that says more where it is there. */
  readonly also?: { readonly table: string; readonly required: readonly string[] };
  judge(table: EvidenceTable, context: OutcomeContext, also: EvidenceTable | undefined): OutcomeFinding;
}

/** The decision on an effect in the gap's unit whose evidence is apart from the ledger. */
export function againstGap(explains: Estimate, { gap, confidence }: OutcomeContext): HypothesisVerdict {
  if (!gap) return 'inconclusive';
  if (!(interval(gap, confidence).lower > 0)) return 'no_gap';
  const contrast = (rho: number) => interval(independentContrast(explains, gap, rho), confidence);
  if (contrast(NEGLIGIBLE).upper < 0 && contrast(-NEGLIGIBLE).lower > 0) return 'ruled_out';
  if (contrast(SUFFICIENT).lower > 0) return 'sufficient';
  return contrast(0).lower > 0 ? 'contributing' : 'inconclusive';
}

export function percent(share: number): string {
  const value = 100 * share;
  const text = Math.abs(value) >= 10 || value === 0 ? value.toFixed(0) : value.toPrecision(2);
  return `${text.replace('-', '−')} %`;
}

export function figure(value: number): string {
  return String(Number(value.toPrecision(3))).replace('-', '−');
}

export function finiteColumn(table: EvidenceTable, name: string): number[] {
  return [...table.numbers(name, 'a finite number', Number.isFinite)];
}

export function positiveColumn(table: EvidenceTable, name: string): number[] {
  return [...table.numbers(name, 'a standard error above 0', (x) => x > 0 && x < Infinity)];
}
