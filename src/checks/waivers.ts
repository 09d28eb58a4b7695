/**
 * Waivers of the policy, held against the findings of a run: a finding that does not pass, and that somebody answers
 * for until a date that is not over, does not count for the verdict. It stays what it is, and is shown as waived.
 */

import type { Slice } from '../data/evalset/cells.js';
import type { Waiver } from '../documents/policy/policy.js';
import { ConfigError, formatPlace, type Place, type Problem } from '../errors.js';
import { didYouMean, list, printable, quoted } from '../lib/text.js';
import { type CheckReport, type Finding, isRequired, verdictOf } from './check-report.js';
import type { Reason } from './reason.js';

/** A waiver, and what became of it in this run. */
export interface WaiverReport {
  /** The rule as the waiver names it. */
  readonly rule: string;
  readonly slice?: Slice;
  readonly until: string;
  readonly owner: string;
  readonly reason: string;
  /**
   * - `used`       findings are waived
   * - `expired`    it is over: what it waived counts again, of which there may be none left
   * - `not_needed` all that it names passes
   * - `cannot`     what it names was not measured, which no waiver excuses, or nothing that is required was decided
   */
  readonly state: 'used' | 'expired' | 'not_needed' | 'cannot';
  /** Findings that are waived, or would be. */
  readonly findings: number;
  readonly place: Place;
}

/** The reports with what is waived, and what became of each waiver. */
export interface Waived {
  readonly checks: readonly CheckReport[];
  readonly waivers: readonly WaiverReport[];
}

/**
 * True of reasons that leave something measured, for which somebody can answer. Of the others a green would rest on
 * nothing, and no waiver covers them. A new reason has to be decided here.
 */
const MEASURED: Readonly<Record<Reason['kind'], boolean>> = {
  within_margin: true,
  beyond_margin: true,
  underpowered: true,
  borderline: true,
  too_few_positives: true,
  too_few_clusters: true,
  uncovered_mass: false,
  undefined: false,
  no_spread: false,
  identical_versions: false,
  identical_scores: false,
  cannot_move: false,
  no_rule_can_fail: false,
  no_skill: false,
  meaningless: false,
  not_tested: false,
  too_few_trials: true,
  too_few_arms: true,
  unbounded: true,
  open_bucket: true,
  rule_cannot_fail: false,
  share_of_nothing: false,
  gains_do_not_vary: false,
  too_few_builds: true,
  builds_share_rows: true,
  no_pair_in_common: false,
  no_value: false,
  mostly_error: true,
  other_launches: true,
  no_control: false,
  one_arm_seen: false,
  no_pins: false,
  nothing_expected: false,
  reader_unknown: false,
  never_in_training: true,
};

/**
 * @param today the day of the run, in UTC: `2026-12-31`
 * @throws ConfigError on a waiver of a slice that its rule did not judge
 */
export function waive(checks: readonly CheckReport[], waivers: readonly Waiver[], today: string): Waived {
  const findings = checks.flatMap((check) => check.findings);
  const problems = waivers.flatMap((waiver) => strayProblem(waiver, findings));
  if (problems.length > 0) throw new ConfigError(problems);
  // With no required finding decided, a green would rest on waivers alone.
  const founded = findings.some((finding) => isRequired(finding) && finding.verdict !== 'inconclusive');
  const holds = founded ? waivers.filter(({ until }) => today <= until) : [];
  const waived = (finding: Finding): Finding => {
    const waiver = canBeWaived(finding) ? holds.find((one) => names(one, finding)) : undefined;
    if (!waiver) return finding;
    const { owner, reason, until } = waiver;
    return { ...finding, waived: { owner, reason, until } };
  };
  return {
    checks: checks.map((check) => {
      const own = check.findings.map(waived);
      return { ...check, findings: own, verdict: verdictOf(own) };
    }),
    waivers: waivers.map((waiver) => reportOf(waiver, findings, today, founded)),
  };
}

/** The waivers that are over before anything is judged, each in a sentence at the place of its last day. */
export function expiredInWords(waivers: readonly Waiver[], today: string): string[] {
  return waivers
    .filter(({ until }) => today > until)
    .map(
      ({ named, slice, until, owner, untilPlace }) =>
        `${formatPlace(untilPlace)}: warning: the waiver of ${quoted(named)}${slice ? ` on ${written(slice)}` : ''} ` +
        `(${printable(owner)}) expired after ${until}: what it waived counts again.`,
    );
}

/** The problem of a waiver of a slice that no row is of, before anything is judged. */
export function straySlice(waiver: Waiver, slices: readonly Slice[]): Problem[] {
  const { slice, slicePlace, named } = waiver;
  if (!slice || slices.some((one) => same(one, slice))) return [];
  const known = [...new Set(slices.map(written))];
  const near = didYouMean(written(slice), known);
  return [
    {
      place: slicePlace,
      found: `a waiver of ${quoted(named)} on ${written(slice)}, which it does not judge`,
      expected: known.length === 0 ? 'a slice that it judges' : `one of ${list(known)}`,
      ...(near === undefined ? {} : { mend: `Did you mean ${near}?` }),
    },
  ];
}

function strayProblem(waiver: Waiver, findings: readonly Finding[]): Problem[] {
  const own = findings.filter(({ check, rule }) => check === waiver.check && rule === waiver.rule);
  // Without its evidence a rule stays open as a whole, whatever slices it would have.
  if (own.every(({ reason }) => reason.kind === 'not_tested')) return [];
  return straySlice(
    waiver,
    own.map(({ slice }) => slice),
  );
}

function reportOf(waiver: Waiver, findings: readonly Finding[], today: string, founded: boolean): WaiverReport {
  const { named, slice, until, owner, reason, place, untilPlace } = waiver;
  const own = findings.filter((finding) => names(waiver, finding));
  const open = own.filter(({ verdict }) => verdict !== 'pass');
  const waivable = open.filter(canBeWaived);
  const over = today > until;
  const state =
    open.length === 0
      ? over
        ? 'expired'
        : 'not_needed'
      : waivable.length === 0 || !founded
        ? 'cannot'
        : over
          ? 'expired'
          : 'used';
  return {
    rule: named,
    ...(slice ? { slice } : {}),
    until,
    owner,
    reason,
    state,
    findings: waivable.length,
    place: state === 'expired' ? untilPlace : place,
  };
}

/** Every finding that does not pass, but for those that say that nothing was measured. */
function canBeWaived({ verdict, reason }: Finding): boolean {
  return verdict !== 'pass' && MEASURED[reason.kind];
}

function names({ check, rule, slice }: Waiver, finding: Finding): boolean {
  return finding.check === check && finding.rule === rule && (slice === undefined || same(slice, finding.slice));
}

function same(a: Slice, b: Slice): boolean {
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  return keys.length === others.length && keys.every((key) => a[key] === b[key]);
}

function written(slice: Slice): string {
  const entries = Object.entries(slice);
  if (entries.length === 0) return 'all rows ({})';
  return `{${entries.map(([column, value]) => `${printable(column, 60)}: ${printable(value, 60)}`).join(', ')}}`;
}
