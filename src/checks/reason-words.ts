/** The words of every reason are spelled here alone. */

import { list, plural, printable } from '../lib/text.js';
import type { CannotMove, NotTested, Reason } from './reason.js';

/** A reason has a name, and figures or advice that follow it. */
interface Words {
  readonly name: string;
  readonly more?: string;
}

type Spelling = { readonly [K in Reason['kind']]: (reason: Extract<Reason, { kind: K }>) => Words };

const FROZEN = 'a tower that is frozen on purpose: allow_identical_versions: true';

const WORDS: Spelling = {
  within_margin: () => ({ name: 'the whole interval is within the margin' }),
  beyond_margin: () => ({ name: 'the whole interval is beyond the margin' }),
  underpowered: () => ({ name: 'underpowered', more: 'the smallest detectable change exceeds the margin' }),
  borderline: ({ by }) => ({
    name: 'borderline',
    more:
      by === 'holm'
        ? 'beyond the margin if it were the only cell, but not after Holm’s correction for how many are judged'
        : 'the interval straddles the margin',
  }),
  too_few_positives: ({ count, least }) => ({ name: 'too few positives', more: `${count} of at least ${least}` }),
  too_few_clusters: ({ side, count, least }) => ({
    name: `too few ${side} clusters`,
    more: `${below(count)} effective of at least ${least}`,
  }),
  uncovered_mass: ({ share }) => ({
    name: 'uncovered histogram mass',
    more: `${(100 * share).toFixed(1)} % of production lies outside the sweep`,
  }),
  undefined: () => ({
    name: 'undefined',
    more: 'the metric has no value here (one class alone, no positives, or no query with a relevant item)',
  }),
  no_spread: () => ({
    name: 'no spread',
    more: 'scores differ and the metric does not vary from cluster to cluster, so that its bound is unknown',
  }),
  identical_versions: ({ versions, files, by, distances, mass }) => ({
    name: `${versions[1]} and ${versions[0]} ${by === 'scores' ? 'score' : 'embed'} alike (${files[1]}, ${files[0]})`,
    more: `${
      distances.length === 1
        ? `distance ${distances[0]} measures nothing`
        : `distances ${list(distances.map(String))} measure the same`
    }${atSuch(mass)}; ${FROZEN}`,
  }),
  identical_scores: ({ distances, mass }) => ({
    name: `distance ${distances[0]} measures nothing`,
    more: `every score is what it is at distance 0${atSuch(mass)}; ${FROZEN}`,
  }),
  cannot_move: (reason) => ({ name: 'cannot move', more: immovable(reason) }),
  no_rule_can_fail: () => ({
    name: 'no required rule can fail',
    more: 'a model without skill would keep it; write a smaller margin, or a level that such a model does not reach',
  }),
  no_skill: ({ yardstick, value, chance, better }) => ({
    name: 'no skill at distance 0',
    more:
      `${yardstick} ${four(value)}, not clearly ${better === 'lower' ? 'below' : 'above'} ${four(chance)}, which ` +
      'a model that knows nothing has',
  }),
  meaningless: ({ why }) => ({ name: why }),
  not_tested: (reason) => ({ name: 'not tested', more: whatIsMissing(reason) }),
  too_few_trials: ({ what, count, least }) => ({
    name: `too few ${what}`,
    more: `${Math.floor(count)} of at least ${least}`,
  }),
  too_few_arms: ({ least }) => ({ name: `fewer than ${least} arms` }),
  unbounded: ({ what }) => ({
    name: what === 'latency' ? 'too few requests to bound it' : 'too few rows to bound a 99th percentile',
  }),
  open_bucket: () => ({ name: 'it lies in a bucket without an upper edge' }),
  rule_cannot_fail: ({ direction, most, relative }) => ({
    name: 'the rule cannot fail',
    more: `it can ${direction} by ${relative ? `${four(100 * most)} %` : four(most)} at most; write a smaller margin`,
  }),
  share_of_nothing: () => ({ name: 'undefined', more: 'there is nothing that it could be a share of' }),
  gains_do_not_vary: () => ({ name: 'gains that do not vary' }),
  too_few_builds: ({ count, least }) => ({ name: `${count} builds, of at least ${least}` }),
  builds_share_rows: () => ({ name: 'the builds share rows', more: 'gain_range is by pairs of rows' }),
  no_pair_in_common: () => ({ name: 'no pair in common' }),
  no_value: () => ({ name: 'no value on either side' }),
  mostly_error: () => ({ name: 'most of their spread is error' }),
  other_launches: ({ count }) => ({
    name: `${plural(count, 'other launch', 'other launches')} inside the ramp`,
    more: 'what they do cannot be told from what the share does',
  }),
  no_control: () => ({
    name: 'no control beside it',
    more: 'a loss that moves with the share of the traffic may move with the days as well',
  }),
  one_arm_seen: () => ({
    name: 'the log does not show that both arms’ candidates could be chosen',
    more: 'it takes both arms’ candidates for the same requests',
  }),
  no_pins: ({ versions, count }) => {
    const names = versions.map((version) => printable(version, 40));
    const shown = count > 3 ? [...names.slice(0, 2), `${count - 2} more`] : names;
    return { name: `the release pins no query_tower.sha256 of ${list(shown)}` };
  },
  nothing_expected: () => ({
    name: 'nothing to hold them against',
    more: 'a column expected, or a sweep whose eval set has them, embeds them again',
  }),
  reader_unknown: () => ({
    name: 'no row of it at this artefact, and features_offline has no column artefact that says whether it reads it',
  }),
  never_in_training: () => ({ name: 'never there in training' }),
};

/** Every kind that a reason can be of. */
export const REASON_KINDS = Object.keys(WORDS) as readonly Reason['kind'][];

/** A reason in full: `too few positives: 60 of at least 100`. */
export function spelled(reason: Reason): string {
  const { name, more } = wordsOf(reason);
  return more === undefined ? name : `${name}: ${more}`;
}

/** A reason without its figures: `too few positives`. */
export function nameOf(reason: Reason): string {
  return wordsOf(reason).name;
}

/** The evidence that would settle a finding, where it is known. */
interface Settled {
  readonly rowsToSettle?: number;
  readonly queriesToSettle?: number;
}

/** The reason of a finding in full, with the evidence that would settle it in the unit of its metric. */
export function reasonOf({ reason, ...settled }: { readonly reason: Reason } & Settled): string {
  const wanted = toSettle(settled);
  return wanted === undefined ? spelled(reason) : `${spelled(reason)}; about ${wanted} of this slice would settle it`;
}

/** `120,000 rows`, of a ranking `3,100 queries`; undefined where nothing is known. */
export function toSettle({ rowsToSettle, queriesToSettle }: Settled): string | undefined {
  if (queriesToSettle !== undefined) return plural(queriesToSettle, 'query', 'queries');
  return rowsToSettle === undefined ? undefined : plural(rowsToSettle, 'row');
}

/**
 * `it needs the table latency; docs/checks/serving-health.md has the query`: the evidence that would let it be tested.
 */
export function whatIsMissing(reason: NotTested): string {
  switch (reason.by) {
    case 'evidence':
      return `it needs ${reason.needs}; docs/checks/${reason.check}.md has the query`;
    case 'mix':
      return 'production’s mix is not known, it needs weight_online or the table mix';
    case 'one_source':
      return 'every row is of one log source';
    case 'metric':
      return `the gap is measured by ${reason.words}, whose scores and labels need have no log loss`;
  }
}

function wordsOf<K extends Reason['kind']>(reason: Extract<Reason, { kind: K }>): Words {
  const spell: (reason: Extract<Reason, { kind: K }>) => Words = WORDS[reason.kind as K];
  return spell(reason);
}

function immovable(reason: CannotMove): string {
  switch (reason.by) {
    case 'softmax':
      return (
        `under link: softmax the predictions of every query sum to 1, so that ${reason.metric} is the same for ` +
        'every model; ask for log_loss or a ranking'
      );
    case 'candidates': {
      const { metric, queries, k } = reason;
      const covers =
        k === undefined
          ? `in none of ${plural(queries, 'query', 'queries')} is there a candidate that is not relevant`
          : `in none of ${plural(queries, 'query', 'queries')} do more than ${k} candidates compete, with enough ` +
            'that are not relevant';
      return (
        `${covers}, so that ${metric} is the same for every model; rank over the catalogue (candidates: ` +
        `full)${k === undefined ? '' : ', or take a smaller K'}`
      );
    }
    case 'labels':
      return `${reason.why}; add rows that are not positive`;
  }
}

function atSuch(mass: number | undefined): string {
  return mass === undefined
    ? ''
    : `, and ${(100 * mass).toFixed(mass < 0.1 ? 1 : 0)} % of production is at such distances`;
}

/** With one decimal, rounded down: what is below a floor does not read as if it met it. */
function below(clusters: number): string {
  return (Math.floor(10 * clusters) / 10).toFixed(1);
}

/** Four significant digits. */
function four(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : 'undefined';
}
