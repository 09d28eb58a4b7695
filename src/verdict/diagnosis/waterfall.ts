/**
 * The way of a gain from its evaluation to the A/B, as one line of levels and steps between them: in the unit of the
 * online metric where past arms translate, else in that of the ledger. A level is then the line of past arms at its
 * gain, a + b·gain, and a step, the difference of two levels, b times what it is in the ledger.
 */

import type { Effect } from '../../checks/evidence-check.js';
import { checkOf } from '../../checks/registry.js';
import type { CheckId } from '../../documents/policy/policy.js';
import type { LedgerSums } from '../../estimation/ledger/ledger-sums.js';
import type { Estimate } from '../../estimation/statistics/noninferiority.js';
import { linear, type Statistic } from '../../estimation/tabulation/clustered.js';
import { type Bounded, bounded, type Experiment } from './diagnosis.js';
import type { JoinLevels } from './joins.js';
import { type OutcomeLedger, sumOf } from './outcome-ledger.js';

/** A level that the gain stands at, or a step from one to the next: what is lost is below 0. */
export interface WaterfallBar extends Bounded {
  readonly kind: 'level' | 'step' | 'unexplained';
  /** The hypothesis whose step it is, or the name of the level. */
  readonly id:
    | CheckId
    | 'reported'
    | 'scored'
    | 'not_scored'
    | 'never_served'
    | 'offline'
    | 'online'
    | 'predicted'
    | 'observed'
    | 'production'
    | 'serving_rest'
    | 'online_rest';
  readonly label: string;
}

export interface Waterfall {
  /** Whose unit the bars are in: the ledger's, or the online metric's. */
  readonly unit: 'ledger' | 'outcome';
  readonly words: string;
  readonly bars: readonly WaterfallBar[];
}

/** Everything that steps are read off. */
export interface Sources {
  readonly checks: ReadonlyMap<CheckId, { readonly effect: Effect }>;
  readonly sums: LedgerSums | undefined;
  /** The gain on more rows than were served, where anybody says it. */
  readonly levels: JoinLevels | undefined;
  /** The part of production's own loss that no step takes off. */
  readonly production: Statistic | undefined;
  /** The gap less every step. */
  readonly rest: Statistic | undefined;
  readonly outcomes: OutcomeLedger | undefined;
  readonly experiment: Experiment | undefined;
  readonly confidence: number;
}

/** Undefined where nothing was measured both offline and online. */
export function waterfallOf(sources: Sources): Waterfall | undefined {
  const { sums, outcomes, experiment } = sources;
  if (!sums?.gainOnline) return experiment && promised(experiment);
  const serving = servingBars(sources, sums, sums.gainOnline);
  if (!outcomes) return { unit: 'ledger', words: sums.metric.words, bars: serving };
  return { unit: 'outcome', words: 'the online metric', bars: [...serving, ...outcomeBars(sources, outcomes)] };
}

/** Without a ledger: from what the gain offline promises, by past arms, to what the A/B measured. */
function promised({ promise, observed }: Experiment): Waterfall | undefined {
  if (!promise) return undefined;
  const { value, lower, upper } = promise.missing;
  return {
    unit: 'outcome',
    words: 'the online metric',
    bars: [
      { kind: 'level', id: 'offline', label: 'gain offline, by past arms', ...promise.value },
      { kind: 'unexplained', id: 'online_rest', label: NOT_EXPLAINED, value: -value, lower: -upper, upper: -lower },
      { kind: 'level', id: 'observed', label: MEASURED, ...observed },
    ],
  };
}

const NOT_EXPLAINED = 'not explained by the tested steps';
const MEASURED = 'what the A/B measured';

type Bar = Omit<WaterfallBar, keyof Bounded>;

/** From the gain offline to the gain online. */
function servingBars(
  { checks, levels, outcomes, production, rest, confidence }: Sources,
  sums: LedgerSums,
  online: Statistic,
) {
  const line = outcomes?.line;
  const barOf = (bar: Bar, own: Estimate): WaterfallBar => {
    const translated = bar.kind === 'level' ? line?.at(own) : line?.between(own);
    return { ...bar, ...bounded(translated ?? own, confidence) };
  };
  const shown = (bar: Bar, statistic: Statistic) => barOf(bar, sums.estimate(statistic));
  const lost = (bar: Bar, statistic: Statistic) => shown(bar, linear(-1, statistic, 0, statistic));
  const by = outcomes ? ', by past arms' : '';
  return [
    ...joinBars(levels, by, barOf),
    shown(
      { kind: 'level', id: 'offline', label: `gain offline${levels ? ', rows that were served' : ''}${by}` },
      sums.gainOffline,
    ),
    ...[...checks].flatMap(([id, { effect }]) => {
      const { telescopes } = checkOf(id);
      return telescopes && effect.kind === 'step' ? [lost({ kind: 'step', id, label: id }, effect.contribution)] : [];
    }),
    // The candidate is held against production's model: a loss of that one is won by it.
    ...(production ? [shown({ kind: 'step', id: 'production', label: 'production’s own loss' }, production)] : []),
    ...(rest ? [lost({ kind: 'unexplained', id: 'serving_rest', label: NOT_EXPLAINED }, rest)] : []),
    shown({ kind: 'level', id: 'online', label: `gain online${by}` }, online),
  ];
}

/** From the gain that was reported, or on every row that was scored, to the rows that were served. */
function joinBars(
  joins: JoinLevels | undefined,
  by: string,
  barOf: (bar: Bar, own: Estimate) => WaterfallBar,
): WaterfallBar[] {
  const LABELS = {
    reported: { level: 'gain that was reported', id: 'not_scored', step: 'rows that are not here' },
    scored: { level: 'gain on all rows scored offline', id: 'never_served', step: 'rows never served' },
  } as const;
  const [first] = joins?.levels ?? [];
  if (!joins || !first) return [];
  return [
    barOf({ kind: 'level', id: first.of, label: `${LABELS[first.of].level}${by}` }, first.gain),
    ...joins.levels.map(({ of, lost }) =>
      barOf({ kind: 'step', id: LABELS[of].id, label: LABELS[of].step }, negative(lost)),
    ),
  ];
}

/** From the gain online, in the unit of the A/B, to what the A/B measured. */
function outcomeBars({ checks, confidence }: Sources, { whole, predicted, observed }: OutcomeLedger): WaterfallBar[] {
  const parts = [...checks].flatMap(([id, { effect }]) => {
    if (effect.kind !== 'outcome' || !effect.part) return [];
    const { part } = effect;
    return [
      {
        id,
        part,
        terms: [
          [part.predicted, predicted],
          [1, part.own],
        ] as const,
      },
    ];
  });
  const explained = parts.reduce((sum, { part }) => sum + part.predicted, 0);
  const rest =
    parts.length === 0
      ? whole.estimate
      : sumOf([1 - explained, predicted], [-1, observed], ...parts.map(({ part }) => [-1, part.own] as const));
  return [
    ...parts.map(({ id, terms }): WaterfallBar => {
      const own = sumOf(...terms);
      return { kind: 'step', id, label: id, ...bounded(negative(own), confidence) };
    }),
    { kind: 'unexplained', id: 'online_rest', label: NOT_EXPLAINED, ...bounded(negative(rest), confidence) },
    { kind: 'level', id: 'observed', label: MEASURED, ...bounded(observed, confidence) },
  ];
}

function negative(estimate: Estimate): Estimate {
  const { skewness } = estimate;
  return { ...estimate, value: -estimate.value, ...(skewness === undefined ? {} : { skewness: -skewness }) };
}
