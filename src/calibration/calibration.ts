/** The cost of a policy's margins on a family of versions, and what they catch: what `skewgate calibrate` writes. */

import type { Distance, Verdict } from '../checks/check-report.js';
import { sliceOf } from '../checks/version-skew/cell-names.js';
import { isRelative } from '../checks/version-skew/families.js';
import type { Measured } from '../checks/version-skew/judge.js';
import { judgesLevel } from '../checks/version-skew/merit.js';
import { metricOf } from '../checks/version-skew/plan.js';
import type { Slice } from '../data/evalset/cells.js';
import type { Operator, Rule } from '../documents/policy/policy.js';
import { POWER } from '../estimation/statistics/noninferiority.js';
import { normalQuantile } from '../estimation/statistics/student-t.js';
import { allowances, type Margin, marginAllowing } from './margins.js';
import { DRAWS, type Modelled, modelOf } from './model.js';
import { type Rate, type Rates, Unchanged } from './rates.js';
import { type History, historiesOf, type Replayed, replayedOf } from './replay.js';

/** The true values at which a rule blocks, and convicts, with 80 % power, in one cell. */
export interface Caught {
  readonly slice: Slice;
  readonly at: Distance;
  readonly blocksFrom: number;
  readonly failsFrom: number;
}

export interface RuleCalibration {
  readonly rule: Rule;
  readonly operator: Operator;
  readonly cells: number;
  /** Cells that stay open whatever is released. */
  readonly alwaysOpen: number;
  /** Undefined where the rule only warns, or no cell of it could be measured. */
  readonly rates: Rates | undefined;
  /** The unit of what is judged. */
  readonly unit: 'relative' | 'absolute';
  /** Over all rows, where it judges them, and in the cell that needs the most where that is another one. */
  readonly caught: { readonly all?: Caught; readonly worst?: Caught };
  /** The margin that would meet the wanted rate together with the others', and the smallest that would do. */
  readonly wanted: Margin | undefined;
  readonly smallest: Margin | undefined;
  /** The margin as it stands is too small for the wanted rate. */
  readonly changes: boolean;
}

export interface Calibration {
  readonly versions: readonly Replayed[];
  /** Claims of required rules that are modelled; those of them without past versions have the rows' noise alone. */
  readonly claims: number;
  readonly withoutPast: number;
  readonly alwaysOpen: number;
  readonly draws: number;
  readonly rates: Rates;
  readonly rules: readonly RuleCalibration[];
  readonly wantedRate: number;
  /** The rate under the wanted margins; undefined where none can meet it. */
  readonly underWanted: Rate | undefined;
}

/** The rules that can stop a release, with the claims of each and what they may be. */
interface Gating {
  readonly rule: Rule;
  readonly of: readonly number[];
  readonly allowed: number;
  /** The most that it must be allowed for the wanted rate, beside margins that are wide enough, and without such. */
  readonly chosen: number;
  readonly smallest: number;
}

/**
 * @param versions the live version and those before it that stand in its role
 * @param window   versions that a rule about the family takes together
 * @param wanted   the share of unchanged releases that may be blocked
 */
export function calibrationOf(
  measured: Measured,
  versions: readonly string[],
  window: number,
  wanted: number,
): Calibration {
  const histories = historiesOf(measured, window);
  const model = modelOf(measured, histories, window);
  const unchanged = new Unchanged(model);
  const required = indices(model, (claim) => claim.required);
  const { rules } = measured.policy.versionSkew;
  const gating = gatingOf(rules, model, unchanged, wanted);
  const calibrated = rules.map((rule) =>
    ruleCalibration(
      rule,
      gating.find((one) => one.rule === rule),
      histories,
      model,
      unchanged,
      measured,
    ),
  );
  const allowed = unchanged.written();
  for (const { of, chosen } of gating) for (const j of of) allowed[j] = Math.max(allowed[j]!, chosen);
  const met = gating.length > 0 && calibrated.every(({ changes, wanted: margin }) => !changes || margin !== undefined);
  return {
    versions: replayedOf(measured, histories, versions),
    claims: required.length,
    withoutPast: required.filter((j) => model[j]!.deviations.length === 0 && model[j]!.standardError > 0).length,
    alwaysOpen: histories.filter(staysOpen).length,
    draws: DRAWS,
    rates: unchanged.rates(required),
    rules: calibrated,
    wantedRate: wanted,
    underWanted: met ? unchanged.underChosen(required, allowed) : undefined,
  };
}

function gatingOf(rules: readonly Rule[], model: readonly Modelled[], unchanged: Unchanged, wanted: number): Gating[] {
  const own = rules.flatMap((rule) => {
    const of = indices(model, (claim) => claim.required && claim.rule === rule.index);
    return of.length > 0 ? [{ rule, of, allowed: model[of[0]!]!.allowed }] : [];
  });
  const { smallest, chosen } = allowances(
    unchanged.needs(own.map(({ of }) => of)),
    own.map(({ allowed }) => allowed),
    wanted,
  );
  return own.map((one, g) => ({ ...one, chosen: chosen[g]!, smallest: smallest[g]! }));
}

function ruleCalibration(
  rule: Rule,
  gating: Gating | undefined,
  histories: readonly History[],
  model: readonly Modelled[],
  unchanged: Unchanged,
  measured: Measured,
): RuleCalibration {
  const own = histories.filter(({ claim }) => claim.rule === rule);
  const ref = metricOf(measured.plan, rule.metric);
  const relative = isRelative(rule) || rule.operator === 'min_retained_gain';
  const changes = gating !== undefined && gating.chosen > gating.allowed;
  return {
    rule,
    operator: rule.operator,
    cells: own.length,
    alwaysOpen: own.filter(staysOpen).length,
    rates: gating && unchanged.rates(gating.of),
    unit: !judgesLevel(rule) && relative ? 'relative' : 'absolute',
    caught: caughtBy(
      model.filter((claim) => claim.rule === rule.index),
      measured,
    ),
    wanted: changes ? marginAllowing(rule, ref, gating.chosen) : undefined,
    smallest: gating && marginAllowing(rule, ref, gating.smallest),
    changes,
  };
}

function staysOpen({ claim, required }: History): boolean {
  return required && claim.open !== undefined;
}

function indices(model: readonly Modelled[], wanted: (claim: Modelled) => boolean): number[] {
  return model.flatMap((claim, j) => (wanted(claim) ? [j] : []));
}

const POWER_QUANTILE = normalQuantile(POWER);

function caughtBy(own: readonly Modelled[], measured: Measured): RuleCalibration['caught'] {
  const moving = own.filter(({ standardError }) => standardError > 0);
  const [first] = moving.filter(({ history }) => Object.keys(sliceOf(measured.cells, history.claim.cell)).length === 0);
  const [worst] = moving.toSorted((a, b) => needOf(b) - needOf(a));
  return {
    ...(first ? { all: caughtIn(first, measured) } : {}),
    ...(worst && worst !== first ? { worst: caughtIn(worst, measured) } : {}),
  };
}

/** The distance from the margin to what is convicted with 80 % power. */
function needOf({ standardError, convicts }: Modelled): number {
  return standardError * (convicts + POWER_QUANTILE);
}

function caughtIn(claim: Modelled, { cells }: Measured): Caught {
  const { side, allowed, standardError, reach, history } = claim;
  const sign = side === -1 ? -1 : 1;
  return {
    slice: sliceOf(cells, history.claim.cell),
    at: history.claim.at,
    blocksFrom: sign * (allowed - standardError * (reach - POWER_QUANTILE)),
    failsFrom: sign * (allowed + needOf(claim)),
  };
}

/** The verdicts of past versions that would have been blocked. */
export function wereBlocked(verdict: Verdict, onInconclusive: 'fail' | 'warn'): boolean {
  return verdict === 'fail' || (verdict === 'inconclusive' && onInconclusive === 'fail');
}
